"""Separated text -> rows: what separates the cells, how quotes are written, which line is the header."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice

from annotation.core.files.forms.grid import SAMPLE, Grid, Record, passed_over
from annotation.core.files.unreadable import Broken, UnableToRead

MAX_CELL = 10_000_000  # characters; csv's own limit of 131,072 refuses long documents
HEAD = 65_536  # characters in which the separator shows
SEPARATORS = ",;\t|"
SAID = re.compile(r'"?sep=(.)"?(\r\n|\r|\n)')  # the line that Excel writes and hides
LOOKS_LIKE_JSON = re.compile(r'\s*[\[{]\s*(["{\[\]}]|$)')
LOOKS_LIKE_HTML = re.compile(r"\s*<(!doctype|html|\?xml)", re.IGNORECASE)
BEFORE_QUOTE = re.compile(r'(\\+)"')
PAIR = re.compile(r"\\(.?)", re.DOTALL)
Opened = Callable[[], AbstractContextManager[io.TextIOWrapper]]


@dataclass(frozen=True)
class Delimited:
    """A .csv or .tsv, opened anew for each reading.

    `skip`: lines before the header. `backslashes`: "" where a quote inside a cell is written twice; "quotes" where a
    backslash stands before it; "all" where backslashes are doubled as well.
    """

    text: Opened
    delimiter: str
    skip: int
    backslashes: str
    grid: Grid

    @classmethod
    def of(cls, text: Opened, name: str, form: str, backslashed: bool) -> "Delimited":
        """`backslashed`: whether a quote follows a backslash anywhere in the file. Raises UnableToRead."""
        with text() as stream:
            head = stream.read(HEAD)
        delimiter, skip = _delimiter(head, name, form)
        habit = _backslashes(text, delimiter, skip) if backslashed else ""
        with text() as stream:
            row, header = next(_records(stream, delimiter, skip, habit), (1 + skip, [""]))
        if isinstance(header, str):
            raise UnableToRead(header, row)
        return cls(text, delimiter, skip, habit, Grid.of(header, row, _sample(head, delimiter, skip, habit)))

    @property
    def columns(self) -> tuple[str, ...]:
        return self.grid.columns

    @property
    def odd(self) -> frozenset[str]:
        return frozenset()

    def rows(self, counts: Counter[str]) -> Iterator[tuple[int, list[str]] | Broken]:
        """The rows after the header; one that is not as wide as the header, or badly quoted, is broken."""
        advice = f"put quotes around a cell that contains the separator '{self.delimiter}'"
        with self.text() as stream:
            records = _records(stream, self.delimiter, self.skip, self.backslashes)
            yield from self.grid.rows(islice(records, 1, None), counts, advice)

    def notes(self, counts: Counter[str]) -> tuple[str, ...]:
        quotes = 'A backslash before a quote (\\") was read as the quote alone.'
        return (quotes,) * bool(self.backslashes) + self.grid.notes + passed_over(counts)


def _delimiter(head: str, name: str, form: str) -> tuple[str, int]:
    """(what separates the cells, lines before the header): for a .csv the candidate that cuts the first rows as it
    cuts the header, or the one that the file itself names."""
    if LOOKS_LIKE_JSON.match(head):
        raise UnableToRead(f"The file '{name}' is JSON, not the .{form} its name says; name it .json or .jsonl")
    if LOOKS_LIKE_HTML.match(head):
        raise UnableToRead(f"The file '{name}' is a web page, not the .{form} its name says; download the table itself")
    if said := SAID.match(head):
        return said[1], 1
    found = max(SEPARATORS, key=lambda delimiter: _fit(head, delimiter))
    if form == "csv":
        return found, 0
    if found != "\t" and _fit(head, "\t")[1] == 1:
        raise UnableToRead(f"The file '{name}' is separated by '{found}', not by tabs; name it .csv")
    return "\t", 0


def _fit(head: str, delimiter: str) -> tuple[float, int]:
    """(share of the first 20 rows as wide as the header, its width); (0, 1) when the header is one cell."""
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    widths = [len(record) for record in islice(reader, SAMPLE) if any(map(str.strip, record))]
    return ((widths[0] > 1) * widths.count(widths[0]) / len(widths), widths[0]) if widths else (0, 1)


def _sample(head: str, delimiter: str, skip: int, backslashes: str) -> list[list[str]]:
    """The first records after the header; one that the head cuts is not among them."""
    found: list[list[str]] = []
    cut = len(head) == HEAD
    try:
        for _, cells in _records(io.StringIO(head, newline=""), delimiter, skip, backslashes):
            if isinstance(cells, list):
                found.append(cells)
            if len(found) > SAMPLE:
                return found[1:]
    except UnableToRead:  # a quote that the head leaves open
        cut = False
    return found[1:-1] if cut else found[1:]


def _records(stream: Iterable[str], delimiter: str, skip: int, backslashes: str) -> Iterator[Record]:
    """(line on which it starts, cells or what is wrong with them) of each record; blank lines are passed over."""
    csv.field_size_limit(MAX_CELL)
    lines = islice(stream, skip, None) if skip else stream
    reader = csv.reader(_plain(lines, backslashes) if backslashes else lines, delimiter=delimiter, strict=True)
    row = 1 + skip
    while True:
        try:
            record: list[str] | str = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            record = _quoting(str(error), row)
        if record:
            yield row, record
        row = reader.line_num + 1 + skip


def _quoting(error: str, row: int) -> str:
    """What is wrong with the quotes of a row; raises UnableToRead where they swallow the rest of the file."""
    advice = 'write a quote inside a cell twice ("") and close the cell with one'
    if "unexpected end of data" in error:
        raise UnableToRead(f"a quote is opened in this row and never closed; {advice}", row)
    if "limit" in error:
        longest = f"a cell is longer than {MAX_CELL:,} characters, most likely an unclosed quote"
        raise UnableToRead(f"{longest}; {advice}", row)
    return f"text follows the closing quote of a cell; {advice}"


def _backslashes(text: Opened, delimiter: str, skip: int) -> str:
    """How the file uses backslashes: as marks of quotes only where it can't be read otherwise, and can be so."""
    if not _faulty(text, delimiter, skip, "") or _faulty(text, delimiter, skip, "quotes"):
        return ""
    with text() as stream:
        alone = any(after not in ("\\", '"') for line in stream for after in PAIR.findall(line))
    return "quotes" if alone else "all"


def _faulty(text: Opened, delimiter: str, skip: int, backslashes: str) -> bool:
    """Whether a record is badly quoted or of another width than the header."""
    width = 0
    with text() as stream:
        try:
            for _, cells in _records(stream, delimiter, skip, backslashes):
                width = width or len(cells)
                if isinstance(cells, str) or (len(cells) != width and any(map(str.strip, cells))):
                    return True
        except UnableToRead:
            return True
    return False


def _plain(lines: Iterable[str], backslashes: str) -> Iterator[str]:
    """The lines with quotes inside cells written twice, as csv expects them."""
    for line in lines:
        if "\\" not in line:
            yield line
        elif backslashes == "all":
            yield PAIR.sub(lambda pair: '""' if pair[1] == '"' else pair[1], line)
        else:
            yield BEFORE_QUOTE.sub(lambda run: "\\" * (len(run[1]) // 2) + '"' * (1 + len(run[1]) % 2), line)
