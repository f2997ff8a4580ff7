"""For each item the nearest differently labelled one by its vector, without comparing all with all."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

# Items compared all with all at once, and how many ways of dividing them up are tried.
LEAF = 1024
TREES = 8
_ROWS = 1 << 15


@dataclass(frozen=True)
class NearVectors:
    """`partner` (n,) int64: the nearest labelled item of another label and another group, −1 = none near enough, and
    `cosine` (n,) float32 to it, 0 where there is none. `crowd` (n,) int64: how many labelled items of other groups
    were seen near, whatever their label; a lower bound."""

    partner: np.ndarray
    cosine: np.ndarray
    crowd: np.ndarray


def near_vectors(
    vectors: np.ndarray, labels: np.ndarray, groups: np.ndarray, threshold: float, seed: int = 0
) -> NearVectors:
    """What is at least `threshold` (cosine) near to each item, whose vectors are float32 (n, d) of length 1, or 0 =
    unknown; labels int (n,), −1 = none; groups int (n,).

    Up to LEAF items are compared all with all. More are halved along random directions until so few are left, several
    times over (random projection trees, Dasgupta & Freund 2008): time grows with n · log n, memory with n.
    """
    n = len(labels)
    found = NearVectors(np.full(n, -1), np.zeros(n, dtype=np.float32), np.zeros(n, dtype=np.int64))
    rows = np.flatnonzero((labels >= 0) & vectors.any(axis=1))
    random = np.random.default_rng(seed)
    for _ in range(TREES if len(rows) > LEAF else min(1, len(rows))):
        for leaf in _leaves(vectors, rows, random):
            _compare(vectors, labels, groups, threshold, leaf, found)
    return found


def _leaves(vectors: np.ndarray, rows: np.ndarray, random: np.random.Generator) -> Iterator[np.ndarray]:
    """Rows in parts of at most LEAF; in each step halved at the median along the line through two of them."""
    open_ = [rows]
    while open_:
        part = open_.pop()
        if len(part) <= LEAF:
            yield np.sort(part)
            continue
        one, other = vectors[part[random.integers(len(part), size=2)]]
        line = one - other
        along = np.concatenate([vectors[part[s : s + _ROWS]] @ line for s in range(0, len(part), _ROWS)])
        halves = np.argpartition(along, len(part) // 2)
        open_ += [part[halves[: len(part) // 2]], part[halves[len(part) // 2 :]]]


def _compare(
    vectors: np.ndarray, labels: np.ndarray, groups: np.ndarray, threshold: float, rows: np.ndarray, found: NearVectors
) -> None:
    held = vectors[rows]
    cosine = held @ held.T
    near = (cosine >= threshold) & (groups[rows, None] != groups[rows])
    found.crowd[rows] = np.maximum(found.crowd[rows], near.sum(axis=1))
    near &= labels[rows, None] != labels[rows]
    best = np.where(near, cosine, -1).argmax(axis=1)
    value = np.where(near[np.arange(len(rows)), best], cosine[np.arange(len(rows)), best], 0)
    better = value > found.cosine[rows]
    found.cosine[rows[better]] = value[better]
    found.partner[rows[better]] = rows[best[better]]
