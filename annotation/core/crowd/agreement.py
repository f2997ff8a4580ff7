"""How far annotators agree.

Every function but `cohen_kappa` eats a frame with the columns item, annotator, label, its rows in time order; a missing
label is an abstention, and an annotator's later label for an item counts in place of the earlier.
"""

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, triu

from annotation.core.crowd.votes import counting_labels
from annotation.core.intervals import Interval, bootstrap_interval, wilson


def krippendorff_alpha(frame: pd.DataFrame, seed: int = 0, n_resamples: int = 1000) -> Interval:
    """Krippendorff's alpha for nominal labels (Krippendorff 2011): 1 = perfect agreement, 0 = that of chance.

    Any number of annotators, any number of labels missing. The percentile interval resamples items; `n` counts the
    items with two or more labels. nan where fewer than two different labels occur on those.
    """
    counts, _ = _label_counts(frame)
    patterns, occurs = _distinct_rows(counts[_row_sums(counts) > 1])
    given = _row_sums(patterns)
    # the ordered pairs of differing labels within an item, weighted as in the coincidence matrix
    differing = (given**2 - _row_sums(patterns.multiply(patterns))) / (given - 1)

    def alpha(weights: np.ndarray) -> np.ndarray:
        total = (weights @ given).astype(np.float64)
        by_chance = total**2 - ((weights @ patterns).astype(np.float64) ** 2).sum(axis=1)
        return 1 - _ratio((total - 1) * (weights @ differing), by_chance)

    return bootstrap_interval(alpha, occurs, n_resamples=n_resamples, seed=seed)


def cohen_kappa(a: np.ndarray, b: np.ndarray, seed: int = 0, n_resamples: int = 1000) -> Interval:
    """Cohen's kappa (Cohen 1960) of two annotators' labels of the same items, `a` and `b` of shape (n,): 1 = perfect
    agreement, 0 = that of chance.

    Items that one of them left without a label are left out. The percentile interval resamples items. nan where both
    gave one and the same label throughout.
    """
    pairs = pd.DataFrame({"a": a, "b": b}).dropna().value_counts(sort=False).reset_index()
    label, classes = pd.factorize(pd.concat([pairs["a"], pairs["b"]]))
    by_a, by_b = (_indicator(side, len(classes)) for side in np.split(label, 2))
    agreeing = pairs["a"].to_numpy() == pairs["b"].to_numpy()

    def kappa(weights: np.ndarray) -> np.ndarray:
        total = weights.sum(axis=1).astype(np.float64)
        by_chance = ((weights @ by_a).astype(np.float64) * (weights @ by_b)).sum(axis=1)
        return _ratio(total * (weights @ agreeing) - by_chance, total**2 - by_chance)

    return bootstrap_interval(kappa, pairs["count"].to_numpy(), n_resamples=n_resamples, seed=seed)


def disagreement_rate(frame: pd.DataFrame) -> Interval:
    """Share, in [0, 1], of the items with two or more labels whose labels differ, with Wilson's interval; `n` counts
    the items with two or more labels."""
    counts, _ = _label_counts(frame)
    return wilson(int(_contested(counts).sum()), int((_row_sums(counts) > 1).sum()))


def confusion_pairs(frame: pd.DataFrame, top: int = 20) -> pd.DataFrame:
    """The `top` unordered pairs of labels most often given to the same item.

    Columns: label and other (the pair, in sorted order), count (items that carry both), share (of the items whose
    labels differ, in [0, 1]; an item with three labels counts for three pairs).
    """
    counts, classes = _label_counts(frame)
    carries = (counts > 0).astype(np.int64)
    together = triu(carries.T @ carries, k=1).tocoo()
    columns = {"label": classes[together.row], "other": classes[together.col], "count": together.data}
    pairs = pd.DataFrame(columns).assign(share=together.data / max(int(_contested(counts).sum()), 1))
    return pairs.sort_values(["count", "label", "other"], ascending=[False, True, True], ignore_index=True).head(top)


def _label_counts(frame: pd.DataFrame) -> tuple[csr_matrix, np.ndarray]:
    """How many annotators gave each item (row) each label (column), and the labels in sorted order."""
    labels = counting_labels(frame)
    item, items = pd.factorize(labels["item"])
    label, classes = pd.factorize(labels["label"], sort=True)
    ones = np.ones(len(labels), dtype=np.int64)
    return csr_matrix((ones, (item, label)), shape=(len(items), len(classes))), np.asarray(classes)


def _contested(counts: csr_matrix) -> np.ndarray:
    return np.diff(counts.indptr) > 1


def _row_sums(table: csr_matrix) -> np.ndarray:
    return np.asarray(table.sum(axis=1)).ravel()


def _indicator(codes: np.ndarray, n_codes: int) -> csr_matrix:
    return csr_matrix((np.ones(len(codes), dtype=np.int64), (np.arange(len(codes)), codes)), (len(codes), n_codes))


def _distinct_rows(table: csr_matrix) -> tuple[csr_matrix, np.ndarray]:
    """The distinct rows of a table of counts and how often each occurs; rows are told apart by 64-bit sums of random
    numbers, which meet by chance once in 10^7 tables of a million different rows."""
    draws = np.random.default_rng(0).integers(np.iinfo(np.int64).min, np.iinfo(np.int64).max, table.shape[1])
    _, first, occurs = np.unique(table @ draws, return_index=True, return_counts=True)
    return table[first], occurs


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """above / below, nan where there is nothing below."""
    return np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)
