"""A mark of the code that finds and orders: what it found before an upgrade is not what it would find today."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

# What a detection rests on beside the code of the core.
LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn", "numba", "rapidfuzz", "ftfy", "wordllama")


@cache
def code_mark(folder: Path = Path(__file__).parents[1]) -> str:
    """Changes with every source file under `folder` and with every version of LIBRARIES; 16 hexadecimal digits."""
    digest = hashlib.sha256(repr([version(name) for name in LIBRARIES]).encode())
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
