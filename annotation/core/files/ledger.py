"""Which rows of a file say the same: kept as some 40 bytes a row, however long its ids and texts are."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


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
    _parts: list[tuple[np.ndarray, ...]] = field(default_factory=list)

    def add(
        self, keys: Sequence[bytes], contents: Sequence[bytes], givers: np.ndarray, rows: Sequence[int],
        good: np.ndarray,
    ) -> None:  # fmt: skip
        """`keys` of 16 bytes, `contents` of 8 bytes; `good` (n,) bool: a row that is not is passed over. All (n,)."""
        key = np.frombuffer(b"".join(keys), dtype=np.uint64).reshape(-1, 2)
        content = np.frombuffer(b"".join(contents), dtype=np.uint64)
        part = (key[:, 0], key[:, 1], content, givers.astype(np.int32), np.asarray(rows, dtype=np.int64), good)
        self._parts.append(part)

    def close(self) -> None:
        """Compare all rows; the keys are forgotten."""
        high, low, content, giver, row, good = (np.concatenate(one) for one in zip(*self._parts, strict=True))
        self._parts = []
        n = len(row)
        self.first, self.duplicate, self.repeated = (np.zeros(n, dtype=bool) for _ in range(3))
        self.occurrence = np.ones(n, dtype=np.int32)
        here = np.flatnonzero(good)
        if self.by_content:
            order, starts = _grouped(here, giver, low, high)
            self.occurrence[order] = np.arange(len(order)) - starts + 1
            order, starts = _grouped(here, self.occurrence, low, high)
            self.first[order[np.unique(starts)]] = True
            return
        order, starts = _grouped(here, low, high)
        heads = order[starts]
        differs = content[order] != content[heads]
        bad = (heads != order) & (differs | (not self.several))
        self.first[np.unique(heads)] = True
        self.duplicate[order[bad]] = True
        self.earlier = {
            int(position): (int(row[head]), bool(other))
            for position, head, other in zip(order[bad], heads[bad], differs[bad], strict=True)
        }
        here = here[~self.duplicate[here]]
        order, starts = _grouped(here, giver, low, high)
        self.repeated[order] = np.bincount(starts, minlength=len(order))[starts] > 1 if len(order) else False


def _grouped(here: np.ndarray, *keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The positions `here` sorted by the keys, equal ones in their order, and for each where its group starts."""
    order = here[np.lexsort([key[here] for key in keys])]
    if not len(order):
        return order, order
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.logical_or.reduce([key[order][1:] != key[order][:-1] for key in keys])
    return order, np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
