"""CROWDLAB (Goh, Tkachenko and Mueller 2022): votes and a model, each weighed by how far it agrees with the others."""

from dataclasses import dataclass

import numpy as np

from annotation.core.crowd.votes import Votes
from annotation.core.refusal import Refusal

FLOOR = 1e-6


class UnableToWeigh(Refusal):
    """No item has two labels, so nothing says how far an annotator or the model can be trusted."""


@dataclass(frozen=True, eq=False)
class Crowdlab:
    """probabilities: float (n, K), rows sum to 1. label: int (n,), the consensus. quality: float (n,) in [0, 1], the
    consensus label's probability, 1 = surely right; nan where nobody voted. model_weight and annotator_weight
    (n_annotators,) ≥ 0: what each counts."""

    probabilities: np.ndarray
    label: np.ndarray
    quality: np.ndarray
    model_weight: float
    annotator_weight: np.ndarray


def crowdlab(votes: Votes, predicted: np.ndarray, best_quality: bool = True) -> Crowdlab:
    """Weighted average of a model's out-of-fold probabilities `predicted` float (n, K) and the annotators' votes.

    best_quality: the consensus is the likeliest label of a first pass that starts from the majority, as the paper has
    it; else the majority, ties going to the model. An annotator who shares no item with another counts as the average
    one; an item without votes has the model's word. Equal to cleanlab.multiannotator 2.9, but that a tie which neither
    the model nor the rarer class breaks goes to the first class and not to chance. Raises UnableToWeigh where no item
    has two votes.
    """
    if not votes.overlap:
        raise UnableToWeigh("No item has labels of two annotators, so CROWDLAB has nothing to weigh them by.")
    consensus = broken_majority(votes, predicted)
    first = _weighed(votes, predicted, consensus)
    if not best_quality:
        return first
    highest = first.probabilities.max(axis=1, keepdims=True)
    shared = (first.probabilities == highest).sum(axis=1) > 1
    return _weighed(votes, predicted, np.where(shared, consensus, first.probabilities.argmax(axis=1)))


def broken_majority(votes: Votes, predicted: np.ndarray) -> np.ndarray:
    """The majority, int (n,); ties go to the class the model finds likelier, then the rarer one, then the first. Items
    without votes get the model's class."""
    voted = votes.counts.sum(axis=1) > 0
    tied = votes.counts == votes.counts.max(axis=1, keepdims=True)
    likely = np.where(tied, predicted, -np.inf)
    tied &= likely == likely.max(axis=1, keepdims=True)
    rarity = np.where(tied, -votes.counts.sum(axis=0), -np.inf)
    return np.where(voted, rarity.argmax(axis=1), predicted.argmax(axis=1))


def _weighed(votes: Votes, predicted: np.ndarray, consensus: np.ndarray) -> Crowdlab:
    n_classes = votes.n_classes
    per_item, several = votes.per_item, votes.per_item > 1
    rows = np.arange(votes.n_items)
    agreement = votes.counts[rows, consensus][several] / per_item[several]
    right = agreement.mean()
    wrong = (1 - right) / max(n_classes - 1, 1)
    commonest = np.bincount(consensus[several], minlength=n_classes).argmax()
    chance = max(float((consensus[several] != commonest).mean()), FLOOR)
    annotator_weight = np.maximum(1 - (1 - _agreement_with_others(votes)) / chance, FLOOR)
    model_error = (predicted[several].argmax(axis=1) != consensus[several]).mean()
    model_weight = max(1 - model_error / chance, FLOOR) * np.sqrt(per_item[per_item > 0].mean())

    weight = annotator_weight[votes.annotator]
    cells = votes.item * n_classes + votes.label
    own = np.bincount(cells, weight, minlength=votes.n_items * n_classes).reshape(votes.n_items, n_classes)
    total = np.bincount(votes.item, weight, minlength=votes.n_items)[:, np.newaxis]
    said = own * right + (total - own) * wrong
    probabilities = (predicted * model_weight + said) / (total + model_weight)
    quality = np.where(per_item > 0, probabilities[rows, consensus], np.nan)
    return Crowdlab(probabilities, consensus, quality, float(model_weight), annotator_weight)


def _agreement_with_others(votes: Votes) -> np.ndarray:
    """Share of the other votes on an annotator's items that are equal to theirs, float (n_annotators,); the mean of
    all annotators for one who shares no item."""
    equal = votes.counts[votes.item, votes.label] - 1
    others = votes.per_item[votes.item] - 1
    agree = np.bincount(votes.annotator, equal, minlength=votes.n_annotators)
    shared = np.bincount(votes.annotator, others, minlength=votes.n_annotators)
    known = shared > 0
    share = agree / np.maximum(shared, 1)
    return np.where(known, share, share[known].mean())
