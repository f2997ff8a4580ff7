"""Reads a .json file in a process of its own: `python -m` this module."""

from pathlib import Path
from typing import Any

from annotation.core.files.bounded.child import Readable, serve
from annotation.core.files.tables import open_source


def opened(path: Path, name: str, zipped: bool, encoding: str | None) -> tuple[Readable, dict[str, Any]]:
    source = open_source(path, name=name, encoding=encoding)
    said = {"encoding": source.encoding, "guessed": source.guessed, "roles": dict(source.roles)}
    return source.reader, said


if __name__ == "__main__":
    serve(opened)
