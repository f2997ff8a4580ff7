"""What is measured once for a diagnosis: fits of the pool judged out of fold and on production."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from annotation.core.judging.folds import grouped_folds
from modeling.core.diagnosing.sides import SideRows, Sides
from modeling.core.fitting.learning_curve import nested
from modeling.core.proving.evaluation import log_loss

FOLDS = 3
# Penalties this many standard errors below the best accuracy are as good.
CLOSE = 0.25
# Parts of the pool learned from for the curve, and how often each is drawn.
PARTS, DRAWS = (0.25, 0.5), 2
# Added to a probability before its logarithm is taken.
FLOOR = 1e-6


@dataclass(frozen=True, eq=False)
class HeldOut:
    """The pool out of fold and production by the folds' own models, which learned from as many rows. C: the penalty
    `chosen` on the pool, out of fold. said: float32 (n, K), of the pool. production: float32 (folds, m, K). tried: C →
    accuracy out of fold."""

    C: float
    said: np.ndarray
    production: np.ndarray
    tried: dict[float, float]


def judge(sides: Sides, seed: int, report: Callable[[str, float], None]) -> HeldOut:
    pool, grid = sides.pool, sides.grid
    fold = grouped_folds(pool.groups, pool.labels, FOLDS, seed)
    said = np.zeros((len(grid), len(pool), sides.n_classes), dtype=np.float32)
    production = np.zeros((len(grid), FOLDS, len(sides.production), sides.n_classes), dtype=np.float32)
    for number in range(FOLDS):
        report(f"trying penalties, fold {number + 1} of {FOLDS}", number / FOLDS)
        out = fold == number
        found = sides.fitted(pool.some(~out), grid, [pool.table[out], sides.production.table])
        for at, (held_out, of_production) in enumerate(found):
            said[at, out], production[at, number] = held_out, of_production
    at = chosen(pool.labels, said)
    return HeldOut(
        grid[at], said[at], production[at], {C: _accuracy(pool.labels, one) for C, one in zip(grid, said, strict=True)}
    )


def chosen(labels: np.ndarray, said: np.ndarray) -> int:
    """The position of the penalty to take by probabilities (penalties, n, K) out of fold: of those about as often right
    as the best one the one of least log loss."""
    right = np.array([_accuracy(labels, one) for one in said])
    best = float(right.max())
    good = right >= best - CLOSE * (best * (1 - best) / len(labels)) ** 0.5
    loss = np.array([log_loss(labels, one) for one in said])
    return int(np.where(good, loss, np.inf).argmin())


def _accuracy(labels: np.ndarray, said: np.ndarray) -> float:
    return float((said.argmax(axis=1) == labels).mean())


def curve(sides: Sides, C: float, seed: int) -> np.ndarray:
    """Float (parts, m): how often production rows are predicted rightly, in [0, 1], by the recipe at penalty C learned
    from a quarter and a half of the pool's groups."""
    right = np.zeros((len(PARTS), len(sides.production)))
    everything = np.ones(len(sides.pool), dtype=bool)
    for draw in range(DRAWS):
        for at, chosen in enumerate(nested(sides.pool.groups, everything, PARTS, seed + draw)):
            [[said]] = sides.fitted(sides.pool.some(chosen), [C], [sides.production.table])
            right[at] += (said.argmax(axis=1) == sides.production.labels) / DRAWS
    return right


def domain(
    sides: Sides, seed: int, unlabelled: pd.DataFrame | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log odds of being a production row rather than a pool row, by inputs alone: float (n,) of the pool and (m,) of
    production, out of fold, and of the unlabelled rows, mean over folds. No label is read."""
    pool, production = sides.pool, sides.production
    table = pd.concat([pool.table, production.table], ignore_index=True)
    which = np.r_[np.zeros(len(pool), dtype=np.int64), np.ones(len(production), dtype=np.int64)]
    apart = production.groups + pool.groups.max() + 1
    groups = np.unique(np.r_[pool.groups, apart], return_inverse=True)[1]
    both = SideRows(table, which, groups, np.r_[pool.sources, production.sources])
    telling = Sides(both, both, sides.fields, 2, sides.resolved)
    more = pool.table.iloc[:0] if unlabelled is None else unlabelled
    fold = grouped_folds(groups, which, FOLDS, seed)
    odds, odds_more = np.zeros(len(which)), np.zeros(len(more))
    for number in range(FOLDS):
        out = fold == number
        [[said, of_more]] = telling.fitted(both.some(~out), [1.0], [table[out], more])
        odds[out], odds_more = _log_odds(said), odds_more + _log_odds(of_more) / FOLDS
    return odds[: len(pool)], odds[len(pool) :], odds_more


def _log_odds(said: np.ndarray) -> np.ndarray:
    return np.log(said[:, 1] + FLOOR) - np.log(said[:, 0] + FLOOR)
