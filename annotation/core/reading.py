"""File -> a table of text cells that remembers the line on which each row starts."""

import codecs
import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

FORMATS = ("csv", "tsv", "jsonl")
MAX_BYTES = 2 << 30  # unpacked: a small gzip file can hold more than a machine's memory
MAX_CELL = 10_000_000  # characters; csv's own limit of 131,072 refuses long documents
SIGNATURES = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive", "export the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "export the sheet as CSV"),
    (b"%PDF", "a PDF", "export the table as CSV"),
    (b"PAR1", "a Parquet file", "export it as CSV or JSONL"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV"),
    (b"\x1f\x8b", "gzip compressed", "add .gz to its name"),
)
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NOT_OF_FILES = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape")
ONE_BYTE = ("cp125", "iso8859", "latin")
LOOKS_LIKE_JSON = re.compile(r'\s*[\[{]\s*(["{\[\]}]|$)')
LOOKS_LIKE_HTML = re.compile(r"\s*<(!doctype|html|\?xml)", re.IGNORECASE)
UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # no database takes a NUL or half of a surrogate pair

Columns = tuple[tuple[str, ...], dict[str, list[str]], list[int]]


class UnableToRead(ValueError):
    """The file cannot be read as a table; `str()` is one sentence: where (row, column), what, what to do."""

    def __init__(self, message: str, row: int | None = None, column: str | None = None) -> None:
        self.message, self.row, self.column = message.removesuffix("."), row, column
        where = [f"row {row}"] * (row is not None) + [f"column '{column}'"] * (column is not None)
        place = ", ".join(where)
        super().__init__(f"{place[0].upper()}{place[1:]}: {self.message}." if place else f"{self.message}.")


@dataclass(frozen=True)
class Table:
    """The cells of a file as text, kept by column; "" = missing.

    `cells[column]` has one text per row, `row_numbers` the line (header = 1) on which that row starts, `encoding` the
    codec the file was read with, `format` one of FORMATS.
    """

    columns: tuple[str, ...]
    cells: dict[str, list[str]]
    row_numbers: list[int]
    encoding: str
    format: str

    def __len__(self) -> int:
        return len(self.row_numbers)


def read_table(path: Path, *, name: str | None = None, encoding: str | None = None, limit: int | None = None) -> Table:
    """Read a .csv, .tsv or .jsonl file, plain or .gz; `name` gives the suffix where `path` is a temporary file.

    Without `encoding`: a byte order mark or UTF-16's pattern, else UTF-8, else Windows-1252. A .csv may be separated by
    comma, semicolon or tab. JSONL: the columns are the names in order of appearance; numbers stay as written, true and
    false become "true" and "false", null and NaN "". `limit` reads the first rows only. Raises UnableToRead.
    """
    name = name or path.name
    form, zipped = _format(name)
    raw = _bytes(path, name, zipped)
    _refuse_foreign(raw, name, form)
    text, encoding = _decode(raw, encoding)
    if not text or text.isspace():
        raise UnableToRead(f"The file '{name}' is empty; it needs a header and at least one row")
    head = text[:65_536]
    del text
    stream = io.TextIOWrapper(io.BytesIO(raw), encoding=encoding, newline="")
    if form == "jsonl":
        columns, cells, row_numbers = _read_objects(stream, limit)
    else:
        columns, cells, row_numbers = _read_cells(stream, _delimiter(head, name, form), limit)
    if not row_numbers and limit != 0:
        raise UnableToRead(f"The file '{name}' has a header but no rows; add at least one row")
    return Table(columns, cells, row_numbers, encoding, form)


def preview(table: Table, rows: int = 8) -> list[tuple[int, tuple[str, ...]]]:
    """The first rows to show a person: (row number, cells in the order of the columns)."""
    shown = zip(*(table.cells[column][:rows] for column in table.columns), strict=True)
    return list(zip(table.row_numbers, shown, strict=False))


def unstorable(text: str) -> bool:
    """Whether a text holds what no database takes: NUL, or half of a surrogate pair."""
    return "\0" in text or (not text.isascii() and UNSTORABLE.search(text) is not None)


def _format(name: str) -> tuple[str, bool]:
    """("csv", "tsv" or "jsonl"; whether it is compressed), by the suffix."""
    stem = name.lower()
    zipped = stem.endswith(".gz")
    form = stem.removesuffix(".gz").rpartition(".")[2]
    if form not in FORMATS:
        known = ", ".join(f".{known}" for known in FORMATS)
        raise UnableToRead(f"The file '{name}' is none of {known}, plain or .gz; export it as one of them")
    return form, zipped


def _bytes(path: Path, name: str, zipped: bool) -> bytes:
    try:
        with path.open("rb") as stream:
            if not zipped:
                return _limited(stream, name)
            if (start := stream.read(2)) != b"\x1f\x8b":
                wrong = "is empty" if not start else "is named .gz but is not gzip compressed"
                raise UnableToRead(f"The file '{name}' {wrong}; compress it, or take .gz off its name")
            stream.seek(0)
            with gzip.GzipFile(fileobj=stream) as unpacked:
                return _limited(unpacked, name)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise UnableToRead(f"The gzip file '{name}' is damaged or cut short; compress or upload it again") from None
    except OSError as error:
        raise UnableToRead(f"The file '{name}' cannot be opened ({error.strerror}); check its path") from None


def _limited(stream: BinaryIO | gzip.GzipFile, name: str) -> bytes:
    parts, size = [], 0
    while part := stream.read(1 << 20):
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            raise UnableToRead(f"The file '{name}' holds more than {MAX_BYTES >> 30} GiB; split it")
    return b"".join(parts)


def _refuse_foreign(raw: bytes, name: str, form: str) -> None:
    for signature, what, advice in SIGNATURES:
        if raw.startswith(signature):
            raise UnableToRead(f"The file '{name}' is {what}, not the .{form} its name says; {advice}")


def _decode(raw: bytes, declared: str | None) -> tuple[str, str]:
    """The whole text and the codec that read it; raises UnableToRead with the row that does not fit."""
    marked = _marked(raw)
    if declared:
        candidates: tuple[str, ...] = (_declared(raw, declared, marked),)
    else:
        candidates = (marked,) if marked else ("utf-8", "cp1252")
    for encoding in candidates:
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError as error:
            readable, bad = error.object[: error.start], error.object[error.start]  # its object lacks utf-8-sig's mark
    else:
        message = f"byte 0x{bad:02x} is not {' or '.join(candidates)}; name the encoding or save as UTF-8"
        raise UnableToRead(message, _line(readable.decode(encoding)))
    if "\0" in text:
        row = _line(text[: text.index("\0")])
        raise UnableToRead(
            "a NUL byte stands in this row; the file is damaged or no text: export it again or name its encoding", row
        )
    return text, encoding


def _line(before: str) -> int:
    return len(re.findall("\r\n|\r|\n", before)) + 1


def _marked(raw: bytes) -> str | None:
    """The codec that a byte order mark, or the NULs of unmarked UTF-16, give away."""
    for mark, encoding in MARKS:
        if raw.startswith(mark):
            return encoding
    even, odd = raw[:2000:2].count(0), raw[1:2000:2].count(0)
    few = max(2, len(raw[:2000]) // 8)  # Latin text has nearly every second byte NUL, a damaged file one or two
    if odd > few and not even:
        return "utf-16-le"
    return "utf-16-be" if even > few and not odd else None


def _declared(raw: bytes, declared: str, marked: str | None) -> str:
    """The declared codec, unless the bytes are plainly of another one."""
    try:
        encoding = io.TextIOWrapper(io.BytesIO(), encoding=codecs.lookup(declared).name).encoding
        if encoding in NOT_OF_FILES:
            raise LookupError(encoding)
    except (LookupError, ValueError):
        known = "utf-8, cp1252 or utf-16"
        raise UnableToRead(f"The encoding '{declared}' is not known; name one such as {known}, or none") from None
    if marked and marked.split("-")[:2] == encoding.split("-")[:2]:
        return marked
    wide_but_no_nul = encoding.startswith(("utf-16", "utf-32")) and b"\0" not in raw
    utf8_letters = encoding.startswith(ONE_BYTE) and not raw.isascii() and _is_utf8(raw)
    if marked or wide_but_no_nul or utf8_letters:
        row = 1 if marked or wide_but_no_nul else _line(re.split(rb"[\x80-\xff]", raw, maxsplit=1)[0].decode())
        seen = marked or ("utf-8" if _is_utf8(raw) else "cp1252")
        raise UnableToRead(f"the file was declared as {declared} but is {seen}; name that encoding, or none", row)
    return f"{encoding}-le" if encoding in ("utf-16", "utf-32") else encoding  # without a mark: Windows' order


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


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


def _read_cells(stream: io.TextIOWrapper, delimiter: str, limit: int | None) -> Columns:
    records = _records(stream, delimiter)
    header_row, header = next(records)
    columns = _column_names(header, header_row)
    cells: tuple[list[str], ...] = tuple([] for _ in columns)
    row_numbers = []
    for row, record in islice(records, limit):
        if len(record) != len(columns):
            cells_here = "1 cell" if len(record) == 1 else f"{len(record)} cells"
            message = f"the row has {cells_here}, the header has {len(columns)}"
            raise UnableToRead(f"{message}; put quotes around a cell that holds the separator '{delimiter}'", row)
        for column, cell in zip(cells, record, strict=True):  # a list per row would be 1M objects for the collector
            column.append(cell)
        row_numbers.append(row)
    return columns, dict(zip(columns, cells, strict=True)), row_numbers


def _records(stream: io.TextIOWrapper, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(line on which it starts, cells) of each record; blank lines are passed over."""
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    row = 1
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnableToRead(_quoting(str(error)), row) from None
        if record:
            yield row, record
        row = reader.line_num + 1


def _quoting(error: str) -> str:
    advice = 'write a quote inside a cell twice ("") and close the cell with one'
    if "unexpected end of data" in error:
        return f"a quote is opened in this row and never closed; {advice}"
    if "limit" in error:
        return f"a cell is longer than {MAX_CELL:,} characters, most likely an unclosed quote; {advice}"
    return f"text follows the closing quote of a cell; {advice}"


def _column_names(header: list[str], row: int) -> tuple[str, ...]:
    columns = tuple(name.strip() for name in header)
    for position, name in enumerate(columns, 1):
        if not name:
            raise UnableToRead(f"column {position} has no name; give it one or delete it", row)
        if (first := columns.index(name) + 1) < position:
            raise UnableToRead(f"the name stands twice, in columns {first} and {position}; rename one", row, name)
    return columns


def _read_objects(stream: io.TextIOWrapper, limit: int | None) -> Columns:
    records, row_numbers = [], []
    lines = ((row, line) for row, line in enumerate(stream, 1) if not line.isspace())
    for row, line in islice(lines, limit):
        records.append(_object(line, row))
        row_numbers.append(row)
    columns = tuple(dict.fromkeys(name for record in records for name in record))
    cells = {column: [record.get(column, "") for record in records] for column in columns}
    return columns, cells, row_numbers


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
            raise UnableToRead("the text holds NUL or half a character (\\u0000, \\ud83d); remove it", row, name)
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
