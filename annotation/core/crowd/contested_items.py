"""Items on which annotators differ: error or honest disagreement, what one more answer would tell, and whose."""

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from annotation.core.crowd.skill import Skills
from annotation.core.crowd.votes import Votes

ERROR, HONEST, ASK = "error", "honest", "ask"
READINGS = (ERROR, HONEST, ASK)
# Share of further annotators expected to give the commonest label, from which whoever differs errs, and below which
# people honestly differ; looked at on four crowds.
ALONE, SPLIT = 0.7, 0.6
# So many must stand on the second side, and so many must have answered, for an item to be read at all.
SIDES, FEWEST = 2, 3
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


def contested_items(
    votes: Votes, probabilities: np.ndarray, label: np.ndarray, skills: Skills, shares: np.ndarray
) -> Contested:
    """Every item that carries two or more different labels.

    probabilities: float (n, K), by a method that models annotators. shares: float (n, K), see `expected_shares`; they
    make the readings. Whom to ask is worked out for the first 200.
    """
    readings = readings_of(votes, shares)
    # nobody is called mistaken for standing with those who were expected to be followed
    readings[(readings == READINGS.index(ERROR)) & (shares.argmax(axis=1) != label)] = READINGS.index(ASK)
    different = np.flatnonzero(readings >= 0)
    gain = expected_gain(probabilities[different], skills.records.pool)
    order = np.argsort(-gain, kind="stable")
    items, gain = different[order], gain[order]
    probability = probabilities[items, label[items]] if len(items) else np.zeros(0)
    probability = np.where(label[items] >= 0, probability, probabilities[items].max(axis=1, initial=0))
    ask = np.full(len(items), -1)
    ask[:ASKED] = whom_to_ask(votes, items[:ASKED], probabilities[items[:ASKED]], skills)
    return Contested(items, label[items], probability, readings[items], gain, ask)


def readings_of(votes: Votes, shares: np.ndarray) -> np.ndarray:
    """Index into READINGS by item, int (n,), −1 where no two labels differ. shares: float (n, K).

    *error*: of three or more, and of further annotators so many would give one label that whoever gave another erred.
    *honest*: two or more stand on each side, and further ones are expected on both. *ask*: too few to say, a lone voice
    against a lone voice above all, or in between.
    """
    differ = (votes.counts > 0).sum(axis=1) > 1
    if not differ.any():
        return np.full(votes.n_items, -1)
    top, second = shares.max(axis=1), np.sort(votes.counts, axis=1)[:, -2]
    readings = np.where(differ, READINGS.index(ASK), -1)
    readings[differ & (votes.per_item >= FEWEST) & (top >= ALONE)] = READINGS.index(ERROR)
    readings[differ & (second >= SIDES) & (top < SPLIT)] = READINGS.index(HONEST)
    return readings


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


def _entropy(probabilities: np.ndarray) -> np.ndarray:
    return -xlogy(probabilities, probabilities).sum(axis=-1) / np.log(2)
