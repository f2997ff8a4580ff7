"""Rows → the bytes of a .csv, .tsv or .jsonl, plain or .gz, part by part."""

import csv
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from annotation.core.exporting.columns import AsWritten, Column, stepping_aside
from annotation.core.exporting.forms import DELIMITED, Form
from annotation.core.files.formulas import MARK, harmless

PART = 500  # rows
JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
# What a text must begin with to be looked at: RUN, and the apostrophe that `harmless` doubles.
DOUBTFUL = frozenset("=+-@\t\r\n'")
GZIP = 31  # zlib's word for a gzip header; neither name nor time in it: the same rows are the same bytes
ENCODER = json.JSONEncoder(ensure_ascii=False)


@dataclass
class Told:
    """What is known of a table once it has left: its rows, and cells that got an apostrophe."""

    rows: int = 0
    harmless: int = 0

    def counted(self, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        for row in rows:
            self.rows += 1
            yield row


def text_parts(form: Form, columns: Sequence[Column], rows: Iterable[Sequence[Any]], told: Told) -> Iterator[bytes]:
    """The header at once, then PART rows at a time."""
    lines = _delimited if form.kind in DELIMITED else _objects
    parts = (text.encode() for text in lines(form, columns, told.counted(rows), told))
    return _packed(parts) if form.zipped else parts


def _packed(parts: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(6, zlib.DEFLATED, GZIP)
    for part in parts:
        if packed := packer.compress(part):
            yield packed
    yield packer.flush()


def _delimited(form: Form, columns: Sequence[Column], rows: Iterator[Sequence[Any]], told: Told) -> Iterator[str]:
    sink = io.StringIO(newline="")
    if form.mark:
        sink.write("\ufeff")
    writer = csv.writer(sink, delimiter=DELIMITED[form.kind])
    names = [column.name for column in columns]
    writer.writerow(names if form.raw else [*map(harmless, names), mark_beside(names)])
    yield sink.getvalue()
    for part in _parts_of(rows):
        sink.seek(0)
        sink.truncate()
        writer.writerows(map(_cells, part) if form.raw else _harmless_part(part, told))
        yield sink.getvalue()


def mark_beside(names: Sequence[str]) -> str:
    """What MARK is called in a file with these columns."""
    return stepping_aside([MARK], names)[MARK]


def _parts_of(rows: Iterator[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    part: list[Sequence[Any]] = []
    for row in rows:
        part.append(row)
        if len(part) == PART:
            yield part
            part = []
    if part:
        yield part


def _cells(row: Sequence[Any]) -> list[Any]:
    return [value if type(value) is str else _cell(value) for value in row]


def _cell(value: Any) -> Any:
    """As csv takes what is no text: an empty cell for None and for a number that is none."""
    if value is None or value != value:
        return ""
    return value.text if isinstance(value, AsWritten) else plain(value)


def _harmless_part(part: Sequence[Sequence[Any]], told: Told) -> list[list[Any]]:
    """The cells with apostrophes before texts that need one, and how many have got one; a minus sign before a number
    runs nothing. Columns at a time: most begin nowhere with anything doubtful."""
    got = [0] * len(part)
    columns = [_harmless_column(column, got) for column in zip(*part, strict=True)]
    told.harmless += sum(got)
    return list(map(list, zip(*columns, got, strict=True)))


def _harmless_column(column: Sequence[Any], got: list[int]) -> Sequence[Any]:
    cells = [value if type(value) is str else _cell(value) for value in column]
    for at, value in enumerate(column):
        if type(value) is str and value[:1] in DOUBTFUL:
            cells[at] = harmless(value)
            got[at] += cells[at] is not value
    return cells


def _objects(form: Form, columns: Sequence[Column], rows: Iterator[Sequence[Any]], told: Told) -> Iterator[str]:
    names = [column.name for column in columns]
    keys = [ENCODER.encode(name) for name in names]
    for part in _parts_of(rows):
        yield "".join(f"{_object(names, keys, row)}\n" for row in part)


def _object(names: Sequence[str], keys: Sequence[str], row: Sequence[Any]) -> str:
    if any(isinstance(value, AsWritten) for value in row):
        return f"{{{', '.join(f'{key}: {_json(value)}' for key, value in zip(keys, row, strict=True))}}}"
    return ENCODER.encode({name: plain(value) for name, value in zip(names, row, strict=True)})


def _json(value: Any) -> str:
    if isinstance(value, AsWritten) and JSON_NUMBER.fullmatch(value.text):
        return value.text
    return ENCODER.encode(plain(value))


def plain(value: Any) -> Any:
    """Times as text, and None for a number that is none."""
    if isinstance(value, float) and value != value:  # NaN alone differs from itself
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value
