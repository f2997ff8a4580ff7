"""Confident learning over given probabilities: one compiled pass, nothing the size of the probabilities is copied."""

from dataclasses import dataclass

import numpy as np

from annotation.core.compiled import compiled

# A probability this close below a threshold reaches it, as it does in the field's reference implementation.
CLOSE = 1e-6
# Items read at a time: in double precision, of which no second (n, K) is kept.
ROWS = 20_000


@dataclass(frozen=True)
class ConfidentLearning:
    """What probabilities say of n labels of K classes (Northcutt, Jiang & Chuang 2021).

    self_confidence: float (n,), the probability of the label given. margin: float (n,) in [−1, 1], that minus the best
    other class's; both 1 = least suspicious. belongs: int (n,), the class the item confidently belongs to, −1 = none.
    joint: int (K, K), items by the label they carry and the class they confidently belong to.
    """

    self_confidence: np.ndarray
    margin: np.ndarray
    belongs: np.ndarray
    joint: np.ndarray


def thresholds(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Float (K,): the mean probability of each class over the items that carry it; 2, out of reach, where none does.
    Labels below 0 are none."""
    n_classes = probabilities.shape[1]
    labelled = np.flatnonzero(labels >= 0)
    count = np.bincount(labels[labelled], minlength=n_classes)
    own = probabilities[labelled, labels[labelled]]
    total = np.bincount(labels[labelled], own.astype(np.float64), minlength=n_classes)
    return np.where(count > 0, np.maximum(total / np.maximum(count, 1), 2 * CLOSE), 2.0)


def confident(labels: np.ndarray, probabilities: np.ndarray) -> ConfidentLearning:
    """labels: int (n,), 0 … K − 1. probabilities: float (n, K), C order, rows sum to 1.

    An item belongs to the only class whose probability reaches its threshold; to the likeliest class where several do.
    """
    n_classes = probabilities.shape[1]
    own, margin, belongs = _reading(labels, probabilities)
    sure = belongs >= 0
    cells = np.bincount(labels[sure] * n_classes + belongs[sure], minlength=n_classes**2)
    return ConfidentLearning(own, margin, belongs, cells.reshape(n_classes, n_classes))


def confident_class(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The class each item confidently belongs to, int (n,); the label given where there is no such class. labels: int
    (n,), −1 = none."""
    belongs = _reading(labels, probabilities)[2]
    return np.where(belongs < 0, labels, belongs)


def honest_overlap(belongs: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Float (K, K): how likely items that belong to class j are to be of class i by themselves, the mean probability
    (n, K) of class i over them; 0 where none belongs to j. belongs: int (n,), −1 = none."""
    n_classes = probabilities.shape[1]
    overlap = np.zeros((n_classes, n_classes))
    for looks in range(n_classes):
        items = belongs == looks
        if items.any():
            overlap[:, looks] = probabilities[items].mean(axis=0)
    return overlap


def label_issues(labels: np.ndarray, probabilities: np.ndarray, found: ConfidentLearning, least: int = 1) -> np.ndarray:
    """Bool (n,): the labels that pruning by noise rate would remove (Northcutt, Jiang & Chuang 2021, section 4).

    The joint is calibrated to how often each label was given; of the items labelled i as many as it counts under class
    j, those that prefer j most, are issues, unless i is their likeliest class. `least` items of a class are kept.
    """
    counts = np.bincount(labels, minlength=len(found.joint))
    to_prune = _kept_diagonal(_calibrated(found.joint, counts), least)
    issues = np.zeros(len(labels), dtype=bool)
    doubted = found.margin <= -CLOSE
    by_label = np.split(np.argsort(labels, kind="stable"), np.cumsum(counts)[:-1])
    for given, items in enumerate(by_label):
        others = np.flatnonzero(to_prune[:, given] > 0)
        if len(items) <= least or len(others) < 2:
            continue
        # Whoever prefers another class is doubted, so all but the last few are found among the doubted alone.
        few = items[doubted[items]]
        gains = probabilities[few] - probabilities[few, given][:, None]
        for other in others[others != given]:
            count = to_prune[other, given]
            gain, chosen = gains[:, other], few
            if count > (gain > 0).sum():
                gain, chosen = probabilities[items, other] - probabilities[items, given], items
            issues[chosen[np.argsort(-gain)[:count]]] = True
    issues[found.margin > -CLOSE] = False
    return issues


def _reading(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """self_confidence, margin and belongs of `Confident`; of an item without a label only the last means anything."""
    own, margin = np.empty(len(labels)), np.empty(len(labels))
    belongs = np.empty(len(labels), dtype=np.int32)
    reach = thresholds(labels, probabilities) - CLOSE
    for start in range(0, len(labels), ROWS):
        some = slice(start, start + ROWS)
        doubled = np.ascontiguousarray(probabilities[some], dtype=np.float64)
        _read(doubled, np.maximum(labels[some], 0), reach, own[some], margin[some], belongs[some])
    return own, margin, belongs


def _calibrated(joint: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Int (K, K): the joint scaled so that each row sums to the items that carry its label."""
    joint = joint.copy()
    np.fill_diagonal(joint, np.maximum(joint.diagonal(), 1))
    scaled = (joint.T / np.maximum(joint.sum(axis=1), 1e-100) * counts).T
    return _rounded(scaled / max(scaled.sum(), 1e-100) * counts.sum())


def _kept_diagonal(joint: np.ndarray, least: int) -> np.ndarray:
    """Int (K, K), true class by label given: no class is left with fewer than `least` items that stay."""
    pruned = joint.T.astype(np.float64)
    diagonal = np.maximum(pruned.diagonal(), least)
    others = np.maximum(np.count_nonzero(pruned, axis=0) - 1.0, 1.0)
    pruned = np.maximum(pruned - (diagonal - pruned.diagonal()) / others, 0)
    np.fill_diagonal(pruned, diagonal)
    return pruned.astype(np.int64)


def _rounded(rows: np.ndarray) -> np.ndarray:
    """Integers (K, K) whose rows keep their rounded sums: the entries that rounding moved most give way."""
    whole = rows.round()
    for row, kept in zip(rows, whole, strict=True):
        short = int(row.sum().round() - kept.sum())
        step = 1 if short > 0 else -1
        while short:
            chosen = np.argsort(row - kept)[::-step][: abs(short)]
            kept[chosen] += step
            short -= step * len(chosen)
    return whole.astype(np.int64)


@compiled()
def _read(
    probabilities: np.ndarray, labels: np.ndarray, reach: np.ndarray, own: np.ndarray, margin: np.ndarray,
    belongs: np.ndarray,
) -> None:  # fmt: skip
    """Fill own, margin and belongs, row by row."""
    n, n_classes = probabilities.shape
    for row in range(n):
        line, given = probabilities[row], labels[row]
        best, other, reached, last = 0, -1, 0, -1
        for k in range(n_classes):
            if line[k] > line[best]:
                best = k
            if k != given and (other < 0 or line[k] > line[other]):
                other = k
            if line[k] >= reach[k]:
                reached += 1
                last = k
        own[row] = line[given]
        margin[row] = line[given] - line[other] if other >= 0 else line[given]
        belongs[row] = -1 if reached == 0 else (last if reached == 1 else best)
