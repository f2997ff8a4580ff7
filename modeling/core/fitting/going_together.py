"""Features that nearly repeat one another: of several such a model may use any one, and the others look as if they said
nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import rankdata

# Two features go together from this absolute correlation on.
TOGETHER = 0.9
# Fewer rows with a feature than this, and it goes together with others by chance.
FEW = 5
# Rows looked at, evenly spaced; features that others are compared with, the strongest ones; at once.
MOST_ROWS, MOST_LEADERS, CHUNK = 20_000, 2_000, 50


@dataclass(frozen=True, eq=False)
class Alike:
    """One feature, and those that go with it: positions (m,) and their correlations (m,) with it, in [−1, 1]."""

    leader: int
    others: np.ndarray
    correlation: np.ndarray


def features_together(X: sparse.csr_matrix | np.ndarray, strength: np.ndarray, among: np.ndarray) -> list[Alike]:
    """Groups of the features `among` (bool (p,)) of X (n, p), each led by its strongest feature.

    strength: (p,), ≥ 0, how much a feature counts in the model; only one that counts leads. From the strongest on, a
    feature takes those not yet taken whose absolute Pearson correlation with it is TOGETHER or more, and leads none of
    its own once it is taken. Rows beyond MOST_ROWS are sampled evenly; a feature that is 0 in all but a few rows
    takes no part.
    """
    X = sparse.csr_matrix(X[:: -(-X.shape[0] // MOST_ROWS)], dtype=np.float64)
    n, there = X.shape[0], X.getnnz(axis=0)
    mean = np.asarray(X.mean(axis=0)).ravel()
    spread = np.sqrt(np.maximum(np.asarray(X.multiply(X).mean(axis=0)).ravel() - mean**2, 0.0))
    part = np.flatnonzero(among & (there >= FEW) & (spread > 1e-9))
    weight = strength[part]
    X, mean, spread = X[:, part], mean[part], spread[part]
    by_column = X.tocsc()
    leaders = [at for at in np.argsort(-weight, kind="stable")[:MOST_LEADERS].tolist() if weight[at] > 0]
    found = []
    taken = np.zeros(len(part), dtype=bool)
    for start in range(0, len(leaders), CHUNK):
        some = leaders[start : start + CHUNK]
        products = (by_column[:, some].T @ X).toarray() / n
        correlation = (products - np.outer(mean[some], mean)) / np.outer(spread[some], spread)
        found += _taken(some, correlation, taken)
    return [Alike(int(part[one.leader]), part[one.others], one.correlation) for one in found]


def columns_together(numbers: pd.DataFrame, strength: Sequence[float]) -> list[Alike]:
    """Groups of number columns (n, c), each led by its strongest one, as `features_together`, but by Spearman's rank
    correlation (1904): a model that reads ranges sees ranks. What is missing stands in the middle."""
    values = numbers.iloc[:: -(-max(len(numbers), 1) // MOST_ROWS)].to_numpy(dtype=float)
    ranks = np.apply_along_axis(rankdata, 0, values, nan_policy="omit") if values.size else values
    ranks = ranks - np.nanmean(ranks, axis=0) if values.size else ranks
    ranks = np.nan_to_num(ranks)
    length = np.sqrt((ranks**2).sum(axis=0))
    ranks = ranks / np.where(length > 0, length, 1.0)
    taken = length == 0
    order = [at for at in np.argsort(-np.asarray(strength), kind="stable").tolist() if strength[at] > 0]
    return _taken(order, ranks.T[order] @ ranks, taken)


def _taken(leaders: Sequence[int], correlation: np.ndarray, taken: np.ndarray) -> list[Alike]:
    """Groups by leaders in order, with correlation (leaders, features); marks in `taken` who is in one."""
    found = []
    for leader, row in zip(leaders, correlation, strict=True):
        if taken[leader]:
            continue
        taken[leader] = True
        others = np.flatnonzero((np.abs(row) >= TOGETHER) & ~taken)
        if len(others):
            taken[others] = True
            others = others[np.argsort(-np.abs(row[others]), kind="stable")]
            found.append(Alike(leader, others, row[others]))
    return found
