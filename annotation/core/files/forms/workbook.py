"""A spreadsheet's workbook -> rows of one of its sheets."""

import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from annotation.core.files.forms.grid import SAMPLE, Grid, Record, passed_over
from annotation.core.files.forms.values import cell_of, day_or_moment, whole
from annotation.core.files.opening import opened, refuse_foreign
from annotation.core.files.unreadable import Broken, UnableToRead

MAX_UNPACKED = 512 << 20  # bytes of all parts: a small archive can hold more than a machine's memory
MAX_CELLS = 50_000_000  # between the first and the last filled one: empty ones take memory too
FAR = re.compile(rb'\br\s*=\s*["\']([A-Za-z]{2,3})\d+|\br\s*=\s*["\'][A-Za-z]?(\d{5,})')  # past Z, or past row 9999
REFERENCE = re.compile(rb'\br\s*=\s*["\']([A-Za-z]{1,3})(\d+)')
PART = 1 << 20
OVERLAP = 24  # bytes of a reference that two parts may share
ADVICE = "clear the cells beside the table"


@dataclass(frozen=True)
class Workbook:
    """One sheet of an .xlsx, .xls or .ods file; the whole sheet is in memory while it is read.

    `others`: the sheets that hold something too. `first`: the row of the header. Rows are numbered as the spreadsheet
    numbers them.
    """

    path: Path
    name: str
    zipped: bool
    sheet: str
    others: tuple[str, ...]
    first: int
    grid: Grid

    @classmethod
    def of(cls, path: Path, name: str, zipped: bool, sheet: str | None) -> "Workbook":
        """`sheet`: its name, else the first that is not empty. Raises UnableToRead."""
        with _opened(path, name, zipped) as book:
            filled = [one for one in book.sheet_names if _sheet(book, one).height]
            if sheet and sheet not in book.sheet_names:
                there = ", ".join(f"'{one}'" for one in book.sheet_names)
                raise UnableToRead(f"The workbook '{name}' has no sheet '{sheet}'; it has {there}")
            chosen = sheet or next(iter(filled), None)
            if chosen is None or chosen not in filled:
                empty = f"The sheet '{sheet}' of '{name}' is empty" if sheet else f"The workbook '{name}' is empty"
                raise UnableToRead(f"{empty}; it needs a header and at least one row")
            records = list(islice(_filled(_sheet(book, chosen)), SAMPLE + 1))
        if not records:
            raise UnableToRead(f"The sheet '{chosen}' of '{name}' is empty; it needs a header and at least one row")
        (row, header), *rest = records
        grid = Grid.of(header, row, [cells for _, cells in rest])
        return cls(path, name, zipped, chosen, tuple(one for one in filled if one != chosen), row, grid)

    @property
    def columns(self) -> tuple[str, ...]:
        return self.grid.columns

    @property
    def odd(self) -> frozenset[str]:
        return frozenset()

    def rows(self, counts: Counter[str]) -> Iterator[tuple[int, list[str]] | Broken]:
        with _opened(self.path, self.name, self.zipped) as book:
            after = (record for record in _records(_sheet(book, self.sheet)) if record[0] > self.first)
            yield from self.grid.rows(after, counts, ADVICE)

    def notes(self, counts: Counter[str]) -> tuple[str, ...]:
        others = ", ".join(f"'{one}'" for one in self.others)
        said = f"The sheet '{self.sheet}' was read; the workbook has {others} too, which the option --sheet names."
        return (said,) * bool(self.others) + self.grid.notes + passed_over(counts)


def _records(sheet: CalamineSheet) -> Iterator[Record]:
    for row, cells in enumerate(sheet.iter_rows(), 1):
        yield row, [_cell(value) for value in cells]


def _filled(sheet: CalamineSheet) -> Iterator[tuple[int, list[str]]]:
    for row, cells in _records(sheet):
        if isinstance(cells, list) and any(map(str.strip, cells)):
            yield row, cells


def _cell(value: Any) -> str:
    if type(value) is str:
        return value if value.isascii() and "\0" not in value else cell_of(value)
    if type(value) is float:
        return whole(value)
    return day_or_moment(value) if hasattr(value, "isoformat") else cell_of(value)


def _sheet(book: CalamineWorkbook, name: str) -> CalamineSheet:
    return book.get_sheet_by_name(name)


@contextmanager
def _opened(path: Path, name: str, zipped: bool) -> Iterator[CalamineWorkbook]:
    damaged = f"The workbook '{name}' is damaged or is none; open it in a spreadsheet and save it again, or as CSV"
    with opened(path, name, zipped) as stream:
        data = stream.read(MAX_UNPACKED + 1)
        if len(data) > MAX_UNPACKED:
            raise _too_large(name)
    if not data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        refuse_foreign(data[:4096], name, name.removesuffix(".gz").rpartition(".")[2])
        raise UnableToRead(damaged)
    try:
        if data.startswith(b"PK"):
            _check_size(data, name)
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            yield book
    except PasswordError:
        raise UnableToRead(f"The workbook '{name}' is protected by a password; save it without one") from None
    except (CalamineError, zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError):
        raise UnableToRead(damaged) from None
    except RuntimeError:  # zipfile's word for an encrypted part
        raise UnableToRead(f"The workbook '{name}' is protected by a password; save it without one") from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # calamine's own faults, which are no Exception
            raise UnableToRead(damaged) from None
        raise


def _check_size(data: bytes, name: str) -> None:
    """Unpack every part once, within what its directory says and the limit: that may lie, and a reader trusts it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise _too_large(name)
        for part in parts:
            far = _reach(archive, part, FAR)
            if far and part.filename.endswith(".xml") and "sharedStrings" not in part.filename:
                rows, columns = _reach(archive, part, REFERENCE) or (0, 0)
                if rows * columns > MAX_CELLS:
                    raise UnableToRead(
                        f"The workbook '{name}' spreads over {rows:,} rows and {columns:,} columns, more than "
                        f"{MAX_CELLS:,} cells; delete what stands far from the table, or save it as CSV"
                    )


def _reach(archive: zipfile.ZipFile, part: zipfile.ZipInfo, pattern: re.Pattern[bytes]) -> tuple[int, int] | None:
    """The last row and column among the references of a part, None without any; reads it to its end."""
    rows, columns = 0, 0
    with archive.open(part) as stream:
        tail = b""
        while piece := stream.read(PART):
            text = tail + piece
            found = set(pattern.findall(text))
            rows = max([rows, *(int(row) for _, row in found if row)])
            columns = max([columns, *(_number(column) for column in {column for column, _ in found if column})])
            tail = text[-OVERLAP:]
    return (rows, columns) if rows or columns else None


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _too_large(name: str) -> UnableToRead:
    return UnableToRead(f"The workbook '{name}' unpacks to more than {MAX_UNPACKED >> 20} MiB; save it as CSV")
