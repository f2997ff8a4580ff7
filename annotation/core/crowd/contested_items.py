"""Items on which annotators differ: error or honest disagreement, what one more answer would tell, and whose."""

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from annotation.core.crowd.skill import Skills
from annotation.core.crowd.votes import Votes

ERROR, HONEST, ASK = "error", "honest", "ask"
READINGS = (ERROR, HONEST, ASK)
# Posterior of the consensus from which the others are doubted, and below which the item itself is.
CONFIDENT, SPLIT = 0.9, 0.75
# A label that at most this share of four or more annotators gave is rare.
RARE, FEWEST = 0.25, 4
# This share of at least so many good annotators against the rest of them is a division, however sure the posterior.
DIVIDED, MANY = 1 / 3, 5
# Labels that make a record: of one class for a confusion, of all for a skill.
KNOWN_PAIR, KNOWN = 3, 10
# An annotator with fewer judged labels is nobody to send for.
ASKABLE, ASKED = 5, 200


@dataclass(frozen=True, eq=False)
class Contested:
    """The c items with differing labels, the one where an answer tells most first.

    item: int (c,). label: int (c,), the consensus, −1 = none. probability: float (c,), its posterior. reading: index
    into READINGS, int (c,). gain: float (c,), bits of uncertainty that an average annotator's answer is expected to
    remove. ask: int (c,), the annotator whose answer is expected to remove most of those who gave none, −1 = nobody.
    """

    item: np.ndarray
    label: np.ndarray
    probability: np.ndarray
    reading: np.ndarray
    gain: np.ndarray
    ask: np.ndarray


def contested_items(votes: Votes, probabilities: np.ndarray, label: np.ndarray, skills: Skills) -> Contested:
    """Every item that carries two or more different labels.

    probabilities: float (n, K), by a method that models annotators. *error*: the posterior is sure of the consensus,
    and each dissenter either is known to err on this pair no less than the pool, or gave a label that is rare among
    four or more. *honest*: annotators of at least average skill stand on both sides, the posterior being split, or a
    third of five or more such annotators being against the rest. *ask*: everything else, a lone voice against a lone
    voice above all. Whom to ask is worked out for the first 200.
    """
    different = np.flatnonzero((votes.counts > 0).sum(axis=1) > 1)
    gain = expected_gain(probabilities[different], skills.records.pool)
    order = np.argsort(-gain, kind="stable")
    items, gain = different[order], gain[order]
    reading = np.full(len(items), READINGS.index(ASK))
    reading[_errors(votes, probabilities, label, skills)[items]] = READINGS.index(ERROR)
    reading[_honest(votes, probabilities, skills)[items]] = READINGS.index(HONEST)
    probability = probabilities[items, label[items]] if len(items) else np.zeros(0)
    probability = np.where(label[items] >= 0, probability, probabilities[items].max(axis=1, initial=0))
    ask = np.full(len(items), -1)
    ask[:ASKED] = whom_to_ask(votes, items[:ASKED], probabilities[items[:ASKED]], skills)
    return Contested(items, label[items], probability, reading, gain, ask)


def expected_gain(probabilities: np.ndarray, confusion: np.ndarray) -> np.ndarray:
    """Bits of uncertainty about the true class that one answer is expected to remove, float (n,) ≥ 0: the mutual
    information of truth and answer (Lindley 1956). confusion: float (label, true), columns sum to 1."""
    answer = probabilities @ confusion.T
    noise = _entropy(confusion.T)
    return np.maximum(_entropy(answer) - probabilities @ noise, 0.0)


def whom_to_ask(votes: Votes, items: np.ndarray, probabilities: np.ndarray, skills: Skills) -> np.ndarray:
    """For each of `items` int (c,) with `probabilities` float (c, K) the annotator who gave no answer yet and whose
    answer is expected to tell most, int (c,), −1 = nobody with a record. The 200 of the best record are considered,
    by the lower limit of their accuracy."""
    able = np.flatnonzero(skills.judged >= ASKABLE)
    able = able[np.argsort(-skills.low[able], kind="stable")][:ASKED]
    if not len(able) or not len(items):
        return np.full(len(items), -1)
    confusion = skills.records.confusion(able)
    gains = np.stack([expected_gain(probabilities, one) for one in confusion], axis=1)
    gains[_answered(votes, items, able)] = -1
    return np.where(gains.max(axis=1) < 0, -1, able[gains.argmax(axis=1)])


def _answered(votes: Votes, items: np.ndarray, annotators: np.ndarray) -> np.ndarray:
    """Whether the annotator answered the item, bool (items, annotators)."""
    row, column = np.full(votes.n_items, -1), np.full(votes.n_annotators, -1)
    row[items], column[annotators] = np.arange(len(items)), np.arange(len(annotators))
    both = (row[votes.item] >= 0) & (column[votes.annotator] >= 0)
    answered = np.zeros((len(items), len(annotators)), dtype=bool)
    answered[row[votes.item[both]], column[votes.annotator[both]]] = True
    return answered


def _errors(votes: Votes, probabilities: np.ndarray, label: np.ndarray, skills: Skills) -> np.ndarray:
    """Items whose every dissenter looks mistaken, bool (n,)."""
    consensus = label[votes.item]
    dissents = (consensus >= 0) & (votes.label != consensus)
    cell = (votes.item, votes.label)
    rare = (votes.counts[cell] <= RARE * votes.per_item[votes.item]) & (votes.per_item[votes.item] >= FEWEST)
    poor = np.zeros(len(votes), dtype=bool)
    poor[dissents] = _poor_on(votes.annotator[dissents], votes.label[dissents], consensus[dissents], skills)
    unexplained = np.bincount(votes.item[dissents & ~rare & ~poor], minlength=votes.n_items) > 0
    sure = (label >= 0) & (probabilities[np.arange(len(label)), label] >= CONFIDENT)
    return sure & ~unexplained & (votes.per_item > 2)


def _poor_on(annotator: np.ndarray, said: np.ndarray, true: np.ndarray, skills: Skills) -> np.ndarray:
    """Whether the annotator is known to say `said` for `true` at least as often as the pool does, bool (m,)."""
    records = skills.records
    n_classes = len(records.pool)
    row_of = np.full(records.n_annotators * n_classes, -1)
    row_of[records.annotator * n_classes + records.label] = np.arange(len(records.label))
    row = row_of[annotator * n_classes + said]
    often = records.rates[row, true] >= records.pool[said, true]
    return (row >= 0) & often & (records.totals[annotator, true] >= KNOWN_PAIR)


def _honest(votes: Votes, probabilities: np.ndarray, skills: Skills) -> np.ndarray:
    """Items on which annotators of average skill or better stand on both sides, bool (n,)."""
    if votes.n_classes < 2:
        return np.zeros(votes.n_items, dtype=bool)
    good = (skills.judged >= KNOWN) & (skills.accuracy >= skills.pool_accuracy)
    by_good = votes.where(good[votes.annotator]).counts
    rows = np.arange(votes.n_items)
    first, second = np.argsort(-probabilities, axis=1, kind="stable")[:, :2].T
    split = probabilities[rows, first] < SPLIT
    both = (by_good[rows, first] > 0) & (by_good[rows, second] > 0)
    # where many answered, the posterior takes their errors as independent and is surer than it should be
    many = by_good.sum(axis=1) >= MANY
    against = by_good.max(axis=1) <= (1 - DIVIDED) * by_good.sum(axis=1)
    return (votes.per_item > 2) & ((split & both) | (many & against))


def _entropy(probabilities: np.ndarray) -> np.ndarray:
    return -xlogy(probabilities, probabilities).sum(axis=-1) / np.log(2)
