"""What production accuracy would gain if one cause of error were mended alone, and which cause is worth the next hour.

Everything is learned from the pool alone. Production's truth scores what was learned and contradicts labels; nothing
is chosen by it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from annotation.core.intervals import Interval
from modeling.core.diagnosing.beyond_help import Confused, confused, even_errors
from modeling.core.diagnosing.coverage import Coverage, coverage, lost_far
from modeling.core.diagnosing.doubted_labels import (
    SLIGHT,
    WORSE,
    WrongLabels,
    cleaned,
    followed,
    habit,
    with_more_noise,
    wrong_labels,
)
from modeling.core.diagnosing.evidence import HeldOut, curve, domain, judge
from modeling.core.diagnosing.naming import COVERAGE, DATA, FACTORS, FIT, LABELS, NOBODY, Cause, named
from modeling.core.diagnosing.sides import Sides
from modeling.core.proving.paired import ratio_by_group, share_by_group

# Of what twice as many rows brought, twice as many again bring this part at least and at most.
SLOWEST, FASTEST = 0.3, 0.75
# Pool rows for each class from which on errors may be said to be beyond mending.
ENOUGH = 40


@dataclass(frozen=True, eq=False)
class Diagnosed:
    """n production rows in n_groups near-duplicate groups. accuracy: of the model in use. causes: one of each name,
    what mending it alone would gain, as a share of production rows; they don't add up. named: causes worth the next
    hour, the foremost first; empty = cannot tell yet. judged: C chosen out of fold and what was tried. parts: accuracy
    on production by share of the pool learned from. unlabelled: float, log odds of being production for each row of the
    unlabelled table. contradicted: positions in the pool, labels that production contradicts."""

    n: int
    n_groups: int
    accuracy: Interval
    causes: tuple[Cause, ...]
    named: tuple[str, ...]
    judged: HeldOut
    wrong: WrongLabels
    coverage: Coverage
    parts: dict[float, float]
    confused: tuple[Confused, ...]
    unlabelled: np.ndarray
    contradicted: np.ndarray

    def gain(self, name: str) -> Interval:
        return next(cause.gain for cause in self.causes if cause.name == name)


@dataclass(frozen=True, eq=False)
class _Rights:
    """Production rows predicted rightly, bool or share (m,): by the model in use, with the penalty chosen, by a half
    and a quarter of the pool; predicted: int (m,) by the model in use, best: with the penalty chosen."""

    now: np.ndarray
    tuned: np.ndarray
    half: np.ndarray
    quarter: np.ndarray
    predicted: np.ndarray
    best: np.ndarray


def diagnose(
    sides: Sides, seed: int, report: Callable[[str, float], None] = lambda stage, share: None,
    unlabelled: pd.DataFrame | None = None,
) -> Diagnosed:  # fmt: skip
    """unlabelled: typed table of pool rows without a label, from which rows to label next may come."""
    # one thread: sums in another order would be other figures, in the last digit
    with threadpool_limits(1):
        return _diagnose(sides, seed, report, unlabelled)


def _diagnose(
    sides: Sides, seed: int, report: Callable[[str, float], None], unlabelled: pd.DataFrame | None
) -> Diagnosed:
    judged = judge(sides, seed, lambda stage, share: report(stage, 0.5 * share))
    report("learning from parts of the pool", 0.5)
    rights = _rights(sides, judged, seed)
    report("telling production from the pool", 0.7)
    odds_pool, odds, odds_more = domain(sides, seed, unlabelled)
    covered = coverage(sides, odds_pool, odds, rights.now)
    wrong = wrong_labels(sides, judged, ~covered.far)
    report("learning from other labels", 0.85)
    by_habit = habit(sides.production.labels, rights.predicted, wrong.pairs, ~covered.far)
    by_row = {
        LABELS: _at_random(sides, rights, wrong, seed) + (0.0 if covered.evident else by_habit),
        FIT: rights.tuned.astype(np.float64) - rights.now,
        DATA: _next_doubling(rights),
        COVERAGE: lost_far(covered, rights.now) + (by_habit if covered.evident and not covered.lacking else 0.0),
        NOBODY: even_errors(sides.production.labels, rights.best, sides.n_classes),
    }  # fmt: skip
    groups, weights = sides.production.groups, sides.weights
    causes = tuple(Cause(name, ratio_by_group(FACTORS[name] * by_row[name], groups, weights)) for name in by_row)
    return Diagnosed(
        len(sides.production), len(np.unique(groups)), share_by_group(rights.now, groups, weights), causes,
        named(causes, _learned(sides, rights)),
        judged, wrong, covered, _parts(rights), confused(sides.production.labels, rights.best, sides.n_classes),
        odds_more, followed(sides, rights.predicted, wrong.pairs),
    )  # fmt: skip


def _rights(sides: Sides, judged: HeldOut, seed: int) -> _Rights:
    truth, table = sides.production.labels, sides.production.table
    wanted = sorted({sides.C, judged.C})
    said = dict(zip(wanted, (one[0] for one in sides.fitted(sides.pool, wanted, [table])), strict=True))
    predicted, best = said[sides.C].argmax(axis=1), said[judged.C].argmax(axis=1)
    quarter, half = curve(sides, judged.C, seed)
    return _Rights(predicted == truth, best == truth, half, quarter, predicted, best)


def _at_random(sides: Sides, rights: _Rights, wrong: WrongLabels, seed: int) -> np.ndarray:
    """Float (m,), what labels that err at random cost: what as many more of them would cost, or what replacing the
    doubted ones already brings, whichever is more."""
    if wrong.share < SLIGHT:
        return np.zeros(len(rights.now))
    worse = rights.now - _right(with_more_noise(sides, wrong.share, seed)).astype(np.float64)
    mended = _right(cleaned(sides, wrong)).astype(np.float64) - rights.now
    return max(worse / (WORSE - 1), mended, key=np.mean)


def _learned(sides: Sides, rights: _Rights) -> bool:
    """Whether enough was learned from to say that what is left can't be: rows enough of every class, and surely more
    right than always the commonest class."""
    truth = sides.production.labels
    commonest = truth == np.bincount(sides.pool.labels).argmax()
    more = ratio_by_group(rights.tuned.astype(np.float64) - commonest, sides.production.groups, sides.weights)
    return more.low > 0 and len(sides.pool) >= ENOUGH * len(np.unique(truth))


def _right(sides: Sides) -> np.ndarray:
    [[said]] = sides.fitted(sides.pool, [sides.C], [sides.production.table])
    return said.argmax(axis=1) == sides.production.labels


def _next_doubling(rights: _Rights) -> np.ndarray:
    """What twice as many rows would add: the last doubling's gain, times how much less it was than the one before."""
    last, before = rights.tuned - rights.half, rights.half - rights.quarter
    slower = float(np.clip(last.mean() / max(before.mean(), 1e-9), SLOWEST, FASTEST))
    return slower * last


def _parts(rights: _Rights) -> dict[float, float]:
    return {0.25: float(rights.quarter.mean()), 0.5: float(rights.half.mean()), 1.0: float(rights.tuned.mean())}
