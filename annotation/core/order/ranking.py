"""Many suspicions to one score per item, and one order of the units an expert decides on: errors found per minute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

# Seconds a decision takes until decisions tell: for one item, and for each further member of a group.
FIRST_SECONDS, MEMBER_SECONDS = 12.0, 3.0
# Least sizes of the kinds of unit whose seconds are kept apart, and how many decisions of a kind give its median.
SIZES = (1, 2, 3, 6)
ENOUGH = 5
# One decision on a group of m settles m labels: m to this power times the worth of the errors alone.
SETTLES = 0.25
# What an item on which annotators tie is worth: taking either label would be wrong as often as not.
TIED = 0.5
# Conflicts taken as wrong somewhere before any was decided.
CONFLICTS = 5
# Labels of a group whose chances differ by less are equally doubtful.
SAME = 1e-9


@dataclass(frozen=True)
class QueueOrder:
    """The units of review: a near-duplicate group in conflict, or a single item.

    of: int (n,), unit number per item. is_group: bool (u,). score: float (u,) in [0, 1], 1 = most suspicious.
    rank: int (u,), 1 = first; equal scores are ordered by unit number.
    """

    of: np.ndarray
    is_group: np.ndarray
    score: np.ndarray
    rank: np.ndarray


@dataclass(frozen=True)
class Pace:
    """What a decision costs and what a conflict is worth. seconds: by kind of unit, of at least SIZES items; `conflict`
    in (0, 1]: how often a group in conflict holds a wrong label."""

    seconds: tuple[float, ...] = tuple(FIRST_SECONDS + MEMBER_SECONDS * (size - 1) for size in SIZES)
    conflict: float = 1.0

    def cost(self, size: np.ndarray) -> np.ndarray:
        """Float (u,): seconds for units of `size` int (u,) items, in units of what a single item takes."""
        kind = np.searchsorted(SIZES, np.asarray(size), side="right") - 1
        return np.asarray(self.seconds)[kind] / self.seconds[0]


def pace_of(size: np.ndarray, seconds: np.ndarray, conflicts: int = 0, wrong: int = 0) -> Pace:
    """The pace of decisions so far. size: int (k,) items covered; seconds: float (k,), nan = not known; `wrong` of
    `conflicts` groups in conflict had a wrong label. A kind with under ENOUGH timed decisions keeps its share of the
    default."""
    default = np.array(Pace().seconds)
    kind = np.searchsorted(SIZES, size, side="right") - 1
    timed = ~np.isnan(seconds) & (seconds > 0)
    medians = np.full(len(SIZES), np.nan)
    for one in range(len(SIZES)):
        own = seconds[timed & (kind == one)]
        if len(own) >= ENOUGH:
            medians[one] = np.median(own)
    known = ~np.isnan(medians)
    scale = np.median(medians[known] / default[known]) if known.any() else 1.0
    chosen = np.where(known, medians, scale * default)
    return Pace(tuple(chosen.tolist()), (CONFLICTS + wrong) / (CONFLICTS + conflicts))


def combine(scores: Mapping[str, np.ndarray], priors: Mapping[str, float]) -> np.ndarray:
    """One score per item, float (n,) in [0, 1]: noisy-or of the detectors' scores, each times its prior."""
    clean: np.ndarray | float = 1.0
    for name, score in scores.items():
        clean = clean * (1 - priors[name] * score)
    return 1 - np.asarray(clean)


def worth(
    chances: np.ndarray, size: np.ndarray, in_conflict: np.ndarray, pace: Pace, effect: np.ndarray | float = 1.0
) -> np.ndarray:
    """Score float (u,) in [0, 1] of units: errors expected for the time of one single item, each by its effect.

    chances: float (u,), sum of the members' chances times their effects; size: int (u,); in_conflict: bool (u,),
    members carry different labels, so that one of them is wrong as often as conflicts prove to be; effect: float (u,),
    the members' mean effect on a model.
    """
    expected = np.where(in_conflict, np.maximum(chances, pace.conflict * effect), chances)
    value = expected * size**SETTLES / pace.cost(size)
    return np.where(value <= 1, 0.9 * value, 1 - 0.1 / np.maximum(value, 1))


def order_units(
    groups: np.ndarray, labels: np.ndarray, scores: np.ndarray, contested: np.ndarray, pace: Pace | None = None,
    effect: np.ndarray | None = None,
) -> QueueOrder:  # fmt: skip
    """Units and their order. groups, labels (−1 = none): int (n,); scores: float (n,), the chance that each label is
    wrong as far as known; contested: bool (n,), items without a current label because annotators tie, worth TIED;
    effect: float (n,), how much more an error there moves a model than one anywhere, None = as much."""
    effect = np.ones(len(groups)) if effect is None else effect
    n = len(groups)
    _, group = np.unique(groups, return_inverse=True)
    conflict = _in_conflict(group, labels)
    key = np.where(conflict[group] & (labels >= 0), group, n + np.arange(n))
    _, first, of, size = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    is_group = key[first] < n
    chances = np.bincount(of, weights=np.where(contested, TIED, scores * effect), minlength=len(first))
    mean_effect = np.bincount(of, weights=effect, minlength=len(first)) / size
    score = worth(chances, size, is_group, pace or Pace(), mean_effect)
    rank = np.empty(len(score), dtype=np.int64)
    rank[np.argsort(-score, kind="stable")] = np.arange(1, len(score) + 1)
    return QueueOrder(of, is_group, score, rank)


def doubted_members(labels: Sequence[str], chances: Sequence[float]) -> list[bool]:
    """Which members of a near-duplicate group carry a doubtful label, by position. labels: "" = none; chances: how
    likely each label is wrong, in [0, 1].

    At most one of the labels is right: the one whose carriers are on average least likely wrong. Who carries another is
    doubted; nobody is where all agree, or where no label is less likely wrong than every other.
    """
    carried: dict[str, list[float]] = {}
    for label, chance in zip(labels, chances, strict=True):
        if label:
            carried.setdefault(label, []).append(chance)
    doubt = sorted((sum(own) / len(own), label) for label, own in carried.items())
    if len(doubt) < 2 or doubt[1][0] - doubt[0][0] < SAME:
        return [False] * len(labels)
    return [label not in ("", doubt[0][1]) for label in labels]


def _in_conflict(group: np.ndarray, labels: np.ndarray) -> np.ndarray:
    size = group.max(initial=-1) + 1
    low, high = np.full(size, np.iinfo(np.int64).max), np.full(size, -1)
    labelled = labels >= 0
    np.minimum.at(low, group[labelled], labels[labelled])
    np.maximum.at(high, group[labelled], labels[labelled])
    return high > low
