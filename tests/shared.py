"""The folder of real data that is read in place and never copied: `../shared`, or wherever SECONDLOOK_SHARED points."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("SECONDLOOK_SHARED") or Path(__file__).resolve().parents[2] / "shared")

needs_shared = pytest.mark.skipif(
    not (SHARED / "data").is_dir(), reason=f"real data not found in {SHARED}; set SECONDLOOK_SHARED to its folder"
)


def shared(path: str) -> Path:
    return SHARED / "data" / path
