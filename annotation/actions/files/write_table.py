"""Tables to files, in each form there is; whole under their name, or not there at all."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from annotation.core.exporting.binaries import write_parquet, write_workbook
from annotation.core.exporting.columns import Column
from annotation.core.exporting.forms import UnableToExport as UnableToExport
from annotation.core.exporting.forms import form_of
from annotation.core.exporting.texts import Told, text_parts


def write_rows(path: Path, columns: dict[str, str], rows: Iterable[Sequence[Any]]) -> int:
    """Write `rows`, in the order of `columns` (name → kind of a Column), in the form the suffix names, every cell as it
    is; returns how many.

    None is an empty cell. Raises UnableToExport where the suffix is not known or the folder can't be written.
    """
    form, told = form_of(path.name, raw=True), Told()
    named = [Column(name, kind) for name, kind in columns.items()]
    with drafted(path) as draft:
        if form.streams:
            write_parts(draft, text_parts(form, named, rows, told))
        else:
            write = write_parquet if form.kind == "parquet" else write_workbook
            write(draft, named, told.counted(rows))
    return told.rows


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        for part in parts:
            file.write(part)


@contextmanager
def drafted(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to, renamed when all went well."""
    draft = path.parent / f".{path.name}.{os.getpid()}"
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        raise UnableToExport(f"{path} can't be written: {error.strerror}. Name a file in a folder you can.") from None
    finally:
        draft.unlink(missing_ok=True)
