"""Parquet file -> rows of text cells, one row group in memory at a time."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from annotation.core.files.bounded.limits import HARMLESS, RATIO, refuse_wide, too_large, twice
from annotation.core.files.forms.values import cell_of, whole
from annotation.core.files.opening import opened, refuse_foreign
from annotation.core.files.unreadable import Broken, UnableToRead, Unfit

BATCH = 5_000
HELD = 32 << 20  # bytes of a batch
PIECE = 1 << 20
INDEX = "__index_level_"  # pandas' row labels, which nobody wrote


@dataclass(frozen=True)
class Parquet:
    """A .parquet file. `odd`: columns of lists, objects or bytes. `wholes`: columns of floats that are all whole beside
    missing ones: pandas keeps whole numbers so where one is missing, and they read as whole."""

    path: Path
    name: str
    zipped: bool
    columns: tuple[str, ...]
    odd: frozenset[str]
    wholes: frozenset[str]

    @classmethod
    def of(cls, path: Path, name: str, zipped: bool) -> "Parquet":
        """Raises UnableToRead."""
        with _file(path, name, zipped) as file:
            fields = [field for field in file.schema_arrow if not field.name.startswith(INDEX)]
            columns = tuple(field.name for field in fields)
            refuse_wide(len(columns))
            for position, column in enumerate(columns, 1):
                if not column.strip():
                    raise UnableToRead(f"column {position} has no name; give it one or delete it")
            if found := twice(list(columns)):
                raise UnableToRead("the name is there twice; rename one", column=columns[found[1] - 1])
            odd = frozenset(field.name for field in fields if not _plain(field.type))
            if len(odd) == len(columns):
                raise UnableToRead(f"The file '{name}' has no column of texts, numbers or dates; write some")
            floats = [field.name for field in fields if pa.types.is_floating(field.type)]
            return cls(path, name, zipped, columns, odd, frozenset(_wholes(file, floats)))

    def rows(self, counts: Counter[str]) -> Iterator[tuple[int, list[str]] | Broken]:
        """(row number from 1, cells) of every row: whole numbers as written, dates in ISO 8601, null and NaN ""."""
        with _file(self.path, self.name, self.zipped) as file:
            row = 0
            for batch in file.iter_batches(_batch(file), columns=list(self.columns)):
                texts = [self._texts(column, batch) for column in self.columns]
                for cells in zip(*texts, strict=True):
                    row += 1
                    yield row, list(cells)

    def notes(self, counts: Counter[str]) -> tuple[str, ...]:
        return ()

    def _texts(self, column: str, batch: pa.RecordBatch) -> list[str]:
        values = batch.column(batch.schema.get_field_index(column))
        if pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
            return _lists(values)
        if column in self.wholes:
            return ["" if value is None or value != value else whole(value) for value in values.to_pylist()]
        try:
            return [value if type(value) is str else cell_of(value) for value in values.to_pylist()]
        except UnicodeDecodeError:
            raise UnableToRead("a text is not UTF-8, so the file is damaged; export it again", column=column) from None


def _lists(values: pa.Array) -> list[str]:
    """Lists of one as their element; a longer one, such as an embedding, is not even made Python's."""
    lengths = pc.list_value_length(values).to_pylist()
    short = [length is not None and length <= 1 for length in lengths]
    kept = iter(values.filter(pa.array(short)).to_pylist())
    return [cell_of(next(kept)) if is_short else _long(n) for is_short, n in zip(short, lengths, strict=True)]


def _long(length: int | None) -> str:
    if length is None:
        return ""
    why = f"the value is a list of {length}, not a text or number; write it as columns of its own"
    return Unfit.cell(f"[{length} values]", why)


def _wholes(file: pq.ParquetFile, floats: list[str]) -> Iterator[str]:
    for column in floats:
        missing, all_whole, n = False, True, 0
        for batch in file.iter_batches(1 << 16, columns=[column]):
            values = batch.column(0).drop_null().cast(pa.float64())
            values = values.filter(pc.invert(pc.is_nan(values)))
            missing, n = missing or len(values) < len(batch), n + len(values)
            if len(values) and not pc.all(pc.equal(pc.floor(values), values)).as_py():
                all_whole = False
                break
        if missing and all_whole and n:
            yield column


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
                _unpack(stream, plain, name, path.stat().st_size)
                plain.seek(0)
            with pq.ParquetFile(plain if zipped else stream, pre_buffer=False) as file:
                yield file
    except MemoryError:  # Arrow's own is one of both
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError, NotImplementedError):
        raise UnableToRead(f"The file '{name}' is not a complete Parquet file; export or upload it again") from None


def _unpack(stream: BinaryIO, plain: IO[bytes], name: str, size: int) -> None:
    most = max(HARMLESS, RATIO * size)
    while piece := stream.read(PIECE):
        plain.write(piece)
        if plain.tell() > most:
            raise too_large(name, most)


def _batch(file: pq.ParquetFile) -> int:
    """Rows to hold at a time: fewer where they are long."""
    groups = [file.metadata.row_group(at) for at in range(file.metadata.num_row_groups)]
    longest = max((group.total_byte_size / max(1, group.num_rows) for group in groups), default=0)
    return max(1, min(BATCH, int(HELD / max(1.0, longest))))


def _plain(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return not (pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
