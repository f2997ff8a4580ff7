"""How many labels a consensus mends against majority, by witnesses that had no part in it.

Where a method's label differs from the majority's (it overrules one, or breaks a tie), two kinds of witness were not
asked: answers held out, and a model's out-of-fold probabilities. A witness errs, and errs more towards the common class
than away from it, so its word is read against how it speaks where method and majority agree. That is the adjusted count
of quantification (Forman 2008); to count how often the held-out answers are met would reward the commonest answer.
"""

from dataclasses import dataclass

import numpy as np

from annotation.core.crowd.votes import Votes
from annotation.core.intervals import Interval

# What says nothing either way, in readings of a witness who tells the two classes apart perfectly.
PRIOR = 1.0
NORMAL = 1.96


@dataclass(frozen=True, eq=False)
class Heard:
    """Float (n, 2) each, by item: Σ (reading − expected where the rival is right) · telling, and Σ telling². `telling`
    is how much oftener the witness speaks for the method's class where that is right than where the rival's is."""

    on_ties: np.ndarray
    on_overruled: np.ndarray

    def __add__(self, other: "Heard") -> "Heard":
        return Heard(self.on_ties + other.on_ties, self.on_overruled + other.on_overruled)


@dataclass(frozen=True, eq=False)
class Gain:
    """`value`: share of the labels that the method has right beyond those of the majority, ties by lot, in [−1, 1].
    influence: float (n,), what each item adds to its error; `differs`: items with another label than the majority's."""

    value: float
    influence: np.ndarray
    differs: int

    @property
    def interval(self) -> Interval:
        half = NORMAL * float(np.sqrt((self.influence**2).sum()))
        return Interval(self.value, max(self.value - half, -1.0), min(self.value + half, 1.0), self.differs)

    def surely_more(self, other: "Gain") -> bool:
        half = NORMAL * float(np.sqrt(((self.influence - other.influence) ** 2).sum()))
        return self.value - other.value > half


@dataclass(frozen=True, eq=False)
class Beside:
    """The labels int (n,) of a method beside majority's. majority: int (n,), −1 where it ties; tied: bool (n, K), the
    classes that tie; agreed: int (n,), the label both give, −1 = none."""

    label: np.ndarray
    majority: np.ndarray
    tied: np.ndarray
    agreed: np.ndarray

    @property
    def breaks(self) -> np.ndarray:
        return (self.label >= 0) & self.tied.any(axis=1)

    @property
    def overrules(self) -> np.ndarray:
        return (self.label >= 0) & (self.majority >= 0) & (self.label != self.majority)


def silent(n_items: int) -> Heard:
    """Nobody spoke."""
    return Heard(np.zeros((n_items, 2)), np.zeros((n_items, 2)))


def beside_majority(votes: Votes, label: np.ndarray) -> Beside:
    """label: int (n,), −1 = none."""
    counts = votes.counts
    highest = (counts == counts.max(axis=1, keepdims=True, initial=0)) & (votes.per_item > 0)[:, np.newaxis]
    several = highest.sum(axis=1) > 1
    majority = np.where((votes.per_item > 0) & ~several, counts.argmax(axis=1) if votes.n_classes else -1, -1)
    return Beside(label, majority, highest & several[:, np.newaxis], np.where(label == majority, label, -1))


def heard_from_votes(rest: Votes, label: np.ndarray, item: np.ndarray, given: np.ndarray) -> Heard:
    """What the held-out answers `given` int (m,) on `item` int (m,) say of the labels int (n,) drawn from the rest."""
    beside = beside_majority(rest, label)
    clear = (beside.agreed[item] >= 0) & (rest.per_item[item] > 1)
    heard = np.zeros((rest.n_classes, rest.n_classes))
    np.add.at(heard, (beside.agreed[item[clear]], given[clear]), 1)
    over = np.flatnonzero(beside.overrules[item] & (rest.per_item[item] > 1))
    ties = np.flatnonzero(beside.breaks[item] & (rest.per_item[item] > 1))
    rivals = beside.tied[item[ties]] & (np.arange(rest.n_classes) != label[item[ties], np.newaxis])
    row, rival = np.nonzero(rivals)
    share = 1 / np.maximum(rivals.sum(axis=1), 1)
    return Heard(
        _read(heard, rest.n_items, item[ties[row]], label[item[ties[row]]], rival, given[ties[row]], share[row]),
        _read(heard, rest.n_items, item[over], label[item[over]], beside.majority[item[over]], given[over],
              np.ones(len(over))),
    )  # fmt: skip


def heard_from_model(votes: Votes, label: np.ndarray, predicted: np.ndarray) -> Heard:
    """What out-of-fold probabilities float (n, K) say of the majorities that the method overrules; of ties nothing,
    since a method may have asked the model about those."""
    beside, said = beside_majority(votes, label), silent(votes.n_items)
    item = np.flatnonzero(beside.overrules)
    beats = np.full((votes.n_classes, votes.n_classes), 0.5)
    for code in range(votes.n_classes):
        own = predicted[beside.agreed == code]
        beats[code] = ((own[:, [code]] > own).sum(axis=0) + 1) / (len(own) + 2)
    ours, theirs = label[item], beside.majority[item]
    reading = (predicted[item, ours] > predicted[item, theirs]).astype(float)
    expected, against = beats[ours, theirs], 1 - beats[theirs, ours]
    telling = expected - against
    said.on_overruled[item] = np.stack([(reading - against) * telling, telling**2], axis=1)
    return said


def gain_of(votes: Votes, label: np.ndarray, said: Heard) -> Gain:
    """The gain of a method's labels int (n,) from all that was said of them. Where nothing bears on the majorities it
    overrules, how well it breaks ties among the labels left stands for that."""
    beside = beside_majority(votes, label)
    ties, over = beside.breaks / votes.n_items, beside.overrules / votes.n_items
    on_ties, of_ties = _right(said.on_ties, 0.5)
    on_overruled, of_overruled = _right(said.on_overruled, on_ties)
    # a tie broken at random is right in half of the cases, a majority overruled wrongly was right
    value = ties.sum() * (on_ties - 0.5) + over.sum() * (2 * on_overruled - 1)
    influence = ties.sum() * of_ties + 2 * over.sum() * of_overruled
    return Gain(float(value), influence, int((beside.breaks | beside.overrules).sum()))


def _read(
    heard: np.ndarray, n_items: int, item: np.ndarray, ours: np.ndarray, theirs: np.ndarray, given: np.ndarray,
    weight: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Sums by item, float (n, 2), of answers that are one of the two classes; heard: counts [agreed, given]."""
    use = (given == ours) | (given == theirs)
    item, ours, theirs, given, weight = item[use], ours[use], theirs[use], given[use], weight[use]
    expected = (heard[ours, ours] + 1) / (heard[ours, ours] + heard[ours, theirs] + 2)
    against = (heard[theirs, ours] + 1) / (heard[theirs, ours] + heard[theirs, theirs] + 2)
    telling = expected - against
    above = np.bincount(item, ((given == ours) - against) * telling * weight, minlength=n_items)
    return np.stack([above, np.bincount(item, telling**2 * weight, minlength=n_items)], axis=1)


def _right(sums: np.ndarray, prior: float) -> tuple[float, np.ndarray]:
    """Share on which the method is right, in [0, 1], and each item's influence on it (n,), by linearisation of a ratio
    (Cochran 1977)."""
    above, below = sums[:, 0].sum() + PRIOR * prior, sums[:, 1].sum() + PRIOR
    share = float(np.clip(above / below, 0.0, 1.0))
    return share, (sums[:, 0] - share * sums[:, 1]) / below
