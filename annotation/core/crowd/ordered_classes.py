"""How far annotators agree where the order of the classes means something: one class off is a smaller difference."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from annotation.core.crowd.votes import counting_labels
from annotation.core.intervals import Interval, bootstrap_interval, bootstrap_intervals, wilson

NOMINAL, LINEAR, QUADRATIC = 0, 1, 2


def weighted_kappas(
    a: np.ndarray, b: np.ndarray, n_classes: int, powers: Sequence[int], seed: int = 0, n_resamples: int = 1000
) -> list[Interval]:
    """Weighted kappa (Cohen 1968) of two annotators' labels of the same items, for each of `powers` by the same
    resamples: 1 = perfect agreement, 0 = that of chance.

    a, b: int (n,), positions of classes in their order. powers: a difference of d classes counts d (LINEAR) or d²
    (QUADRATIC), or every difference the same (NOMINAL, which is Cohen's kappa of 1960). The percentile interval
    resamples items. Where all items agree no resample differs: then the limits are Wilson's for the items that agree,
    with the agreement of chance as it is. nan where both gave one and the same label throughout.
    """
    cells, count = np.unique(np.asarray(a, dtype=np.int64) * n_classes + b, return_counts=True)
    of_a, of_b = np.divmod(cells, n_classes)
    known, place = np.unique(np.r_[of_a, of_b], return_inverse=True)
    at_a, at_b = np.split(place, 2)
    one, other = np.eye(len(known))[at_a], np.eye(len(known))[at_b]

    def kappa(distance: np.ndarray, weights: np.ndarray) -> np.ndarray:
        total = weights.sum(axis=1).astype(float)
        by_chance = (((weights @ one) @ distance) * (weights @ other)).sum(axis=1)
        apart = total * (weights @ distance[at_a, at_b])
        return 1 - np.divide(apart, by_chance, out=np.full(len(weights), np.nan), where=by_chance > 0)

    statistics = [partial(kappa, _distance(known, power)) for power in powers]
    found = bootstrap_intervals(statistics, count, n_resamples=n_resamples, seed=seed)
    if (at_a == at_b).all():
        chance = 1 - float(
            (one.T @ count / count.sum()) @ (_distance(known, NOMINAL)) @ (other.T @ count / count.sum())
        )
        return [_of_agreement(each, chance) for each in found]
    return found


def _of_agreement(found: Interval, by_chance: float) -> Interval:
    """Where all items agree; nan stays nan. by_chance: the agreement of chance."""
    if found.value != found.value:
        return found
    agreeing = wilson(found.n, found.n)
    return Interval(1.0, (agreeing.low - by_chance) / (1 - by_chance), 1.0, found.n)


def _distance(places: np.ndarray, power: int) -> np.ndarray:
    gap = np.abs(places[:, None] - places[None, :]).astype(float)
    return (gap > 0).astype(float) if power == NOMINAL else gap**power


def ordinal_alpha(frame: pd.DataFrame, classes: Sequence[str], seed: int = 0, n_resamples: int = 1000) -> Interval:
    """Krippendorff's alpha for ordered labels (Krippendorff 2011): 1 = perfect agreement, 0 = that of chance.

    frame: item, annotator and label, in time order. classes: in their order. Two labels differ by the square of how
    many labels given lie between them, each of the two counting half; with classes at their mean ranks that is the
    squared difference of ranks. Any number of annotators, any number of labels missing. The percentile interval
    resamples items; `n` counts the items with two or more labels. nan where one label was given throughout.
    """
    labels = counting_labels(frame)
    item, items = pd.factorize(labels["item"])
    table = np.zeros((len(items), len(classes)), dtype=np.int64)
    codes = pd.Categorical(labels["label"], categories=list(classes)).codes
    np.add.at(table, (item[codes >= 0], codes[codes >= 0]), 1)
    patterns, occurs = np.unique(table[table.sum(axis=1) > 1], axis=0, return_counts=True)
    given = patterns.sum(axis=1)

    def alpha(weights: np.ndarray) -> np.ndarray:
        total = (weights @ patterns).astype(float)
        rank = np.cumsum(total, axis=1) - total / 2
        first, second = patterns @ rank.T, patterns @ (rank**2).T
        within = ((given[:, None] * second - first**2) / np.maximum(given - 1, 1)[:, None] * weights.T).sum(axis=0)
        n = total.sum(axis=1)
        by_chance = n * (total * rank**2).sum(axis=1) - (total * rank).sum(axis=1) ** 2
        return 1 - np.divide((n - 1) * within, by_chance, out=np.full(len(n), np.nan), where=by_chance > 1e-9)

    return bootstrap_interval(alpha, occurs, n_resamples=n_resamples, seed=seed)
