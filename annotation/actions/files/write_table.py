"""Tables to files: .csv, .tsv and .jsonl, plain or .gz, and .parquet; whole under their name, or not there at all."""

import csv
import gzip
import io
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from annotation.core.refusal import Refusal

BATCH = 10_000  # rows of a Parquet file held in memory
TYPES = {"text": pa.string(), "number": pa.float64(), "whole": pa.int64(), "time": pa.timestamp("us", tz="UTC")}
SUFFIXES = (".csv", ".tsv", ".jsonl", ".csv.gz", ".tsv.gz", ".jsonl.gz", ".parquet")


class UnableToExport(Refusal):
    """There is nothing to export yet, or nowhere to write it."""


def write_rows(path: Path, columns: dict[str, str], rows: Iterable[Sequence[Any]]) -> int:
    """Write `rows`, in the order of `columns` (name → one of TYPES), in the form the suffix names; returns how many.

    None is an empty cell. Raises UnableToExport where the suffix is not known or the folder can't be written.
    """
    suffix = next((known for known in sorted(SUFFIXES, key=len, reverse=True) if path.name.endswith(known)), None)
    if suffix is None:
        known = f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
        raise UnableToExport(f"{path.name} ends in {path.suffix!r}; name a file that ends in {known}.")
    counted = _Counted(rows)
    with drafted(path) as draft:
        if suffix == ".parquet":
            _parquet(draft, columns, counted)
        else:
            with _text(draft, suffix.endswith(".gz")) as file:
                _lines(file, suffix.removesuffix(".gz"), columns, counted)
    return counted.n


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


class _Counted:
    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self.rows, self.n = rows, 0

    def __iter__(self) -> Iterator[Sequence[Any]]:
        for row in self.rows:
            self.n += 1
            yield row


@contextmanager
def _text(path: Path, zipped: bool) -> Iterator[TextIO]:
    if not zipped:
        with path.open("w", newline="", encoding="utf-8") as file:
            yield file
        return
    # Neither name nor time in the archive: the same rows are the same bytes.
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as file,
    ):
        yield file


def _lines(file: TextIO, suffix: str, columns: dict[str, str], rows: Iterable[Sequence[Any]]) -> None:
    if suffix == ".jsonl":
        for row in rows:
            record = {name: _plain(value) for name, value in zip(columns, row, strict=True)}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
        return
    writer = csv.writer(file, delimiter="\t" if suffix == ".tsv" else ",")
    writer.writerow(columns)
    writer.writerows([_plain(value) for value in row] for row in rows)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value != value:  # NaN alone differs from itself
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value


def _typed(kind: str, values: Sequence[Any]) -> list[Any]:
    """Numbers that were written out as text for the other forms are numbers again."""
    read = {"number": float, "whole": int}.get(kind, lambda value: value)
    return [None if value is None or value == "" and kind != "text" else read(value) for value in values]


def _parquet(path: Path, columns: dict[str, str], rows: Iterable[Sequence[Any]]) -> None:
    schema = pa.schema([(name, TYPES[kind]) for name, kind in columns.items()])
    rows = iter(rows)
    with pq.ParquetWriter(path, schema) as writer:
        while batch := list(islice(rows, BATCH)):
            by_column = zip(columns.values(), schema, zip(*batch, strict=True), strict=True)
            arrays = [pa.array(_typed(kind, values), field.type, from_pandas=True) for kind, field, values in by_column]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
