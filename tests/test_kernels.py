import importlib
import pkgutil
from pathlib import Path

import pytest
from numba.core.dispatcher import Dispatcher

import annotation.core
import modeling.core
from annotation.core.compiled import _can_keep, compiled
from config.kernels import main


def kernels():
    found = {}
    for package in (annotation.core, modeling.core):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for one in vars(importlib.import_module(info.name)).values():
                if isinstance(one, Dispatcher):
                    found[f"{one.py_func.__module__}.{one.py_func.__name__}"] = one
    return found


def test_every_kernel_is_compiled_at_install_and_for_one_type_only():
    main()
    found = kernels()
    assert "modeling.core.solvers.kernels.sweep" in found
    for name, kernel in found.items():
        assert len(kernel.signatures) <= 1, f"{name} is called with arrays of several types"
        kept = kernel.stats.cache_path
        if kept is None:
            pytest.skip("there is no folder to keep kernels in")
        assert list(Path(kept).glob(f"*.{kernel.py_func.__name__}-*.nbi")), f"config/kernels.py does not reach {name}"


def test_where_nothing_can_be_kept_each_process_compiles_for_itself(tmp_path):
    (tmp_path / "file").touch()
    assert _can_keep(str(tmp_path / "kernels"))
    assert not _can_keep("") and not _can_keep(str(tmp_path / "file" / "kernels"))


def test_a_kernel_lets_go_of_the_lock_that_the_heartbeat_needs():
    kernel = compiled()(lambda number: number + 1)
    assert kernel.targetoptions["nogil"]
