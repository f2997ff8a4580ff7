"""Loops compiled to machine code by numba, which keeps them in the folder that NUMBA_CACHE_DIR names."""

import os
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from numba import config, njit

Loop = TypeVar("Loop", bound=Callable[..., Any])


def compiled(**options: Any) -> Callable[[Loop], Loop]:
    """Decorator of a loop over arrays; `options` as for numba's `njit`. It lets go of the GIL, so that the heartbeat of
    the job it works for goes on.

    Hand it arrays of one type only. Each further type costs a second of compiling, and two processes that compile at
    the same moment can keep their work in one folder as long as it is the same work.
    """
    folder: str = config.CACHE_DIR  # type: ignore[attr-defined]  # from the environment
    return njit(nogil=True, cache=_can_keep(folder), **options)


@cache
def _can_keep(folder: str) -> bool:
    """Numba does not import a loop that it is to keep and can't. Where it can't, each process compiles for itself."""
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)
