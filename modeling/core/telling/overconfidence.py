"""Rows on which a model is surer of another class than labels that disagree so often allow, and what it memorized."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotation.core.intervals import Interval, wilson
from modeling.core.proving.evaluation import paired_interval
from modeling.core.proving.paired import LEAST_UNITS, paired_by_group, share_by_group
from modeling.core.proving.stored import SurelyWrong, SurelyWrongJson
from modeling.core.telling.stored import MemoryJson

# Where nothing is known of how far labels agree.
PLAIN = 0.9


@dataclass(frozen=True)
class Limit:
    """The most confidence that labels support, in [0, 1], and what it was made from: `disagreement`, how often two
    labels differ (n = 0: not known), or `accuracy`, the share of labels the run gives unseen, whichever allows more;
    basis: which, or "plain"."""

    value: float
    disagreement: Interval
    accuracy: float
    basis: str


@dataclass(frozen=True)
class ConfidentlyWrong:
    """rows: positions (m,) predicted as another class than the label with confidence above the limit, the surest first.

    wrong, contested_wrong, calm_wrong: their share of all, of the contested and of the other rows. contested_sure,
    calm_sure: share of those rows whose confidence in any class is above the limit.
    """

    limit: Limit
    rows: np.ndarray
    wrong: Interval
    contested_wrong: Interval
    calm_wrong: Interval
    contested_sure: Interval
    calm_sure: Interval


@dataclass(frozen=True)
class Memory:
    """Of n rows whose label was corrected since: the share whose old, wrong label the model gives as one of the rows it
    learned from (`fitted`), and out of fold (`held_out`); `by_heart`, the difference in [−1, 1] with its paired
    interval, is what it can only have from the row itself. corrected_share: for which it gives the new label after all.
    """

    fitted: Interval
    held_out: Interval
    by_heart: Interval
    corrected_share: Interval

    def as_json(self) -> MemoryJson:
        return {
            "fitted": self.fitted.as_json(), "held_out": self.held_out.as_json(),
            "by_heart": self.by_heart.as_json(), "corrected_share": self.corrected_share.as_json(),
        }  # fmt: skip


def confidence_limit(disagreement: Interval, accuracy: float, n_classes: int) -> Limit:
    """The chance that one label is right, given how often two labels of one item differ.

    With labels wrong at a rate e, independently and evenly over the other classes, two of them differ with d = 1 − (1 −
    e)² − e²/(K − 1). Solved for e; the limit is 1 − e. d is drawn a little towards ½ as few items demand (Agresti &
    Coull 1998): (differing + 2) / (n + 4). With n = 0 it is a plain .9. A model that gives a share of the labels unseen
    shows that so many are no accident, so the limit is never below that `accuracy`: where the items with two labels are
    few and chosen for their conflict, they say nothing of the others.
    """
    allowed, basis = PLAIN, "plain"
    if disagreement.n:
        rate = (disagreement.value * disagreement.n + 2) / (disagreement.n + 4)
        share = n_classes / (n_classes - 1)
        allowed, basis = 1 - (1 - max(0.0, 1 - share * rate) ** 0.5) / share, "disagreement"
    if accuracy > allowed:
        allowed, basis = accuracy, "accuracy"
    return Limit(allowed, disagreement, accuracy, basis)


def confidently_wrong(
    truth: np.ndarray, probabilities: np.ndarray, contested: np.ndarray, limit: Limit
) -> ConfidentlyWrong:
    """truth: int (n,); probabilities: float (n, K), out of fold; contested: bool (n,)."""
    confidence = probabilities.max(axis=1)
    sure = confidence > limit.value
    wrong = sure & (probabilities.argmax(axis=1) != truth)
    rows = np.flatnonzero(wrong)
    return ConfidentlyWrong(
        limit, rows[np.argsort(-confidence[rows], kind="stable")], _share(wrong, np.ones(len(truth), dtype=bool)),
        _share(wrong, contested), _share(wrong, ~contested), _share(sure, contested), _share(sure, ~contested),
    )  # fmt: skip


def confidently_wrong_change(
    truth: np.ndarray, before: np.ndarray, after: np.ndarray, groups: np.ndarray, *,
    weights: np.ndarray | None = None, contested: np.ndarray | None = None, above: float = PLAIN,
) -> SurelyWrongJson:  # fmt: skip
    """The share of rows predicted as another class than the label with confidence above `above`, before and after.

    truth: int (n,), n ≥ 1. before, after: probabilities (n, K). groups: int (n,), near-copies, the units of every
    interval. weights: (n,), what rows count; None = all the same. contested: bool (n,), rows on which answers differed;
    those of groups whose labels differ count among them. Intervals as `share_by_group` and `paired_by_group`.
    """
    wrong = [(one.max(axis=1) > above) & (one.argmax(axis=1) != truth) for one in (before, after)]
    apart = _of_differing_groups(truth, groups)
    among = apart if contested is None else apart | contested
    enough = len(np.unique(groups[among])) >= LEAST_UNITS
    everywhere = np.ones(len(truth), dtype=bool)
    return {
        "above": above, "all": _both_sides(wrong, groups, weights, everywhere),
        "contested": _both_sides(wrong, groups, weights, among) if enough else None,
    }  # fmt: skip


def _of_differing_groups(truth: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Rows (n,) of groups that carry two labels or more."""
    pairs = np.unique(np.stack([groups, truth]), axis=1)[0]
    of, labels = np.unique(pairs, return_counts=True)
    return np.isin(groups, of[labels > 1])


def _both_sides(
    wrong: Sequence[np.ndarray], groups: np.ndarray, weights: np.ndarray | None, among: np.ndarray
) -> SurelyWrong:
    was, now = (one[among] for one in wrong)
    units, weight = groups[among], None if weights is None else weights[among]
    return {
        "rows": int(among.sum()), "before": share_by_group(was, units, weight).as_json(),
        "after": share_by_group(now, units, weight).as_json(),
        "change": paired_by_group(was, now, units, weight).as_json(),
    }  # fmt: skip


def memory(old: np.ndarray, new: np.ndarray, fitted: np.ndarray, held_out: np.ndarray) -> Memory:
    """int (m,) each, m rows whose label was corrected: the label learned from, the one in force now, and what the model
    predicts as one of its rows and out of fold."""
    kept, guessed = fitted == old, held_out == old
    n = len(old)
    gained, lost = int((kept & ~guessed).sum()), int((guessed & ~kept).sum())
    gap = paired_interval(gained, lost, n) if n else Interval(float("nan"), -1.0, 1.0, 0)
    return Memory(wilson(int(kept.sum()), n), wilson(int(guessed.sum()), n), gap, wilson(int((fitted == new).sum()), n))


def _share(hits: np.ndarray, among: np.ndarray) -> Interval:
    return wilson(int((hits & among).sum()), int(among.sum()))
