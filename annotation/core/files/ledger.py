"""Which rows of a file say the same: kept on disk as 45 bytes a row, and 1 to 7 in memory, however long they are."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO

import numpy as np

ROW = np.dtype([("high", "u8"), ("low", "u8"), ("content", "u8"), ("row", "i8"), ("at", "i8"), ("giver", "i4")])
# Rows of like keys are in one of so many parts, compared one part at a time; rows that wait to be put on disk.
PARTS, WAITING = 64, 50_000


@dataclass
class Ledger:
    """Rows are added part by part; after `close` each answers by its position in the file.

    A row has a key of 16 bytes, 8 bytes of its content, the code of who labelled it, the number of its line, and
    whether it can be taken. `before`: how often its key came before from the same annotator. `first`: it is the first
    of its item. `duplicate`: it repeats an earlier key with other content, or without `several`
    annotators. `repeated`: an annotator answers more than once for its item.
    """

    by_content: bool
    several: bool
    first: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    before: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    duplicate: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    repeated: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    earlier: dict[int, tuple[int, bool]] = field(default_factory=dict)
    _kept: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    _waiting: list[np.ndarray] = field(default_factory=list)
    _ends: list[np.ndarray] = field(default_factory=list)
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
        part["giver"], part["row"], part["at"] = givers, rows, np.arange(self._n, self._n + len(part))
        self._waiting.append(part[np.asarray(good, dtype=bool)])
        self._n += len(part)
        if sum(map(len, self._waiting)) >= WAITING:
            self._put_on_disk()

    def close(self) -> None:
        """Compare all rows, those of like keys at a time; the keys are forgotten."""
        # pages of zeros that nothing is written to take no memory
        self.first, self.duplicate, self.repeated = (np.zeros(self._n, dtype=bool) for _ in range(3))
        self.before = np.zeros(self._n, dtype=np.int32)
        self._put_on_disk()
        for place in range(PARTS):
            rows = self._part(place)
            self._compare(rows["at"].copy(), rows)
        self._kept.close()

    def _put_on_disk(self) -> None:
        """The rows that wait, sorted by the part they belong to, each part in the order of the file."""
        rows = np.concatenate([np.zeros(0, dtype=ROW), *self._waiting])
        part = rows["low"] % np.uint64(PARTS)
        start = self._ends[-1][-1] if self._ends else 0
        self._kept.write(rows[np.argsort(part, kind="stable")].tobytes())
        self._ends.append(start + np.cumsum(np.bincount(part.astype(int), minlength=PARTS)))
        self._waiting = []

    def _part(self, place: int) -> np.ndarray:
        """The rows of one part, in the order of the file."""
        found, start = [np.zeros(0, dtype=ROW)], 0
        for ends in self._ends:
            begin = ends[place - 1] if place else start
            self._kept.seek(int(begin) * ROW.itemsize)
            found.append(np.frombuffer(self._kept.read(int(ends[place] - begin) * ROW.itemsize), dtype=ROW))
            start = ends[-1]
        return np.concatenate(found)

    def _compare(self, at: np.ndarray, rows: np.ndarray) -> None:
        low, high, giver, content = (rows[name].copy() for name in ("low", "high", "giver", "content"))
        here = np.arange(len(at))
        if self.by_content:
            order, starts = _grouped(here, giver, low, high)
            before = np.zeros(len(at), dtype=np.int32)
            before[order] = here - starts
            self.before[at[before > 0]] = before[before > 0]
            order, starts = _grouped(here, before, low, high)
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
            again = np.bincount(starts, minlength=len(order))[starts] > 1
            self.repeated[at[order[again]]] = True


def _grouped(here: np.ndarray, *keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The positions `here` sorted by the keys, equal ones in their order, and for each where its group starts."""
    order = here[np.lexsort([key[here] for key in keys])]
    if not len(order):
        return order, order
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.logical_or.reduce([key[order][1:] != key[order][:-1] for key in keys])
    return order, np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
