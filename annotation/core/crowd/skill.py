"""How good each annotator is: one estimator for names from a file and for experts.

An annotator is judged by the others only: by what an expert decided where somebody else did, else by what the other
annotators say of the item. Whoever has few labels is shrunk towards all.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, xlog1py, xlogy

from annotation.core.crowd.dawid_skene import TINY, Records, records_of
from annotation.core.crowd.votes import Votes
from annotation.core.intervals import Interval

# Accuracies looked at, and the pools' means and strengths (in labels) tried for where they come from.
ACCURACIES = (np.arange(120) + 0.5) / 120
MEANS = np.linspace(0.1, 0.98, 45)
STRENGTHS = np.geomspace(1, 200, 16)


@dataclass(frozen=True, eq=False)
class Skills:
    """One entry per annotator, A of them.

    accuracy, low, high: float (A,), share of their labels that are right, in [0, 1], with its 95 % interval; nan where
    nobody can be judged. judged: int (A,), labels that somebody else's answer bears on; labels: int (A,), all.
    pool_accuracy and strength: what annotators are shrunk towards, and by how many labels. records: how they confuse
    classes.
    """

    accuracy: np.ndarray
    low: np.ndarray
    high: np.ndarray
    judged: np.ndarray
    labels: np.ndarray
    pool_accuracy: float
    strength: float
    records: Records


@dataclass(frozen=True)
class ClassPair:
    """An annotator says `said` where it is `true`: `rate` is the share of such items, in [0, 1], its n about how many
    the annotator labelled; `wrong` of them, expected."""

    said: int
    true: int
    rate: Interval
    wrong: float


def measure_skills(votes: Votes, by_others: np.ndarray, truth: np.ndarray) -> Skills:
    """Skills from m votes.

    by_others: float (m, K), what is known of each vote's item without that vote, nan where nothing is. truth: float
    (m, K), what is known with it; of this the confusions are counted. Accuracy is the mean of a Bayesian posterior over
    a grid: P(label) = a · P(label is true) + (1 − a) · P(label is a mistake for another class), the mistakes as usual
    for the pool, and a Beta prior whose mean and strength are learned from all annotators and averaged over (Gelman et
    al. 2013, chapter 5; beta-binomial where the truth is known).
    """
    seen = ~np.isnan(by_others[:, 0]) if votes.n_classes else np.zeros(len(votes), dtype=bool)
    judged = votes.where(seen)
    records = records_of(votes, truth)
    likelihood = _likelihood(judged, by_others[seen], records.pool)
    mean, strength, posterior = _posterior(likelihood)
    below = posterior.cumsum(axis=1)
    unknown = np.nan if not len(judged) else 0.0
    return Skills(
        accuracy=posterior @ ACCURACIES + unknown,
        low=ACCURACIES[(below >= 0.025).argmax(axis=1)] + unknown,
        high=ACCURACIES[(below >= 0.975).argmax(axis=1)] + unknown,
        judged=np.bincount(judged.annotator, minlength=votes.n_annotators),
        labels=np.bincount(votes.annotator, minlength=votes.n_annotators),
        pool_accuracy=mean + unknown,
        strength=strength,
        records=records,
    )


def worst_pairs(skills: Skills, least: float = 1.0) -> dict[int, ClassPair]:
    """For each annotator the confusion that costs most labels, where that is `least` or more; by annotator's code."""
    records = skills.records
    if not records.counts.size:
        return {}
    rows = np.arange(len(records.label))
    wrong = records.counts.copy()
    wrong[rows, records.label] = 0
    true = wrong.argmax(axis=1)
    wrong, pairs = wrong[rows, true], {}
    for row in np.lexsort((wrong, records.annotator)).tolist():
        if wrong[row] >= least:
            said, of = int(records.label[row]), int(true[row])
            pairs[int(records.annotator[row])] = ClassPair(said, of, confusion_rate(records, row, of), wrong[row])
    return pairs


def confusion_rate(records: Records, row: int, true: int) -> Interval:
    """P(the label of pair `row` | true class) with the 95 % interval of its Beta posterior."""
    of = records.totals[records.annotator[row], true]
    return shrunk_rate(records.counts[row, true], of, records.pool[records.label[row], true], records.strength)


def shrunk_rate(count: float, of: float, pool: float, strength: float) -> Interval:
    """Share count / of, shrunk by `strength` towards the pool's, with the 95 % interval of its Beta posterior."""
    alpha = max(count + strength * pool, TINY)
    beta = max(of + strength - alpha, TINY)
    low, high = betaincinv(alpha, beta, [0.025, 0.975])
    return Interval(float(alpha / (alpha + beta)), float(low), float(high), round(float(of)))


def known_truth(votes: Votes, said: np.ndarray, decided: np.ndarray, decider: np.ndarray) -> np.ndarray:
    """`said` float (m, K) with certainty in place of it for votes whose item somebody else decided.

    decided: int (n_items,), class code, −1 = not decided. decider: int (n_items,), annotator code of who did, −1 =
    nobody among the annotators.
    """
    label = decided[votes.item]
    known = (label >= 0) & (decider[votes.item] != votes.annotator)
    truth = said.copy()
    truth[known] = np.eye(votes.n_classes)[label[known]]
    return truth


def _likelihood(votes: Votes, truth: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """Log-likelihood of each annotator's votes at each accuracy, float (A, len(ACCURACIES)), its highest 0."""
    mistakes = pool * (1 - np.eye(len(pool)))
    mistakes /= np.maximum(mistakes.sum(axis=0, keepdims=True), TINY)
    right = truth[np.arange(len(votes)), votes.label]
    wrong = (truth * mistakes[votes.label]).sum(axis=1)
    columns = [
        np.bincount(votes.annotator, np.log(a * right + (1 - a) * wrong + TINY), minlength=votes.n_annotators)
        for a in ACCURACIES
    ]
    likelihood = np.stack(columns, axis=1)
    return likelihood - likelihood.max(axis=1, keepdims=True)


def _posterior(likelihood: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Mean and strength of the annotators' Beta prior, and each annotator's posterior over ACCURACIES, float (A, …).

    Averaged over every mean and strength as likely as all annotators' votes make it: with a handful of annotators the
    single likeliest prior would claim to know how alike they are.
    """
    means, strengths = (grid.ravel() for grid in np.meshgrid(MEANS, STRENGTHS, indexing="ij"))
    a, b = (means * strengths)[:, np.newaxis], ((1 - means) * strengths)[:, np.newaxis]
    logs = xlogy(a - 1, ACCURACIES) + xlog1py(b - 1, -ACCURACIES)
    priors = np.exp(logs - logs.max(axis=1, keepdims=True))
    priors /= priors.sum(axis=1, keepdims=True)
    own = np.exp(likelihood)
    marginal = own @ priors.T + TINY
    total = np.log(marginal).sum(axis=0)
    weight = np.exp(total - total.max())
    weight /= weight.sum()
    likely = weight > TINY
    posterior = own * ((weight[likely] / marginal[:, likely]) @ priors[likely])
    posterior /= posterior.sum(axis=1, keepdims=True)
    return float(weight @ means), float(np.exp(weight @ np.log(strengths))), posterior
