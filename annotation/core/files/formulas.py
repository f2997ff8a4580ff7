"""Cells that a spreadsheet would run as a formula (CSV injection, OWASP): an apostrophe before them, and off again."""

import re
from collections.abc import Sequence

from annotation.core.exporting.columns import called

RUN = ("=", "+", "-", "@", "\t", "\r", "\n")
PLAIN_NUMBER = re.compile(r"[+-][0-9]+([.,][0-9]+)*([eE][+-]?[0-9]+)?")
# A .csv or .tsv in which this column stands was written by us, and `harmless` went over its texts: what begins with an
# apostrophe before one of RUN has it from there. In each row: how many of its cells have one.
MARK = "second_look_apostrophes"


def harmless(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would run it; a plain number such as -5 runs nothing.

    What has apostrophes there already gets one more, so that `as_it_was` gives every text back as it was.
    """
    if not text.lstrip("'").startswith(RUN) or PLAIN_NUMBER.fullmatch(text):
        return text
    return f"'{text}"


def as_it_was(cell: str) -> str:
    """The text of which `harmless` made this cell."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(RUN) else cell


def names_as_they_were(columns: tuple[str, ...]) -> tuple[str, ...]:
    """The header of a file, without our apostrophes where it carries our mark."""
    return tuple(map(as_it_was, columns)) if called(MARK, columns) else columns


def cells_as_they_were(cells: dict[str, list[str]]) -> dict[str, list[str]]:
    """Column → cells of a file, without our apostrophes where it carries our mark."""
    if not called(MARK, cells):
        return cells
    return {name: _all_as_they_were(column) for name, column in cells.items()}


def _all_as_they_were(column: Sequence[str]) -> list[str]:
    return [as_it_was(cell) if cell.startswith("'") else cell for cell in column]
