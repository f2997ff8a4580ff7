"""How good predictions are: whole, per class and per slice. Higher is better for every metric in METRICS."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from annotation.core.intervals import Interval, wilson
from modeling.core.fitting.stored import Scores
from modeling.core.proving.paired import paired_by_group

# Smallest probability that log loss believes, so that one impossible row does not make it infinite.
FLOOR = float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Counts:
    """Of a confusion table, what accuracy and F1 need. Each array is (…, n_classes); leading axes are resamples.

    hits: rows predicted rightly, by class. predicted: rows predicted as the class. actual: rows of the class.
    """

    hits: np.ndarray
    predicted: np.ndarray
    actual: np.ndarray


def count(truth: np.ndarray, predicted: np.ndarray, n_classes: int) -> Counts:
    """Counts of int arrays (n,) of classes 0 … n_classes − 1."""
    return Counts(
        np.bincount(truth[truth == predicted], minlength=n_classes),
        np.bincount(predicted, minlength=n_classes),
        np.bincount(truth, minlength=n_classes),
    )


def accuracy(counts: Counts) -> np.ndarray:
    """Share of rows predicted rightly, in [0, 1]; shape (…)."""
    return counts.hits.sum(axis=-1) / counts.actual.sum(axis=-1)


def macro_f1(counts: Counts) -> np.ndarray:
    """Mean F1 over the classes present in the truth, in [0, 1]; shape (…).

    A class that is predicted but has no row counts through the rows it took from others, not as a zero of its own
    (scikit-learn's `f1_score` over all classes would count it).
    """
    return _mean_over_present(2 * counts.hits / np.maximum(counts.predicted + counts.actual, 1), counts.actual)


def balanced_accuracy(counts: Counts) -> np.ndarray:
    """Mean recall over the classes present in the truth, in [0, 1]; guessing gives 1 / (number of them). Shape (…)."""
    return _mean_over_present(counts.hits / np.maximum(counts.actual, 1), counts.actual)


METRICS: dict[str, Callable[[Counts], np.ndarray]] = {"accuracy": accuracy, "macro_f1": macro_f1}


def confusion(truth: np.ndarray, predicted: np.ndarray, n_classes: int) -> np.ndarray:
    """Int table (n_classes, n_classes): rows are the true class, columns the predicted one."""
    return np.bincount(truth * n_classes + predicted, minlength=n_classes**2).reshape(n_classes, n_classes)


def log_loss(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean of −log(probability of the true class), in nats, 0 = best; probabilities below 1.2e-7 count as that."""
    given = probabilities[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(given, FLOOR, dtype=np.float64)).mean())


def metrics(truth: np.ndarray, probabilities: np.ndarray) -> Scores:
    """n, accuracy with its 95 % limits (Wilson 1927), macro_f1, balanced_accuracy and log_loss.

    truth: int array (n,), n ≥ 1, of columns of `probabilities` (n, K).
    """
    counts = count(truth, probabilities.argmax(axis=1), probabilities.shape[1])
    share = wilson(int(counts.hits.sum()), len(truth))
    return {
        "n": len(truth), "accuracy": share.value, "accuracy_low": share.low, "accuracy_high": share.high,
        "macro_f1": float(macro_f1(counts)), "balanced_accuracy": float(balanced_accuracy(counts)),
        "log_loss": log_loss(truth, probabilities),
    }  # fmt: skip


def paired_interval(wrong_to_right: int, right_to_wrong: int, n: int, level: float = 0.95) -> Interval:
    """Interval of the difference of two accuracies on the same n ≥ 1 rows, in [−1, 1].

    Adjusted Wald (Bonett & Price 2012): holds its level also where few rows changed, and is never of width zero.
    """
    z = float(ndtri((1 + level) / 2))
    up, down = (wrong_to_right + 1) / (n + 2), (right_to_wrong + 1) / (n + 2)
    half = z * ((up + down - (up - down) ** 2) / (n + 2)) ** 0.5
    value = (wrong_to_right - right_to_wrong) / n
    return Interval(value, max(-1.0, min(value, up - down - half)), min(1.0, max(value, up - down + half)), n)


def slice_table(
    truth: np.ndarray, predicted_before: np.ndarray, predicted_after: np.ndarray, slice_labels: np.ndarray,
    groups: np.ndarray | None = None, weights: np.ndarray | None = None,
) -> pd.DataFrame:  # fmt: skip
    """One row per slice: slice, n, before and after (accuracy), difference, low, high; the largest slice first.

    The limits are `paired_by_group` at 1 − 0.05 / (number of slices) (Bonferroni): all of them hold at once 95 % of
    the time, so that the worst of many slices does not look worse than it is. groups: int (n,), None = every row is a
    unit; weights: float (n,).
    """
    n = len(truth)
    rows = pd.DataFrame({
        "slice": np.asarray(slice_labels), "before": predicted_before == truth, "after": predicted_after == truth,
        "group": np.arange(n) if groups is None else groups, "weight": np.ones(n) if weights is None else weights,
    })  # fmt: skip
    slices = list(rows.groupby("slice", sort=True, dropna=False))
    level = 1 - 0.05 / max(len(slices), 1)
    columns = ["slice", "n", "before", "after", "difference", "low", "high"]
    made = [_slice_row(name, part, level) for name, part in slices]
    return pd.DataFrame(made, columns=columns).sort_values("n", ascending=False, kind="stable", ignore_index=True)


def _slice_row(name: Any, part: pd.DataFrame, level: float) -> tuple[Any, ...]:
    before, after, weight = part["before"].to_numpy(), part["after"].to_numpy(), part["weight"].to_numpy()
    found = paired_by_group(before, after, part["group"].to_numpy(), weight, level=level)
    shares = [float(np.average(right, weights=weight)) for right in (before, after)]
    return name, len(part), *shares, found.value, found.low, found.high


def _mean_over_present(values: np.ndarray, actual: np.ndarray) -> np.ndarray:
    present = actual > 0
    return np.where(present, values, 0).sum(axis=-1) / present.sum(axis=-1)
