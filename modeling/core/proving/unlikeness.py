"""How unlike the pool a production set is: whether a classifier tells one from the other, and what lies far off."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from annotation.core.features.matrices import terms
from annotation.core.features.vectorizer import typed
from annotation.core.fields import Field
from annotation.core.intervals import Interval, wilson
from annotation.core.judging.folds import grouped_folds
from annotation.core.likeness.grouping import joined_text

# Of either side so many rows at random are looked at, and of the pool so many for how far its own rows lie apart.
MOST, OWN = 5_000, 1_000
# Fewer groups of a side say nothing.
LEAST = 20
FOLDS = 5
# A production row is far where so few of the pool's own rows lie as far from their nearest.
FAR = 0.05
BLOCK = 256
NOTHING = Interval(float("nan"), 0.0, 1.0, 0)


@dataclass(frozen=True)
class Unlikeness:
    """told_apart: chance in [0, 1] that a classifier takes a production row for one rather than a pool row, ½ = they
    cannot be told apart; its n counts near-duplicate groups of production. far: share in [0, 1] of production rows
    that lie farther from every pool row than all but FAR of the pool's rows from their nearest. n = 0 where there are
    too few groups, or no field says anything. length: median characters of pool and production, None without text."""

    told_apart: Interval
    far: Interval
    length: tuple[float, float] | None


def unlikeness(
    table: pd.DataFrame, fields: Sequence[Field], production: np.ndarray, groups: np.ndarray, seed: int = 0
) -> Unlikeness:
    """Compare the rows of `table` inside `production`, bool (n,), with the others, the pool.

    groups: int (n,), near-duplicate groups over both. `told_apart` is the area under the ROC curve of a logistic
    regression of words, out of fold, no group in two folds (a classifier two-sample test: Lopez-Paz & Oquab 2017); its
    limits take the group as the unit (Obuchowski 1997) in Wilson's interval at the effective sample size.
    """
    length = _lengths(table, fields, production)
    kept = _drawn(production, seed)
    table, production, groups = table.iloc[kept], production[kept], groups[kept]
    if min(len(np.unique(groups[production])), len(np.unique(groups[~production]))) < LEAST:
        return Unlikeness(NOTHING, NOTHING, length)
    X = terms(typed(table, fields), fields)
    if X is None:
        return Unlikeness(NOTHING, NOTHING, length)
    return Unlikeness(_told_apart(X, production, groups, seed), _far(X, production, groups, seed), length)


def _drawn(production: np.ndarray, seed: int) -> np.ndarray:
    """Positions of at most MOST rows of each side, rising."""
    random = np.random.default_rng(seed)
    sides = [np.flatnonzero(production), np.flatnonzero(~production)]
    return np.sort(np.concatenate([random.permutation(side)[:MOST] for side in sides]))


def _lengths(table: pd.DataFrame, fields: Sequence[Field], production: np.ndarray) -> tuple[float, float] | None:
    if not any(field.type == "text" for field in fields) or production.all() or not production.any():
        return None
    length = np.array([len(text) for text in joined_text(table, fields)])
    return float(np.median(length[~production])), float(np.median(length[production]))


def _told_apart(X: sparse.csr_matrix, production: np.ndarray, groups: np.ndarray, seed: int) -> Interval:
    fold = grouped_folds(groups, production.astype(np.int64), FOLDS, seed)
    placed = np.full(len(production), np.nan)
    for number in range(FOLDS):
        out = fold == number
        if len(np.unique(production[out])) == 2 and len(np.unique(production[~out])) == 2:
            model = LogisticRegression(class_weight="balanced", max_iter=300, tol=1e-3)
            score = model.fit(X[~out], production[~out]).decision_function(X[out])
            placed[out] = _placements(score, production[out])
    known = ~np.isnan(placed)
    return _area(placed[known], production[known], np.unique(groups[known], return_inverse=True)[1])


def _placements(score: np.ndarray, production: np.ndarray) -> np.ndarray:
    """By row the share of the other side that it is on the right side of, equals counting half."""
    placed = np.empty(len(score))
    for side, sign in ((production, 1), (~production, -1)):
        own, others = sign * score[side], np.sort(sign * score[~side])
        below = (np.searchsorted(others, own, "left") + np.searchsorted(others, own, "right")) / 2
        placed[side] = below / len(others)
    return placed


def _area(placed: np.ndarray, production: np.ndarray, group: np.ndarray) -> Interval:
    """The mean placement of production rows; each row's deviation, as a share of its side, summed by group."""
    area = float(placed[production].mean())
    middle = np.where(production, area, placed[~production].mean())
    size = np.where(production, production.sum(), (~production).sum())
    by_group = np.bincount(group, weights=(placed - middle) / size)
    variance = float((by_group**2).sum()) * len(by_group) / max(len(by_group) - 1, 1)
    n = len(np.unique(group[production]))
    effective = min(area * (1 - area) / variance, n) if variance > 0 else n
    found = wilson(area * effective, effective)
    return Interval(area, found.low, found.high, n)


def _far(X: sparse.csr_matrix, production: np.ndarray, groups: np.ndarray, seed: int) -> Interval:
    pool = np.flatnonzero(~production)
    own = np.sort(np.random.default_rng(seed).permutation(pool)[:OWN])
    bar = float(np.quantile(_nearest(X, own, pool, groups), FAR))
    rows = np.flatnonzero(production)
    far = (_nearest(X, rows, pool, None) < bar).astype(float)
    _, group = np.unique(groups[rows], return_inverse=True)
    n = int(group.max()) + 1
    by_group, size = np.bincount(group, weights=far), np.bincount(group)
    share = float(far.mean())
    spread = by_group - share * size
    variance = float((spread**2).sum()) / len(far) ** 2 * n / max(n - 1, 1)
    effective = min(share * (1 - share) / variance, n) if variance > 0 else n
    found = wilson(share * effective, effective)
    return Interval(share, found.low, found.high, n)


def _nearest(X: sparse.csr_matrix, rows: np.ndarray, among: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """The likeness of each of `rows` to the nearest of `among`; with `groups` not counting those of its own."""
    others = X[among].T.tocsr()
    found = np.zeros(len(rows))
    for start in range(0, len(rows), BLOCK):
        part = rows[start : start + BLOCK]
        alike = np.asarray((X[part] @ others).todense())
        if groups is not None:
            alike[groups[part][:, None] == groups[among][None, :]] = -1
        found[start : start + BLOCK] = alike.max(axis=1)
    return found
