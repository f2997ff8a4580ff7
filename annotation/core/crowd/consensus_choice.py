"""Which consensus to believe: the one that best predicts labels it has not seen, and majority unless it is beaten."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from annotation.core.crowd.crowdlab import crowdlab
from annotation.core.crowd.dawid_skene import DawidSkene, dawid_skene
from annotation.core.crowd.votes import Votes, likeliest, majority_posterior
from annotation.core.intervals import Interval, bootstrap_interval

MAJORITY, DAWID_SKENE, CROWDLAB = "majority", "dawid_skene", "crowdlab"
METHODS = {MAJORITY: "Majority", DAWID_SKENE: "Dawid-Skene", CROWDLAB: "CROWDLAB"}
FOLDS = 10
# How far below majority the lower limit of the difference may lie: one point.
MARGIN = 0.01

Tick = Callable[[float], None]


@dataclass(frozen=True)
class PredictedLabels:
    """How often a method's label is the label of an annotator held out, in [0, 1], a tie counting its share; the
    difference to majority on the same labels; `labels` held out. The intervals' n counts items."""

    accuracy: Interval
    difference: Interval
    labels: int


@dataclass(frozen=True, eq=False)
class Estimate:
    """What m votes say of n items by `method`, with all that was tried.

    probabilities: float (n, K), rows sum to 1. label: int (n,), −1 = a tie or no vote. scores: by method. why_not: a
    sentence for each method that could not be tried. fit: Dawid-Skene over all votes. held_out: float (m, K), what the
    *other* annotators say of each vote's item by Dawid-Skene; nan where there is no other.
    """

    method: str
    probabilities: np.ndarray
    label: np.ndarray
    scores: dict[str, PredictedLabels]
    why_not: dict[str, str]
    fit: DawidSkene
    held_out: np.ndarray


def estimate(
    votes: Votes, predicted: np.ndarray | None = None, method: str = "", seed: int = 0,
    tick: Tick = lambda share: None,
) -> Estimate:  # fmt: skip
    """The consensus by `method`, or by the one that predicts best where none is named.

    predicted: a model's out-of-fold probabilities float (n, K), which CROWDLAB needs. A method other than majority is
    chosen only if it predicts more held-out labels than majority does and the 95 % interval of the difference stays
    above minus one point. `tick` is called with the share done.
    """
    why_not = _why_not(votes, predicted)
    tried = [name for name in METHODS if name not in why_not]
    if not votes.overlap:
        scores: dict[str, PredictedLabels] = {}
        held_out = np.full((len(votes), votes.n_classes), np.nan)
    else:
        scores, held_out = _predict_held_out(votes, predicted, tried, seed, tick)
    fit = dawid_skene(votes)
    chosen = method or best(scores)
    if chosen in why_not:
        chosen = MAJORITY
    probabilities, label = _said(chosen, votes, predicted, fit)
    return Estimate(chosen, probabilities, label, scores, why_not, fit, held_out)


def best(scores: dict[str, PredictedLabels]) -> str:
    """The method with most held-out labels predicted among those not clearly below majority; majority where equal."""
    sound = [MAJORITY] + [name for name, one in scores.items() if name != MAJORITY and one.difference.low > -MARGIN]
    return max(sound, key=lambda name: scores[name].accuracy.value if name in scores else 0.0)


def folds_of(votes: Votes, n_folds: int = FOLDS, seed: int = 0) -> np.ndarray:
    """The fold each vote is held out in, int (m,), −1 for an item's only vote; an item's votes go to different folds
    as far as there are."""
    rng = np.random.default_rng(seed)
    order = np.lexsort((rng.random(len(votes)), votes.item))
    first = np.cumsum(votes.per_item) - votes.per_item
    rank = np.empty(len(votes), dtype=np.int64)
    rank[order] = np.arange(len(votes)) - first[votes.item[order]]
    fold = (rank + rng.integers(0, n_folds, votes.n_items)[votes.item]) % n_folds
    return np.where(votes.per_item[votes.item] > 1, fold, -1)


def _why_not(votes: Votes, predicted: np.ndarray | None) -> dict[str, str]:
    if not votes.overlap:
        sentence = "No item has labels of two annotators, so annotators cannot be compared."
        return {DAWID_SKENE: sentence, CROWDLAB: sentence}
    if predicted is None:
        return {CROWDLAB: "There are no out-of-fold probabilities of a model for these items."}
    return {}


def _said(
    method: str, votes: Votes, predicted: np.ndarray | None, fit: DawidSkene | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (n, K) and labels (n,) by one method."""
    if method == CROWDLAB and predicted is not None:
        # the majority as consensus: a model weaker than the annotators may break their ties and not overrule them
        found = crowdlab(votes, predicted, best_quality=False)
        return found.probabilities, np.where(votes.per_item > 0, found.label, -1)
    skene = method == DAWID_SKENE
    probabilities = (fit or dawid_skene(votes)).probabilities if skene else majority_posterior(votes)
    return probabilities, likeliest(probabilities, votes)


def _predict_held_out(
    votes: Votes, predicted: np.ndarray | None, tried: list[str], seed: int, tick: Tick
) -> tuple[dict[str, PredictedLabels], np.ndarray]:
    folds = folds_of(votes, seed=seed)
    hits = {name: np.zeros(len(votes)) for name in tried}
    held_out = np.full((len(votes), votes.n_classes), np.nan)
    for fold in range(FOLDS):
        out = folds == fold
        rest = votes.where(~out)
        if rest.overlap:
            for name in tried:
                probabilities, label = _said(name, rest, predicted)
                hits[name][out] = _hits(probabilities, label, votes.item[out], votes.label[out])
                if name == DAWID_SKENE:
                    held_out[out] = probabilities[votes.item[out]]
        tick((fold + 1) / FOLDS)
    scored = ~np.isnan(held_out[:, 0])
    items = votes.item[scored]
    return {name: _compared(items, hits[name][scored], hits[MAJORITY][scored], seed) for name in tried}, held_out


def _hits(probabilities: np.ndarray, label: np.ndarray, item: np.ndarray, given: np.ndarray) -> np.ndarray:
    """1 where the item's label is the one given, 0 where not, its share of a tie where there is one."""
    rows = probabilities[item]
    highest = rows >= rows.max(axis=1, keepdims=True) - 1e-9
    shared = highest[np.arange(len(item)), given] / highest.sum(axis=1)
    return np.where(label[item] >= 0, label[item] == given, shared)


def _compared(item: np.ndarray, hits: np.ndarray, majority: np.ndarray, seed: int) -> PredictedLabels:
    return PredictedLabels(_share(item, hits, seed), _share(item, hits - majority, seed), len(item))


def _share(item: np.ndarray, values: np.ndarray, seed: int) -> Interval:
    """Mean of the values with an interval that resamples items, whose labels the same probabilities predict."""
    _, unit = np.unique(item, return_inverse=True)
    total, n = np.bincount(unit, values).round(6), np.bincount(unit)
    cells, occurs = np.unique(np.stack([total, n], axis=1), axis=0, return_counts=True)

    def mean(weights: np.ndarray) -> np.ndarray:
        return (weights @ cells[:, 0]) / np.maximum(weights @ cells[:, 1], 1)

    return bootstrap_interval(mean, occurs, seed=seed)
