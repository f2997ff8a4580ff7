"""Which classes a model takes for which, as the pairs worth reading."""

from dataclasses import dataclass

import numpy as np

from annotation.core.intervals import Interval, wilson
from modeling.core.proving.evaluation import confusion


@dataclass(frozen=True)
class Mistaken:
    """Rows labelled `given` that are predicted as `predicted` (class codes); share: of all rows labelled so."""

    given: int
    predicted: int
    share: Interval

    @property
    def count(self) -> int:
        return round(self.share.value * self.share.n)


@dataclass(frozen=True, eq=False)
class Confusion:
    """table: int (K, K), rows the label, columns the prediction. pairs: the cells off the diagonal with any row, the
    most rows first."""

    table: np.ndarray
    pairs: tuple[Mistaken, ...]

    @property
    def wrong(self) -> int:
        return int(self.table.sum() - np.trace(self.table))


def confusion_of(truth: np.ndarray, predicted: np.ndarray, n_classes: int) -> Confusion:
    """truth, predicted: int (n,) of 0 … n_classes − 1. Shares with Wilson's interval."""
    table = confusion(truth, predicted, n_classes)
    off = table.copy()
    np.fill_diagonal(off, 0)
    cells = np.flatnonzero(off)
    cells = cells[np.argsort(-off.ravel()[cells], kind="stable")]
    totals = table.sum(axis=1)
    pairs = tuple(
        Mistaken(int(given), int(taken), wilson(int(off[given, taken]), int(totals[given])))
        for given, taken in zip(*np.divmod(cells, n_classes), strict=True)
    )
    return Confusion(table, pairs)
