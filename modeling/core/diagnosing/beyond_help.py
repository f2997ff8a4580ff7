"""Errors that neither labels, penalty, rows nor coverage explain: classes that nothing here tells apart."""

from dataclasses import dataclass

import numpy as np

# Rows of either kind that a pair of classes must have been confused in.
LEAST = 3


@dataclass(frozen=True)
class Confused:
    """Two classes taken for one another about equally often. n: production rows, errors either way together."""

    one: int
    other: int
    n: int


def even_errors(truth: np.ndarray, predicted: np.ndarray, n_classes: int) -> np.ndarray:
    """Float (m,) in [0, 1]: how much of each error has its mirror: two classes taken for one another equally often lack
    what would tell them apart, where one is taken for the other the labels or the penalty may say so."""
    table = np.bincount(truth * n_classes + predicted, minlength=n_classes**2).reshape(n_classes, n_classes)
    even = np.minimum(table, table.T)
    even = np.where(even >= LEAST, even, 0)
    share = even / np.maximum(table, 1)
    return np.where(truth == predicted, 0.0, share[truth, predicted])


def confused(truth: np.ndarray, predicted: np.ndarray, n_classes: int) -> tuple[Confused, ...]:
    """The pairs behind `even_errors`, the most errors first."""
    table = np.bincount(truth * n_classes + predicted, minlength=n_classes**2).reshape(n_classes, n_classes)
    even = np.minimum(table, table.T)
    pairs = [(one, other) for one, other in np.argwhere(even >= LEAST).tolist() if one < other]
    found = [Confused(one, other, int(2 * even[one, other])) for one, other in pairs]
    return tuple(sorted(found, key=lambda pair: -pair.n))
