"""File -> tables of text cells, part by part, that remember the line on which each row starts."""

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from annotation.core.files.bounded.apart import Apart
from annotation.core.files.bounded.limits import Bounds, Meter, refuse_wide
from annotation.core.files.forms.delimited import Delimited
from annotation.core.files.forms.objects import Objects
from annotation.core.files.forms.values import unstorable as unstorable
from annotation.core.files.formulas import cells_as_they_were
from annotation.core.files.opening import FORMATS as FORMATS
from annotation.core.files.opening import WORKBOOKS, find_encoding, format_of, opened
from annotation.core.files.tools.reading import Reading, plain_or_exported
from annotation.core.files.unreadable import Broken as Broken
from annotation.core.files.unreadable import UnableToRead as UnableToRead
from annotation.core.files.unreadable import Unfit

CHUNK = 10_000  # rows
CHUNK_SIZE = 16 << 20  # characters: a chunk ends with the row in which it has more


@dataclass(frozen=True)
class Table:
    """The cells of a file, or of a part of it, as text, kept by column; "" = missing.

    `cells[column]` has one text per row, `row_numbers` the line (header = 1) on which that row starts, or in a Parquet
    or .json file its number from 1; `encoding` the codec the file was read with, `format` one of FORMATS. `broken` rows
    are not among the cells. `unfit`: column -> position -> why a cell is neither a text nor a number.
    `roles`: column -> the part it surely plays, in the export of an annotation tool.
    """

    columns: tuple[str, ...]
    cells: dict[str, list[str]]
    row_numbers: list[int]
    encoding: str
    format: str
    broken: list[Broken] = field(default_factory=list)
    unfit: dict[str, dict[int, str]] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.row_numbers)


class Reader(Protocol):
    """What a form of file gives: the names of its columns, and its rows as often as they are asked for."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def odd(self) -> frozenset[str]:
        """Columns that may hold Unfit cells."""

    def rows(self, counts: Counter[str]) -> Iterator[tuple[int, list[str]] | Broken]:
        """(number, cells) of each row; what is passed over is counted under names of the reader's own."""

    def notes(self, counts: Counter[str]) -> tuple[str, ...]:
        """What a person should know of how the file was read."""


@dataclass(frozen=True)
class Source:
    """A file that can be read as a table, any number of times; only a part of it is in memory.

    `sheets`: those of a workbook that hold something, the one that is read first. `size`: bytes of the file as it is.
    """

    name: str
    format: str
    encoding: str
    reader: Reader
    guessed: str = ""
    sheets: tuple[str, ...] = ()
    size: int = 0
    limits: Bounds = Bounds()
    _passed: Counter[str] = field(default_factory=Counter)

    @property
    def columns(self) -> tuple[str, ...]:
        return self.reader.columns

    @property
    def roles(self) -> Mapping[str, str]:
        """Column -> the part it surely plays, in the export of an annotation tool; none in any other file."""
        return self.reader.roles if isinstance(self.reader, (Reading, Apart)) else {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What was guessed, and what was passed over as far as the file has been read."""
        return (self.guessed,) * bool(self.guessed) + self.reader.notes(self._passed)

    def chunks(self, rows: int = CHUNK, limit: int | None = None) -> Iterator[Table]:
        """Tables of up to `rows` rows with the same columns, in order; at least one, which may be empty.

        With `limit` the first rows only. Raises UnableToRead where the rest can't be told apart into rows, or is more
        than `limits` allow.
        """
        counts: Counter[str] = Counter()
        records = self.reader.rows(counts)
        meter = Meter(self.name, self.size, self.limits)
        left, first = limit, True
        while left is None or left > 0 or first:
            part = _part(records, rows if left is None else min(rows, left), meter)
            self._passed.update(counts - self._passed)  # the longest reading counts
            if not part and not first:
                return
            yield self._table(part)
            left, first = left if left is None else left - len(part), False

    def _table(self, part: list[tuple[int, list[str]] | Broken]) -> Table:
        whole = [record for record in part if not isinstance(record, Broken)]
        broken = [record for record in part if isinstance(record, Broken)]
        by_column = zip(*(cells for _, cells in whole), strict=True) if whole else [()] * len(self.columns)
        cells = cells_as_they_were(dict(zip(self.columns, map(list, by_column), strict=True)))
        unfit = {
            name: found
            for name in self.columns if name in self.reader.odd
            if (found := {at: cell.why for at, cell in enumerate(cells[name]) if isinstance(cell, Unfit)})
        }  # fmt: skip
        return Table(
            self.columns, cells, [row for row, _ in whole], self.encoding, self.format, broken, unfit, self.roles
        )


def _part(
    records: Iterator[tuple[int, list[str]] | Broken], rows: int, meter: Meter
) -> list[tuple[int, list[str]] | Broken]:
    part: list[tuple[int, list[str]] | Broken] = []
    size = 0
    while len(part) < rows and size < CHUNK_SIZE and (record := next(records, None)) is not None:
        part.append(record)
        size += sum(map(len, record.cells if isinstance(record, Broken) else record[1]))
    meter.add(len(part), size)
    return part


def open_source(
    path: Path, *, name: str | None = None, encoding: str | None = None, sheet: str | None = None,
    limits: Bounds | None = None,
) -> Source:  # fmt: skip
    """A file of one of FORMATS, plain or .gz; `name` gives the suffix where `path` is a temporary file.

    Without `encoding`: a byte order mark or UTF-16's pattern, else UTF-8, else the one codec that makes plausible words
    of it, said in the notes. A .csv may be separated by comma, semicolon, tab or |. Of a workbook the first sheet that
    is not empty, or `sheet`. In all formats true reads as "True", null and NaN as "", a date in ISO 8601, a list of one
    as its element; JSON's numbers stay as written. Parquet files and workbooks are read by a process of their own.
    Raises UnableToRead.
    """
    name, limits = name or path.name, limits or Bounds()
    form, zipped = format_of(name)
    if sheet and form not in WORKBOOKS:
        raise UnableToRead(f"The file '{name}' has no sheets; name one for .xlsx, .xls or .ods only")
    size = _size(path, name)
    if form == "parquet" or form in WORKBOOKS:
        apart = Apart.read("parquet" if form == "parquet" else "workbook", path, name, zipped, sheet, limits)
        return Source(name, form, "utf-8", apart, sheets=apart.sheets, size=size, limits=limits)
    found = find_encoding(path, name, zipped, form, encoding)

    @contextmanager
    def text() -> Iterator[io.TextIOWrapper]:
        with opened(path, name, zipped) as stream:
            stream.seek(found.skip)
            yield io.TextIOWrapper(stream, encoding=found.codec, newline="")

    reader: Reader
    if form in ("jsonl", "json"):
        reader = plain_or_exported(Objects.of(text, name, form))
    else:
        reader = Delimited.of(text, name, form, found.backslashed)
    refuse_wide(len(reader.columns))
    return Source(name, form, found.codec, reader, found.note, size=size, limits=limits)


def _size(path: Path, name: str) -> int:
    with opened(path, name, zipped=False):
        return path.stat().st_size


def read_table(
    path: Path, *, name: str | None = None, encoding: str | None = None, sheet: str | None = None,
    limit: int | None = None,
) -> Table:  # fmt: skip
    """The whole file, or its first `limit` rows, as one table; a broken row raises UnableToRead. See `open_source`."""
    source = open_source(path, name=name, encoding=encoding, sheet=sheet)
    cells: dict[str, list[str]] = {column: [] for column in source.columns}
    unfit: dict[str, dict[int, str]] = {}
    row_numbers: list[int] = []
    for part in source.chunks(limit=limit):
        if part.broken:
            first = part.broken[0]
            raise UnableToRead(first.message, first.row, first.column)
        for column, texts in part.cells.items():
            cells[column] += texts
        for column, found in part.unfit.items():
            unfit.setdefault(column, {}).update({len(row_numbers) + at: why for at, why in found.items()})
        row_numbers += part.row_numbers
    if not row_numbers and limit != 0:
        raise no_rows(source)
    return Table(source.columns, cells, row_numbers, source.encoding, source.format, [], unfit)


def no_rows(source: Source) -> UnableToRead:
    return UnableToRead(f"The file '{source.name}' has a header but no rows; add at least one row")


def preview(table: Table, rows: int = 8) -> list[tuple[int, tuple[str, ...]]]:
    """The first rows to show a person: (row number, cells in the order of the columns)."""
    shown = zip(*(table.cells[column][:rows] for column in table.columns), strict=True)
    return list(zip(table.row_numbers, shown, strict=False))
