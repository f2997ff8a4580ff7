"""Parquet file -> rows of text cells, one row group in memory at a time."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotation.core.files.opening import UnableToRead, opened, refuse_foreign

BATCH = 5_000
INDEX = "__index_level_"  # pandas' row labels, which nobody wrote


def columns(path: Path, name: str, zipped: bool) -> tuple[str, ...]:
    """The columns that hold one value a row, in order; lists, objects and bytes are left out. Raises UnableToRead."""
    with _file(path, name, zipped) as file:
        schema = file.schema_arrow
        found = tuple(field.name for field in schema if _plain(field.type) and not field.name.startswith(INDEX))
    for position, column in enumerate(found, 1):
        if not column.strip():
            raise UnableToRead(f"column {position} has no name; give it one or delete it")
        if found.index(column) + 1 < position:
            raise UnableToRead("the name is there twice; rename one", column=column)
    if not found:
        raise UnableToRead(f"The file '{name}' has no column of texts, numbers or dates; write some")
    return found


def records(path: Path, name: str, zipped: bool, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """(row number from 1, cells) of every row: whole numbers as written, dates in ISO 8601, null and NaN ""."""
    with _file(path, name, zipped) as file:
        row = 0
        for batch in file.iter_batches(BATCH, columns=list(columns)):
            texts = [_texts(batch.column(batch.schema.get_field_index(column))) for column in columns]
            for cells in zip(*texts, strict=True):
                row += 1
                yield row, list(cells)


@contextmanager
def _file(path: Path, name: str, zipped: bool) -> Iterator[pq.ParquetFile]:
    try:
        with opened(path, name, zipped) as stream, tempfile.TemporaryFile() as plain:
            start = stream.read(4)
            if start != b"PAR1":
                refuse_foreign(start, name, "parquet")
                raise pa.ArrowInvalid
            stream.seek(0)
            if zipped:  # Parquet is read from its end
                shutil.copyfileobj(stream, plain)
                plain.seek(0)
            with pq.ParquetFile(plain if zipped else stream, pre_buffer=False) as file:
                yield file
    except pa.ArrowException:
        raise UnableToRead(f"The file '{name}' is not a complete Parquet file; export or upload it again") from None


def _plain(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return not (pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _texts(column: pa.Array) -> list[str]:
    return [_text(value) for value in column.to_pylist()]


def _text(value: Any) -> str:
    if value is None or value != value:  # NaN alone differs from itself
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
