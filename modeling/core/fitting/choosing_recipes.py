"""Of many recipes judged on the same rows out of fold: the best, those not distinguishable from it, the simplest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from annotation.core.intervals import Interval, wilson
from modeling.core.proving.evaluation import accuracy, count, macro_f1

LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Entrant:
    """A recipe. predicted: int (seeds, n), the likeliest class out of fold, a row per seed. plainness: a key by which
    the simplest recipe sorts first."""

    predicted: np.ndarray
    plainness: tuple[float, ...]


@dataclass(frozen=True)
class Place:
    """score: of the metric, mean over seeds, with its 95 % limits. by_seed: each seed's. behind: best − this, in the
    unit of the metric, with limits at the level of the choice. close: not distinguishable from the best."""

    score: Interval
    by_seed: tuple[float, ...]
    behind: Interval
    close: bool


@dataclass(frozen=True)
class RecipeChoice:
    """places: one per entrant, in their order. best, simplest: positions; simplest is the plainest of those close.
    level: of each single interval of a difference."""

    places: tuple[Place, ...]
    best: int
    simplest: int
    level: float


def choose(
    truth: np.ndarray, entrants: Sequence[Entrant], groups: np.ndarray, n_classes: int, metric: str = "accuracy"
) -> RecipeChoice:
    """Compare recipes on the same n rows, held out of every fit they were judged by.

    truth: int (n,), classes 0 … n_classes − 1. groups: int (n,), near-copies, which count as one unit. Each recipe is
    compared with the one that scored best, by a paired interval of the difference with Student's t over groups and the
    linearised metric, at 1 − 0.05 / (m − 1) for m recipes (Bonferroni). Whichever of them is truly best is close, 95
    times in 100, though the best was picked by these rows: it can be lost by m − 1 comparisons only (Hsu 1981).
    """
    measured = [_measure(truth, one.predicted, n_classes, metric) for one in entrants]
    scores = [float(np.mean(values)) for values, _ in measured]
    order = range(len(entrants))
    best = min(order, key=lambda at: (-round(scores[at], 12), entrants[at].plainness))
    level = 1 - (1 - LEVEL) / max(len(entrants) - 1, 1)
    unit = np.unique(groups, return_inverse=True)[1]
    places = []
    for (values, pulls), score in zip(measured, scores, strict=True):
        behind = _interval(scores[best] - score, measured[best][1] - pulls, unit, level)
        own = _own(score, pulls, unit, metric)
        places.append(Place(own, tuple(float(value) for value in values), behind, behind.low <= 0))
    close = [at for at in order if places[at].close]
    return RecipeChoice(tuple(places), best, min(close, key=lambda at: (entrants[at].plainness, -scores[at])), level)


def _measure(truth: np.ndarray, predicted: np.ndarray, n_classes: int, metric: str) -> tuple[list[float], np.ndarray]:
    """The metric by seed, and each row's pull on its mean over seeds, float (n,), which sums to 0."""
    found = [PULLS[metric](truth, one, n_classes) for one in predicted]
    return [value for value, _ in found], np.mean([pull for _, pull in found], axis=0)


def accuracy_pull(truth: np.ndarray, predicted: np.ndarray, n_classes: int) -> tuple[float, np.ndarray]:
    """Accuracy, and what each row adds to it beyond its share."""
    right = (truth == predicted).astype(float)
    value = float(accuracy(count(truth, predicted, n_classes)))
    return value, (right - value) / len(truth)


def macro_f1_pull(truth: np.ndarray, predicted: np.ndarray, n_classes: int) -> tuple[float, np.ndarray]:
    """Macro F1 over the classes present, and its influence function by row: with F the F1 of a class of P predicted and
    A actual rows, a row that is a hit pulls by (2 − 2F) / (P + A), one predicted or actual only by −F / (P + A)."""
    counts = count(truth, predicted, n_classes)
    present = counts.actual > 0
    whole = np.maximum(counts.predicted + counts.actual, 1)
    f1 = 2 * counts.hits / whole
    share = np.where(present, 1 / (whole * present.sum()), 0.0)
    pull = -(f1 * share)[truth] - (f1 * share)[predicted] + np.where(truth == predicted, 2 * share[truth], 0.0)
    return float(macro_f1(counts)), pull


PULLS: dict[str, Callable[[np.ndarray, np.ndarray, int], tuple[float, np.ndarray]]] = {
    "accuracy": accuracy_pull, "macro_f1": macro_f1_pull,
}  # fmt: skip


def _interval(value: float, pull: np.ndarray, unit: np.ndarray, level: float) -> Interval:
    """Limits of a statistic whose rows pull by so much, near-copies pulling together. Without two units: nothing is
    known, −1 to 1."""
    by_unit = np.bincount(unit, weights=pull)
    n = len(by_unit)
    if n < 2:
        return Interval(value, -1.0, 1.0, n)
    error = float(np.sqrt(n / (n - 1) * (by_unit**2).sum()))
    half = float(student.ppf((1 + level) / 2, n - 1)) * error
    return Interval(value, value - half, value + half, n)


def _own(score: float, pull: np.ndarray, unit: np.ndarray, metric: str) -> Interval:
    if metric == "accuracy":
        return wilson(score * len(pull), len(pull))
    found = _interval(score, pull, unit, LEVEL)
    return Interval(score, max(0.0, found.low), min(1.0, found.high), found.n)
