"""On which slices of the production rows two sides differ."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from annotation.core.intervals import Interval
from modeling.core.proving.stored import SliceChange

# From what was right before and after (n,) bool, and the units (n,), at a level, to the interval of the difference.
Judge = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None, float], Interval]
# With fewer units a slice says next to nothing: it is folded away.
SMALL = 20


def slice_changes(
    was_right: np.ndarray, is_right: np.ndarray, slices: np.ndarray, units: np.ndarray, judge: Judge,
    weights: np.ndarray | None = None,
) -> list[SliceChange]:  # fmt: skip
    """Accuracy before and after on each slice (n,), the largest slice first; one slice is none.

    units: the near-duplicate group of each row, which `judge` takes as one. The limits are at 1 − 0.05 / (number of
    slices) (Bonferroni): all of them hold at once 95 % of the time, so that the worst of many slices does not look
    worse than it is.
    """
    frame = pd.DataFrame({"slice": slices})
    parts = list(frame.groupby("slice", sort=True).indices.items())
    if len(parts) < 2:
        return []
    level = 1 - 0.05 / len(parts)
    made = [_of(name, rows, was_right, is_right, units, weights, judge, level) for name, rows in parts]
    return sorted(made, key=lambda one: -one["n"])


def _of(
    name: object, rows: np.ndarray, was_right: np.ndarray, is_right: np.ndarray, units: np.ndarray,
    weights: np.ndarray | None, judge: Judge, level: float,
) -> SliceChange:  # fmt: skip
    own = None if weights is None else weights[rows]
    before, after = was_right[rows], is_right[rows]
    found = judge(before, after, units[rows], own, level)
    shares = [float(np.average(right, weights=own)) for right in (before, after)]
    return {
        "slice": str(name), "n": len(rows), "before": shares[0], "after": shares[1], "difference": found.value,
        "low": found.low, "high": found.high,
    }  # fmt: skip


def slice_verdict(one: SliceChange, worthwhile: float | None) -> str:
    """What a slice's own interval says: better, worse, equivalent within ± worthwhile, or not distinguishable."""
    if one["low"] > 0 or one["high"] < 0:
        return "better" if one["low"] > 0 else "worse"
    if worthwhile is not None and -worthwhile < one["low"] and one["high"] < worthwhile:
        return "equivalent"
    return "not distinguishable"
