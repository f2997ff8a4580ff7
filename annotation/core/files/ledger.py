"""Which rows of a file say the same: kept on disk as some 40 bytes a row, and 7 in memory, however long they are."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO

import numpy as np

ROW = np.dtype([("high", "u8"), ("low", "u8"), ("content", "u8"), ("row", "i8"), ("giver", "i4"), ("good", "?")])
AT_ONCE, BLOCK = 500_000, 100_000  # rows that are compared, and read, at a time


@dataclass
class Ledger:
    """Rows are added part by part; after `close` each answers by its position in the file.

    A row has a key of 16 bytes, 8 bytes of its content, the code of who labelled it, the number of its line, and
    whether it can be taken. `occurrence`: how often its key came before from the same annotator, from 1. `first`: it
    is the first of its item. `duplicate`: it repeats an earlier key with other content, or without `several`
    annotators. `repeated`: an annotator answers more than once for its item.
    """

    by_content: bool
    several: bool
    first: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    occurrence: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    duplicate: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    repeated: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    earlier: dict[int, tuple[int, bool]] = field(default_factory=dict)
    _kept: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    _n: int = 0

    def add(
        self, keys: Sequence[bytes], contents: Sequence[bytes], givers: np.ndarray, rows: Sequence[int],
        good: np.ndarray,
    ) -> None:  # fmt: skip
        """`keys` of 16 bytes, `contents` of 8 bytes; `good` (n,) bool: a row that is not is passed over. All (n,)."""
        part = np.empty(len(rows), dtype=ROW)
        key = np.frombuffer(b"".join(keys), dtype=np.uint64).reshape(-1, 2)
        part["high"], part["low"] = key[:, 0], key[:, 1]
        part["content"] = np.frombuffer(b"".join(contents), dtype=np.uint64)
        part["giver"], part["row"], part["good"] = givers, rows, good
        self._kept.write(part.tobytes())
        self._n += len(part)

    def close(self) -> None:
        """Compare all rows, those of like keys at a time; the keys are forgotten."""
        self.first, self.duplicate, self.repeated = (np.zeros(self._n, dtype=bool) for _ in range(3))
        self.occurrence = np.ones(self._n, dtype=np.int32)
        turns = max(1, -(-self._n // AT_ONCE))
        for turn in range(turns):
            self._compare(*self._of(turn, turns))
        self._kept.close()

    def _of(self, turn: int, turns: int) -> tuple[np.ndarray, np.ndarray]:
        """Positions in the file, and the rows, of those whose turn it is."""
        self._kept.seek(0)
        start, positions, rows = 0, [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=ROW)]
        while block := self._kept.read(BLOCK * ROW.itemsize):
            part = np.frombuffer(block, dtype=ROW)
            here = np.flatnonzero(part["good"] & (part["low"] % np.uint64(turns) == turn))
            positions.append(here + start)
            rows.append(part[here])
            start += len(part)
        return np.concatenate(positions), np.concatenate(rows)

    def _compare(self, at: np.ndarray, rows: np.ndarray) -> None:
        low, high, giver, content = (rows[name].copy() for name in ("low", "high", "giver", "content"))
        here = np.arange(len(at))
        if self.by_content:
            order, starts = _grouped(here, giver, low, high)
            occurrence = np.ones(len(at), dtype=np.int32)
            occurrence[order] = here - starts + 1
            self.occurrence[at] = occurrence
            order, starts = _grouped(here, occurrence, low, high)
            self.first[at[order[np.unique(starts)]]] = True
            return
        order, starts = _grouped(here, low, high)
        heads = order[starts]
        differs = content[order] != content[heads]
        bad = (heads != order) & (differs | (not self.several))
        self.first[at[np.unique(heads)]] = True
        self.duplicate[at[order[bad]]] = True
        self.earlier |= {
            int(at[position]): (int(rows["row"][head]), bool(other))
            for position, head, other in zip(order[bad], heads[bad], differs[bad], strict=True)
        }
        here = here[~self.duplicate[at]]
        order, starts = _grouped(here, giver, low, high)
        if len(order):
            self.repeated[at[order]] = np.bincount(starts, minlength=len(order))[starts] > 1


def _grouped(here: np.ndarray, *keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The positions `here` sorted by the keys, equal ones in their order, and for each where its group starts."""
    order = here[np.lexsort([key[here] for key in keys])]
    if not len(order):
        return order, order
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.logical_or.reduce([key[order][1:] != key[order][:-1] for key in keys])
    return order, np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
