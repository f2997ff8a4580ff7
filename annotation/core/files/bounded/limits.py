"""How large a file may be, once unpacked: a few hundred bytes can say a billion rows."""

from dataclasses import dataclass

from annotation.core.files.unreadable import UnableToRead

MAX_COLUMNS = 16_384  # what a spreadsheet holds
ROW = 100  # bytes that a row costs whatever stands in it: it becomes an item
HARMLESS = 32 << 20  # bytes that any file may unpack to
RATIO = 300  # times its own size that a larger one may unpack to; text packs to a twentieth
MEMORY = 1 << 30  # bytes that reading a Parquet file or a workbook may take


@dataclass(frozen=True)
class Bounds:
    """`rows`: most rows of a file; `unpacked`: bytes of all its cells; `seconds`: for a reader in a process of its own.

    `first`: rows after which the reading ends as if there were no more, None = all of them.
    """

    rows: int = 20_000_000
    unpacked: int = 64 << 30
    seconds: float = 3600.0
    first: int | None = None


class Meter:
    """Counts what was read of a file of `size` bytes."""

    def __init__(self, name: str, size: int, limits: Bounds) -> None:
        self.name, self.limits = name, limits
        self.most = min(limits.unpacked, max(HARMLESS, RATIO * size))
        self.rows = self.unpacked = 0

    def add(self, rows: int, unpacked: int) -> None:
        """Raises UnableToRead where it is more than the file may hold."""
        self.rows += rows
        self.unpacked += unpacked + ROW * rows
        if self.rows > self.limits.rows:
            raise UnableToRead(f"The file '{self.name}' has more than {self.limits.rows:,} rows; split it")
        if self.unpacked > self.most:
            raise too_large(self.name, self.most)


def too_large(name: str, most: int) -> UnableToRead:
    size = f"{most / (1 << 30):.3g} GiB" if most >= 1 << 30 else f"{most >> 20} MiB"
    return UnableToRead(f"The file '{name}' unpacks to more than {size}, out of proportion to its size; split it")


def refuse_wide(n: int) -> None:
    """Raises UnableToRead where a table has too many columns."""
    if n > MAX_COLUMNS:
        raise UnableToRead(
            f"The file has {n:,} columns, and at most {MAX_COLUMNS:,} are read; leave out those not needed"
        )


def twice(names: list[str]) -> tuple[int, int] | None:
    """Positions from 1 of the first name that stands twice, None where none does."""
    first: dict[str, int] = {}
    for position, name in enumerate(names, 1):
        if (earlier := first.setdefault(name, position)) < position:
            return earlier, position
    return None
