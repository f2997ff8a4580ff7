"""Each item's nearest other items by cosine, never a near-identical one."""

from collections.abc import Callable

import numpy as np
from scipy import sparse

# Multiplications in a whole search, and cells of a dense strip: they bound its time and its memory.
WORK = 1e9
CELLS = 2e6


def nearest(
    matrix: sparse.csr_matrix, groups: np.ndarray, k: int, tick: Callable[[float], None] = lambda share: None
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest rows of other groups, at most one per group: positions int (n, k), −1 = none, and cosine
    similarities float (n, k), 0 where there is none; best first, equals in row order.

    matrix: non-negative, rows of length 1. groups: int (n,). Candidates share a column with the row; the commonest
    columns are left out of the search where it would cost too much, and the candidates are then compared on all
    columns. `tick` is called with the share done.
    """
    n = matrix.shape[0]
    positions, similarities = np.full((n, k), -1), np.zeros((n, k))
    search = _affordable(matrix)
    columns = search.T.tocsr()
    strip = max(1, int(CELLS / max(n, 1)))
    for start in range(0, n, strip):
        found = (search[start : start + strip] @ columns).tocsr()
        for offset in range(found.shape[0]):
            row = start + offset
            cells = slice(found.indptr[offset], found.indptr[offset + 1])
            best = _candidates(found.indices[cells], found.data[cells], groups, row, k)
            positions[row, : len(best)] = best
        tick(min(1.0, (start + strip) / n))
    filled = positions >= 0
    rows = np.nonzero(filled)[0]
    similarities[filled] = np.asarray(matrix[rows].multiply(matrix[positions[filled]]).sum(axis=1)).ravel()
    order = np.lexsort((np.where(filled, positions, n), -similarities), axis=1)
    return np.take_along_axis(positions, order, axis=1), np.take_along_axis(similarities, order, axis=1)


def _affordable(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """The matrix without its commonest columns, so that multiplying it by itself stays within WORK."""
    rows_with = np.bincount(matrix.indices, minlength=matrix.shape[1])
    rarest_first = np.argsort(rows_with, kind="stable")
    cost = np.cumsum(rows_with[rarest_first].astype(float) ** 2)
    return matrix[:, np.sort(rarest_first[cost <= WORK])]


def _candidates(items: np.ndarray, similarity: np.ndarray, groups: np.ndarray, row: int, k: int) -> np.ndarray:
    """The k most similar items, best first, one per group and none of the row's own group."""
    other = groups[items] != groups[row]
    items, similarity = items[other], similarity[other]
    pool = 4 * k
    if len(items) > pool:
        top = np.argpartition(-similarity, pool)[:pool]
        items, similarity = items[top], similarity[top]
    items = items[np.lexsort((items, -similarity))]
    _, first = np.unique(groups[items], return_index=True)
    return items[np.sort(first)][:k]
