"""Many suspicions to one score per item, and one order of the units an expert decides on."""

from dataclasses import dataclass

import numpy as np

# How often a label is wrong when only this detector is sure of it.
PRIORS: dict[str, float] = {
    "near_duplicate_conflict": 0.7,
    "label_error": 0.8,
    "annotator_disagreement": 0.6,
    "count_rule": 0.4,
    "contested_confident": 0.4,
    "outlier": 0.2,
    "slices": 0.1,
    "unclear_class": 0.1,
    "drift": 0.1,
    "annotator_shortcut": 0.3,
    "few_sources": 0.3,
    "paraphrase": 0.05,
    "leakage": 0.0,
}


@dataclass(frozen=True)
class Order:
    """The units of review: a near-duplicate group in conflict, or a single item.

    of: int (n,), unit number per item. is_group: bool (u,). score: float (u,) in [0, 1], 1 = most suspicious.
    rank: int (u,), 1 = first; equal scores are ordered by unit number.
    """

    of: np.ndarray
    is_group: np.ndarray
    score: np.ndarray
    rank: np.ndarray


def combine(scores: dict[str, np.ndarray], flagged: dict[str, np.ndarray]) -> np.ndarray:
    """One score per item, float (n,) in [0, 1]: noisy-or of the detectors' scores, each times its prior."""
    clean = 1.0
    for name, score in scores.items():
        clean = clean * (1 - PRIORS.get(name, 0.5) * score)
    return 1 - np.asarray(clean)


def order_units(groups: np.ndarray, labels: np.ndarray, scores: np.ndarray, contested: np.ndarray) -> Order:
    """Units and their order. groups, labels (−1 = none): int (n,); scores: float (n,); contested: bool (n,),
    items without a current label because annotators tie."""
    n = len(groups)
    _, group = np.unique(groups, return_inverse=True)
    conflict = _in_conflict(group, labels)
    key = np.where(conflict[group] & (labels >= 0), group, n + np.arange(n))
    _, first, of = np.unique(key, return_index=True, return_inverse=True)
    is_group = key[first] < n
    expected = np.bincount(of, weights=np.where(contested, 1.0, scores), minlength=len(first))
    expected = np.where(is_group, np.maximum(expected, 1.0), expected)
    score = np.where(expected <= 1, 0.9 * expected, 1 - 0.1 / np.maximum(expected, 1))
    rank = np.empty(len(score), dtype=np.int64)
    rank[np.argsort(-score, kind="stable")] = np.arange(1, len(score) + 1)
    return Order(of, is_group, score, rank)


def _in_conflict(group: np.ndarray, labels: np.ndarray) -> np.ndarray:
    size = group.max(initial=-1) + 1
    low, high = np.full(size, np.iinfo(np.int64).max), np.full(size, -1)
    held = labels >= 0
    np.minimum.at(low, group[held], labels[held])
    np.maximum.at(high, group[held], labels[held])
    return high > low
