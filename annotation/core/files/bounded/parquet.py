"""Reads a Parquet file in a process of its own: `python -m` this module."""

from pathlib import Path
from typing import Any

from annotation.core.files.bounded.child import Readable, serve
from annotation.core.files.forms.parquet import Parquet


def opened(path: Path, name: str, zipped: bool, sheet: str | None) -> tuple[Readable, dict[str, Any]]:
    return Parquet.of(path, name, zipped), {}


if __name__ == "__main__":
    serve(opened)
