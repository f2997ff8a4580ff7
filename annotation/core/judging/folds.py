"""Cross-validation folds that never split a group of near-identical items."""

import numpy as np


def grouped_folds(groups: np.ndarray, labels: np.ndarray, n_splits: int = 5, seed: int = 0) -> np.ndarray:
    """Fold number 0 … n_splits − 1 per item, int (n,); all members of a group share one fold.

    groups, labels: int (n,); any label below 0 is one stratum, "no label". Largest group first, and among equals in an
    order drawn from `seed`, each group goes to the fold that has the fewest items of the group's commonest label, then
    the fewest items: every label is spread as evenly as whole groups allow. With fewer groups than folds some folds
    stay empty.
    """
    _, group = np.unique(groups, return_inverse=True)
    size = np.bincount(group)
    shuffled = np.random.default_rng(seed).permutation(len(size))
    order = shuffled[np.argsort(-size[shuffled], kind="stable")]
    stratum = _commonest_label(group, labels, len(size))
    sizes = [[0] * n_splits for _ in range(stratum.max(initial=0) + 1)]
    total = [0] * n_splits
    fold_of_group = np.zeros(len(size), dtype=np.int64)
    for number, of_stratum, members in zip(order.tolist(), stratum[order].tolist(), size[order].tolist(), strict=True):
        counts = sizes[of_stratum]
        fold = min(range(n_splits), key=lambda f, counts=counts: (counts[f], total[f]))  # type: ignore[misc]
        fold_of_group[number] = fold
        counts[fold] += members
        total[fold] += members
    return fold_of_group[group]


def _commonest_label(group: np.ndarray, labels: np.ndarray, n_groups: int) -> np.ndarray:
    """Per group the commonest label plus 1 (0 = no label), the smallest among equals."""
    label = np.maximum(labels, -1) + 1
    width = label.max(initial=0) + 1
    cell, count = np.unique(group * width + label, return_counts=True)
    rarest_first = np.lexsort((-(cell % width), count))
    commonest = np.zeros(n_groups, dtype=np.int64)
    commonest[cell[rarest_first] // width] = (cell % width)[rarest_first]
    return commonest
