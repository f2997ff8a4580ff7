"""A metric as a mean over rows, so that rows can be taken together by group, weighted and averaged over seeds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modeling.core.proving.paired import GroupedMean, estimate

EXPECTED_COST = "expected_cost"
# Costs are given for so many items.
ITEMS = 1_000


@dataclass(frozen=True)
class Losses:
    """What each row costs before and after, float (n,), in `unit`; less is better. largest: by how much the costs of
    two predictions of one row can differ at most."""

    before: np.ndarray
    after: np.ndarray
    unit: str
    largest: float


@dataclass(frozen=True)
class Pair:
    """What two sides predict, int (n,), and what that costs where costs decide."""

    before: np.ndarray
    after: np.ndarray
    losses: Losses | None = None


@dataclass(frozen=True)
class ScoredRows:
    """truth: int (n,), classes 0 … n_classes − 1. groups: int (n,), the units. weights: float (n,) or None = equal."""

    truth: np.ndarray
    n_classes: int
    groups: np.ndarray
    weights: np.ndarray | None

    def counted(self, codes: np.ndarray, among: np.ndarray | None = None) -> np.ndarray:
        """Weight of rows (of those `among`, bool (n,)) by class, float (n_classes,)."""
        weights = np.ones(len(codes)) if self.weights is None else self.weights
        if among is not None:
            codes, weights = codes[among], weights[among]
        return np.bincount(codes, weights, minlength=self.n_classes)


def scored(rows: ScoredRows, predicted: np.ndarray, metric: str) -> float:
    """accuracy or macro_f1 (mean over the classes in the truth), in [0, 1]."""
    if metric == "accuracy":
        return float(np.average(predicted == rows.truth, weights=rows.weights))
    f1, actual, _ = _f1(rows, predicted)
    return float(f1[actual > 0].mean())


def estimated(rows: ScoredRows, pairs: Sequence[Pair], metric: str) -> tuple[GroupedMean, np.ndarray]:
    """The difference in the metric, above 0 = after is better, mean over the pairs; and what each row adds to it,
    float (n,), weighted, whose sum is 0 where the two do not differ."""
    per_pair = [_values(rows, pair, metric) for pair in pairs]
    values = np.mean([values for values, _ in per_pair], axis=0)
    between = np.array([np.average(one, weights=rows.weights) for one, _ in per_pair])
    largest = max(most for _, most in per_pair)
    weighted = values if rows.weights is None else values * rows.weights
    return estimate(values, rows.groups, rows.weights, largest=largest, between=between), weighted


def _values(rows: ScoredRows, pair: Pair, metric: str) -> tuple[np.ndarray, float]:
    """A value per row whose weighted mean is the difference, and the largest size one can have."""
    if metric == EXPECTED_COST and pair.losses:
        return ITEMS * (pair.losses.before - pair.losses.after), ITEMS * pair.losses.largest
    if metric == "accuracy":
        return (pair.after == rows.truth).astype(np.float64) - (pair.before == rows.truth), 1.0
    after, most_after = _influence(rows, pair.after)
    before, most_before = _influence(rows, pair.before)
    return after - before, 2 * max(most_after, most_before)


def _influence(rows: ScoredRows, predicted: np.ndarray) -> tuple[np.ndarray, float]:
    """Macro F1 as a mean over rows to the first order, and the most that one of them adds for a class.

    F1 of a class is twice its hits over the rows predicted as it and those of it; what a row adds is the derivative of
    that ratio in its weight, so that the mean of all is the metric itself.
    """
    f1, actual, either = _f1(rows, predicted)
    present = actual > 0
    total = float(actual.sum())
    scale = np.where(present, total / np.maximum(either, 1e-12) / present.sum(), 0.0)
    hit = predicted == rows.truth
    own = scale[rows.truth] * (2.0 * hit - f1[rows.truth]) - scale[predicted] * f1[predicted]
    return own + float(f1[present].mean()), float(scale.max())


def _f1(rows: ScoredRows, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By class: F1, weight of its rows, and that of its rows and of those predicted as it together."""
    hits, actual = rows.counted(rows.truth, predicted == rows.truth), rows.counted(rows.truth)
    either = rows.counted(predicted) + actual
    return 2 * hits / np.maximum(either, 1e-12), actual, either
