"""What is loaded with its first call: the mathematics takes some 150 MiB, which many a process never needs."""

from collections.abc import Callable
from importlib import import_module
from typing import Any


def later(path: str) -> Callable[..., Any]:
    """The function at `path`, written module.name."""
    module, _, name = path.rpartition(".")

    def loaded(*args: Any, **kwargs: Any) -> Any:
        return getattr(import_module(module), name)(*args, **kwargs)

    return loaded
