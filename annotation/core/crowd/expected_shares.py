"""Which share of further annotators would give an item each label: that tells an error from an honest difference.

A label that hardly anybody else would give is an error; one that many would give is honest, right or wrong.
"""

import numpy as np

from annotation.core.crowd.crowdlab import crowdlab
from annotation.core.crowd.dawid_skene import dawid_skene
from annotation.core.crowd.votes import Votes

# Answers' worth of what is expected before any answer, and how far a model is believed in that; each is tried.
STRENGTHS = np.geomspace(0.25, 64, 17)
TRUST = (0.0, 0.25, 0.5, 0.75, 0.95)
# No annotator counts for less than this share of the average one.
LEAST_WEIGHT = 0.05
# How much of what is believed of a label is Dawid-Skene's: people may mostly say what is wrong.
OF_TRUTH = 0.25


def expected_shares(votes: Votes, predicted: np.ndarray | None = None) -> np.ndarray:
    """Float (n, K), rows sum to 1: the mean of a Dirichlet posterior whose prior is a mix of the classes' shares and a
    model's out-of-fold probabilities `predicted` float (n, K).

    Strength of the prior and trust in the model are those under which each answer is likeliest given the item's other
    answers (leave one out; empirical Bayes). An answer weighs as CROWDLAB weighs its annotator. An item without answers
    has the prior.
    """
    common = np.bincount(votes.label, minlength=votes.n_classes) / max(len(votes), 1)
    prior = np.tile(common, (votes.n_items, 1))
    if not votes.overlap:
        return prior
    trust, strength = _likeliest(votes, common, predicted)
    if predicted is not None:
        prior = trust * predicted + (1 - trust) * prior
    weight = np.maximum(crowdlab(votes, prior).annotator_weight[votes.annotator], LEAST_WEIGHT)
    weight /= weight.mean()
    cells = votes.item * votes.n_classes + votes.label
    own = np.bincount(cells, weight, minlength=votes.n_items * votes.n_classes).reshape(votes.n_items, -1)
    return (own + strength * prior) / (own.sum(axis=1, keepdims=True) + strength)


def believed(votes: Votes, shares: np.ndarray) -> np.ndarray:
    """Float (n, K), rows sum to 1: what is believed of each label, three quarters what further annotators are expected
    to say (`shares`), one quarter Dawid-Skene's posterior of what is true."""
    return (1 - OF_TRUTH) * shares + OF_TRUTH * dawid_skene(votes).probabilities


def _likeliest(votes: Votes, common: np.ndarray, predicted: np.ndarray | None) -> tuple[float, float]:
    """The trust and the strength under which the answers are likeliest, each predicted from the item's others."""
    several = votes.per_item[votes.item] > 1
    item, label = votes.item[several], votes.label[several]
    others, equal = votes.per_item[item] - 1, votes.counts[item, label] - 1
    by_model = common[label] if predicted is None else predicted[item, label]
    best = (-np.inf, 0.0, float(STRENGTHS[0]))
    for trust in TRUST if predicted is not None else TRUST[:1]:
        before = trust * by_model + (1 - trust) * common[label]
        for strength in STRENGTHS:
            likelihood = float(np.log(np.maximum((equal + strength * before) / (others + strength), 1e-9)).mean())
            best = max(best, (likelihood, trust, float(strength)))
    return best[1], best[2]
