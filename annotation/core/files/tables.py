"""File -> tables of text cells, part by part, that remember the line on which each row starts."""

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from annotation.core.files import parquet
from annotation.core.files.formulas import cells_as_they_were, names_as_they_were
from annotation.core.files.opening import FORMATS as FORMATS
from annotation.core.files.opening import UnableToRead, find_encoding, format_of, opened

CHUNK = 10_000  # rows
MAX_CELL = 10_000_000  # characters; csv's own limit of 131,072 refuses long documents
LOOKS_LIKE_JSON = re.compile(r'\s*[\[{]\s*(["{\[\]}]|$)')
LOOKS_LIKE_HTML = re.compile(r"\s*<(!doctype|html|\?xml)", re.IGNORECASE)
UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # no database takes a NUL or half of a surrogate pair


@dataclass(frozen=True)
class Broken:
    """A row that is no row of the table: where it starts, its cells as far as they could be read, what is wrong."""

    row: int
    cells: tuple[str, ...]
    message: str
    column: str | None = None


@dataclass(frozen=True)
class Table:
    """The cells of a file, or of a part of it, as text, kept by column; "" = missing.

    `cells[column]` has one text per row, `row_numbers` the line (header = 1) on which that row starts, or in a Parquet
    file its number from 1; `encoding` the codec the file was read with, `format` one of FORMATS. `broken` rows are not
    among the cells.
    """

    columns: tuple[str, ...]
    cells: dict[str, list[str]]
    row_numbers: list[int]
    encoding: str
    format: str
    broken: list[Broken] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.row_numbers)


@dataclass(frozen=True)
class Source:
    """A file that can be read as a table, any number of times; only a part of it is in memory."""

    path: Path
    name: str
    format: str
    zipped: bool
    encoding: str
    delimiter: str
    columns: tuple[str, ...]

    def chunks(self, rows: int = CHUNK, limit: int | None = None) -> Iterator[Table]:
        """Tables of up to `rows` rows with the same columns, in order; at least one, which may be empty.

        With `limit` the first rows only. Raises UnableToRead where the rest can't be told apart into rows.
        """
        records = self._records()
        left, first = limit, True
        while left is None or left > 0 or first:
            part = list(islice(records, rows if left is None else min(rows, left)))
            if not part and not first:
                return
            yield self._table(part)
            left, first = left if left is None else left - len(part), False

    def _records(self) -> Iterator[tuple[int, list[str]] | Broken]:
        if self.format == "parquet":
            yield from parquet.records(self.path, self.name, self.zipped, self.columns)
            return
        with self._text() as stream:
            if self.format == "jsonl":
                yield from _objects(stream, self.columns)
            else:
                yield from _rows(stream, self.delimiter, len(self.columns))

    @contextmanager
    def _text(self) -> Iterator[io.TextIOWrapper]:
        with opened(self.path, self.name, self.zipped) as stream:
            yield io.TextIOWrapper(stream, encoding=self.encoding, newline="")

    def _table(self, part: list[tuple[int, list[str]] | Broken]) -> Table:
        whole = [record for record in part if not isinstance(record, Broken)]
        broken = [record for record in part if isinstance(record, Broken)]
        by_column = zip(*(cells for _, cells in whole), strict=True) if whole else [()] * len(self.columns)
        cells = dict(zip(self.columns, map(list, by_column), strict=True))
        cells = cells_as_they_were(cells)
        return Table(self.columns, cells, [row for row, _ in whole], self.encoding, self.format, broken)


def open_source(path: Path, *, name: str | None = None, encoding: str | None = None) -> Source:
    """A .csv, .tsv, .jsonl or .parquet file, plain or .gz; `name` gives the suffix where `path` is a temporary file.

    Without `encoding`: a byte order mark or UTF-16's pattern, else UTF-8, else Windows-1252. A .csv may be separated by
    comma, semicolon or tab. JSONL: the columns are the names in order of appearance; numbers stay as written, true and
    false become "true" and "false", null and NaN "". Raises UnableToRead.
    """
    name = name or path.name
    form, zipped = format_of(name)
    if form == "parquet":
        return Source(path, name, form, zipped, "utf-8", "", parquet.columns(path, name, zipped))
    encoding = find_encoding(path, name, zipped, form, encoding)
    source = Source(path, name, form, zipped, encoding, "", ())
    with source._text() as stream:
        if form == "jsonl":
            return Source(path, name, form, zipped, encoding, "", _names_of(stream))
        delimiter = _delimiter(stream.read(65_536), name, form)
    with source._text() as stream:
        header_row, header = next(_cells(stream, delimiter))
        if isinstance(header, str):
            raise UnableToRead(header, header_row)
    return Source(path, name, form, zipped, encoding, delimiter, _column_names(header, header_row))


def read_table(path: Path, *, name: str | None = None, encoding: str | None = None, limit: int | None = None) -> Table:
    """The whole file, or its first `limit` rows, as one table; a broken row raises UnableToRead. See `open_source`."""
    source = open_source(path, name=name, encoding=encoding)
    cells: dict[str, list[str]] = {column: [] for column in source.columns}
    row_numbers: list[int] = []
    for part in source.chunks(limit=limit):
        if part.broken:
            first = part.broken[0]
            raise UnableToRead(first.message, first.row, first.column)
        for column, texts in part.cells.items():
            cells[column] += texts
        row_numbers += part.row_numbers
    if not row_numbers and limit != 0:
        raise no_rows(source)
    return Table(source.columns, cells, row_numbers, source.encoding, source.format)


def no_rows(source: Source) -> UnableToRead:
    return UnableToRead(f"The file '{source.name}' has a header but no rows; add at least one row")


def preview(table: Table, rows: int = 8) -> list[tuple[int, tuple[str, ...]]]:
    """The first rows to show a person: (row number, cells in the order of the columns)."""
    shown = zip(*(table.cells[column][:rows] for column in table.columns), strict=True)
    return list(zip(table.row_numbers, shown, strict=False))


def unstorable(text: str) -> bool:
    """Whether a text holds what no database takes: NUL, or half of a surrogate pair."""
    return "\0" in text or (not text.isascii() and UNSTORABLE.search(text) is not None)


def _delimiter(head: str, name: str, form: str) -> str:
    """What separates the cells: for a .csv the candidate that cuts the first rows as it cuts the header."""
    if LOOKS_LIKE_JSON.match(head):
        raise UnableToRead(
            f"The file '{name}' is JSON, not the .{form} its name says; write one object a line, as .jsonl"
        )
    if LOOKS_LIKE_HTML.match(head):
        raise UnableToRead(f"The file '{name}' is a web page, not the .{form} its name says; download the table itself")
    found = max(",;\t", key=lambda delimiter: _fit(head, delimiter))
    if form == "csv":
        return found
    if found != "\t" and _fit(head, "\t")[1] == 1:
        raise UnableToRead(f"The file '{name}' is separated by '{found}', not by tabs; name it .csv")
    return "\t"


def _fit(head: str, delimiter: str) -> tuple[float, int]:
    """(share of the first 20 rows as wide as the header, its width); (0, 1) when the header is one cell."""
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    widths = [len(record) for record in islice(reader, 20) if record]
    return ((widths[0] > 1) * widths.count(widths[0]) / len(widths), widths[0]) if widths else (0, 1)


def _rows(stream: io.TextIOWrapper, delimiter: str, width: int) -> Iterator[tuple[int, list[str]] | Broken]:
    """The rows after the header; one that is not as wide as the header, or badly quoted, is broken."""
    for row, cells in islice(_cells(stream, delimiter), 1, None):
        if isinstance(cells, str):
            yield Broken(row, (), cells)
        elif len(cells) != width:
            here = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
            advice = f"put quotes around a cell that contains the separator '{delimiter}'"
            yield Broken(row, tuple(cells), f"the row has {here}, the header has {width}; {advice}")
        else:
            yield row, cells


def _cells(stream: io.TextIOWrapper, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """(line on which it starts, cells or what is wrong with them) of each record; blank lines are passed over."""
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    row = 1
    while True:
        try:
            record: list[str] | str = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            record = _quoting(str(error), row)
        if record:
            yield row, record
        row = reader.line_num + 1


def _quoting(error: str, row: int) -> str:
    """What is wrong with the quotes of a row; raises UnableToRead where they swallow the rest of the file."""
    advice = 'write a quote inside a cell twice ("") and close the cell with one'
    if "unexpected end of data" in error:
        raise UnableToRead(f"a quote is opened in this row and never closed; {advice}", row)
    if "limit" in error:
        longest = f"a cell is longer than {MAX_CELL:,} characters, most likely an unclosed quote"
        raise UnableToRead(f"{longest}; {advice}", row)
    return f"text follows the closing quote of a cell; {advice}"


def _column_names(header: list[str], row: int) -> tuple[str, ...]:
    columns = names_as_they_were(tuple(name.strip() for name in header))
    for position, name in enumerate(columns, 1):
        if not name:
            raise UnableToRead(f"column {position} has no name; give it one or delete it", row)
        if (first := columns.index(name) + 1) < position:
            raise UnableToRead(f"the name stands twice, in columns {first} and {position}; rename one", row, name)
    return columns


def _names_of(stream: io.TextIOWrapper) -> tuple[str, ...]:
    """The names of all objects in order of appearance; lines that are none say so when they are read."""
    names: dict[str, None] = {}
    rows = 0
    for row, line in enumerate(stream, 1):
        try:
            found = () if line.isspace() else _object(line, row)
        except UnableToRead:
            if not rows:
                raise
            continue
        rows += 1
        if any(name not in names for name in found):
            names |= dict.fromkeys(found)
    return tuple(names)


def _objects(stream: io.TextIOWrapper, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]] | Broken]:
    for row, line in enumerate(stream, 1):
        if line.isspace():
            continue
        try:
            record = _object(line, row)
        except UnableToRead as error:
            yield Broken(row, (), error.message, error.column)
        else:
            yield row, [record.get(name, "") for name in columns]


def _object(line: str, row: int) -> dict[str, str]:
    """One line of JSONL as text cells."""
    if not line.lstrip().startswith("{"):
        raise UnableToRead("the line is not a JSON object {…}; write one per line, or name a CSV file .csv", row)
    try:
        record = DECODER.decode(line)
    except KeyError as error:
        raise UnableToRead("the name stands twice in this object; remove one", row, error.args[0]) from None
    except json.JSONDecodeError as error:
        reason = f"{error.msg}, character {error.pos + 1}"
        raise UnableToRead(f"the line is not valid JSON ({reason}); write one whole object per line", row) from None
    except RecursionError:
        raise UnableToRead("the object is nested too deep; write its values as columns of their own", row) from None
    for name, value in record.items():
        if not name.strip():
            raise UnableToRead("a value has no name; give it one or delete it", row)
        if type(value) is not str:
            record[name] = _scalar(value, row, name)
        elif "\\u" in line and unstorable(value):
            raise UnableToRead("the text has a NUL or half a character (\\u0000, \\ud83d); remove it", row, name)
    return record


def _scalar(value: bool | list | dict | None, row: int, column: str) -> str:
    if isinstance(value, (list, dict)):
        kind = "a list" if isinstance(value, list) else "an object"
        raise UnableToRead(f"the value is {kind}, not a text or number; write it as columns of its own", row, column)
    return {None: "", True: "true", False: "false"}[value]


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        raise KeyError(next(name for name in names if names.count(name) > 1))
    return record


# Numbers stay as written: an id such as 007.10 or 12345678901234567890 must not change its spelling.
DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=str, parse_float=str, parse_constant=lambda text: "" if text == "NaN" else text
)
