"""Rows → a .parquet or .xlsx file, which is whole only at its end."""

import tempfile
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from annotation.core.exporting.columns import Column
from annotation.core.exporting.forms import UnableToExport
from annotation.core.exporting.texts import plain
from annotation.core.wording import quoted

BATCH = 10_000  # rows of a Parquet file held in memory
TYPES = {"text": pa.string(), "number": pa.float64(), "whole": pa.int64(), "time": pa.timestamp("us", tz="UTC")}
# What a workbook holds (Excel's limits); a character beyond the basic plane counts twice there.
MOST_ROWS, MOST_COLUMNS, MOST_LETTERS = 1_048_576, 16_384, 32_767


def write_parquet(path: Path, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> None:
    schema = pa.schema([(column.name, TYPES[column.kind]) for column in columns])
    rows = iter(rows)
    with pq.ParquetWriter(path, schema) as writer:
        while batch := list(islice(rows, BATCH)):
            by_column = zip(columns, schema, zip(*batch, strict=True), strict=True)
            arrays = [
                pa.array(_typed(column.kind, values), field.type, from_pandas=True)
                for column, field, values in by_column
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _typed(kind: str, values: Sequence[Any]) -> list[Any]:
    """Numbers that were written out as text for the other forms are numbers again."""
    read = {"number": float, "whole": int}.get(kind, lambda value: value)
    return [None if value is None or value == "" and kind != "text" else read(value) for value in values]


def write_workbook(path: Path, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> None:
    """One sheet, every text a text whatever it begins with, times as ISO 8601.

    Raises UnableToExport where a row, column or text is more than a workbook holds: nothing is ever cut.
    """
    if len(columns) > MOST_COLUMNS:
        raise UnableToExport(f"A workbook holds {MOST_COLUMNS:,} columns, not {len(columns):,}; choose csv or parquet.")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".workbook") as folder:
        asked = {"constant_memory": True, "tmpdir": folder, "use_zip64": True, "nan_inf_to_errors": False}
        book = xlsxwriter.Workbook(str(path), asked)
        sheet = book.add_worksheet("rows")
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column.name)
        for row, values in enumerate(rows, start=1):
            if row >= MOST_ROWS:
                raise UnableToExport(
                    f"A workbook holds {MOST_ROWS - 1:,} rows beneath its header, and there are more; "
                    "choose csv or parquet."
                )
            for place, (column, value) in enumerate(zip(columns, values, strict=True)):
                _write_cell(sheet, row, place, column, value)
        book.close()


def _write_cell(sheet: Any, row: int, place: int, column: Column, value: Any) -> None:
    value = plain(value)
    if value is None or value == "":
        return
    if column.kind in ("number", "whole"):
        sheet.write_number(row, place, float(value))
        return
    text = str(value)
    if len(text) > MOST_LETTERS // 2 and (letters := len(text.encode("utf-16-le")) // 2) > MOST_LETTERS:
        raise UnableToExport(
            f"Row {row + 1}, column {quoted(column.name)}: the text has {letters:,} characters, and a cell of a "
            f"workbook holds {MOST_LETTERS:,}; choose csv, jsonl or parquet."
        )
    sheet.write_string(row, place, text)
