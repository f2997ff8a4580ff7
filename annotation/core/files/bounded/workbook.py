"""Reads a workbook in a process of its own: `python -m` this module."""

from pathlib import Path
from typing import Any

from annotation.core.files.bounded.child import Readable, serve
from annotation.core.files.forms.workbook import Workbook


def opened(path: Path, name: str, zipped: bool, sheet: str | None) -> tuple[Readable, dict[str, Any]]:
    book = Workbook.of(path, name, zipped, sheet)
    return book, {"sheets": [book.sheet, *book.others]}


if __name__ == "__main__":
    serve(opened)
