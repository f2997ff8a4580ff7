"""A table → the bytes of a file in any form, part by part; each is whole or says that it is not."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from annotation.core.exporting.binaries import write_parquet, write_workbook
from annotation.core.exporting.columns import Sheet, aside_in_words
from annotation.core.exporting.forms import Form, UnableToExport
from annotation.core.exporting.texts import Told, mark_beside, text_parts
from annotation.core.wording import counted, quoted

PIECE = 1 << 18  # bytes


def written(sheet: Sheet, form: Form, told: Told, folder: Path) -> Iterator[bytes]:
    """The file's bytes. A form that does not stream is written first, to a file in `folder` that has no name by the
    time its first bytes leave, so that it is gone with whoever reads it.

    Raises UnableToExport, at the end, where rows came or went meanwhile.
    """
    if form.streams:
        yield from text_parts(form, sheet.columns, sheet.rows(), told)
        check_whole(sheet, told)
        return
    write = write_parquet if form.kind == "parquet" else write_workbook
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = Path(place) / "table"
        write(path, sheet.columns, told.counted(sheet.rows()))
        stream = path.open("rb")
    with stream:
        check_whole(sheet, told)
        while piece := stream.read(PIECE):
            yield piece


def check_whole(sheet: Sheet, told: Told) -> None:
    """Raises UnableToExport where not all rows there were have left."""
    if told.rows != sheet.n:
        raise UnableToExport(
            f"{counted(sheet.n, 'row')} were to be written and {told.rows:,} left, as somebody changed the "
            "dataset meanwhile; export once more."
        )


def told_in_words(sheet: Sheet, form: Form, told: Told) -> tuple[str, ...]:
    """What whoever gets the file should know: what is not in it, what stepped aside, and which cells have changed."""
    notes = [*sheet.notes, aside_in_words(sheet.aside)]
    if told.harmless:
        mark = mark_beside([column.name for column in sheet.columns])
        notes.append(
            f"{counted(told.harmless, 'cell')} would be run as a formula by a spreadsheet and "
            f"{'has' if told.harmless == 1 else 'have'} an apostrophe before {'it' if told.harmless == 1 else 'them'}; "
            f"{quoted(mark)} counts them in each row, and an import of this file here takes them off again."
        )
    return tuple(note for note in notes if note)
