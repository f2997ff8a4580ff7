"""Which consensus to believe: majority, unless witnesses without a part in another say that it is right more often."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from annotation.core.crowd.crowdlab import crowdlab
from annotation.core.crowd.dawid_skene import DawidSkene, dawid_skene
from annotation.core.crowd.method_gain import Gain, gain_of, heard_from_model, heard_from_votes, silent
from annotation.core.crowd.votes import Votes, likeliest, majority_posterior
from annotation.core.intervals import Interval, bootstrap_interval

MAJORITY, DAWID_SKENE, CROWDLAB = "majority", "dawid_skene", "crowdlab"
METHODS = {MAJORITY: "Majority", DAWID_SKENE: "Dawid-Skene", CROWDLAB: "CROWDLAB"}
FOLDS = 10

Tick = Callable[[float], None]


@dataclass(frozen=True)
class PredictedLabels:
    """How often a method's label is that of an annotator held out, in [0, 1], a tie counting its share, of `labels`
    held out; its n counts items. `difference` to majority: expected share of labels that the method has right beyond
    majority's, in [−1, 1]; its n counts the items on which the two differ."""

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
    """The consensus by `method`, or by the one that is right most often where none is named.

    predicted: a model's out-of-fold probabilities float (n, K), which CROWDLAB needs. What a method gains on majority
    is judged by held-out answers and by that model, see `method_gain`. `tick` is called with the share done.
    """
    why_not = _why_not(votes, predicted)
    tried = [name for name in METHODS if name not in why_not]
    fit = dawid_skene(votes)
    said = {name: _said(name, votes, predicted, fit) for name in tried}
    if not votes.overlap:
        scores: dict[str, PredictedLabels] = {}
        gains: dict[str, Gain] = {}
        held_out = np.full((len(votes), votes.n_classes), np.nan)
    else:
        scores, gains, held_out = _judge(votes, predicted, said, seed, tick)
    chosen = method or best(gains)
    if chosen in why_not:
        chosen = MAJORITY
    return Estimate(chosen, *said[chosen], scores, why_not, fit, held_out)


def best(gains: dict[str, Gain]) -> str:
    """Majority unless another gains on it; CROWDLAB only where it surely gains more than Dawid-Skene does, since its
    model learned from the labels and repeats what they share."""
    ahead = {name: one for name, one in gains.items() if name != MAJORITY and one.value > 0}
    if len(ahead) == 2 and not ahead[CROWDLAB].surely_more(ahead[DAWID_SKENE]):
        return DAWID_SKENE
    return max(ahead, key=lambda name: ahead[name].value, default=MAJORITY)


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


def _judge(
    votes: Votes, predicted: np.ndarray | None, said: dict[str, tuple[np.ndarray, np.ndarray]], seed: int, tick: Tick
) -> tuple[dict[str, PredictedLabels], dict[str, Gain], np.ndarray]:
    """How each method does on labels held out and what it gains; what Dawid-Skene says of each vote without it."""
    folds = folds_of(votes, seed=seed)
    hits = {name: np.zeros(len(votes)) for name in said}
    heard = dict.fromkeys(said, silent(votes.n_items))
    held_out = np.full((len(votes), votes.n_classes), np.nan)
    for fold in range(FOLDS):
        out = folds == fold
        rest, item, given = votes.where(~out), votes.item[out], votes.label[out]
        if rest.overlap:
            for name in said:
                probabilities, label = _said(name, rest, predicted)
                hits[name][out] = _hits(probabilities, label, item, given)
                heard[name] += heard_from_votes(rest, label, item, given)
                if name == DAWID_SKENE:
                    held_out[out] = probabilities[item]
        tick((fold + 1) / FOLDS)
    scored = ~np.isnan(held_out[:, 0])
    gains = {}
    for name, (_, label) in said.items():
        if predicted is not None:
            heard[name] += heard_from_model(votes, label, predicted)
        gains[name] = gain_of(votes, label, heard[name])
    scores = {
        name: PredictedLabels(_share(votes.item[scored], hits[name][scored], seed), one.interval, int(scored.sum()))
        for name, one in gains.items()
    }
    return scores, gains, held_out


def _hits(probabilities: np.ndarray, label: np.ndarray, item: np.ndarray, given: np.ndarray) -> np.ndarray:
    """1 where the item's label is the one given, 0 where not, its share of a tie where there is one."""
    rows = probabilities[item]
    highest = rows >= rows.max(axis=1, keepdims=True) - 1e-9
    shared = highest[np.arange(len(item)), given] / highest.sum(axis=1)
    return np.where(label[item] >= 0, label[item] == given, shared)


def _share(item: np.ndarray, values: np.ndarray, seed: int) -> Interval:
    """Mean of the values with an interval that resamples items, whose labels the same probabilities predict."""
    _, unit = np.unique(item, return_inverse=True)
    total, n = np.bincount(unit, values).round(6), np.bincount(unit)
    cells, occurs = np.unique(np.stack([total, n], axis=1), axis=0, return_counts=True)

    def mean(weights: np.ndarray) -> np.ndarray:
        return (weights @ cells[:, 0]) / np.maximum(weights @ cells[:, 1], 1)

    return bootstrap_interval(mean, occurs, seed=seed)
