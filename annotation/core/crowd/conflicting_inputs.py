"""What share of all inputs stands in a near-duplicate group whose labels differ."""

from dataclasses import dataclass

import numpy as np

from annotation.core.intervals import Interval, wilson


@dataclass(frozen=True)
class InputsInConflict:
    """share: of the inputs, in [0, 1], its n the inputs; inputs: how many of them are in conflict, in how many groups;
    units: near-duplicate groups, an input without a near-copy being one by itself."""

    share: Interval
    inputs: int
    groups: int
    units: int


def inputs_in_conflict(group: np.ndarray, label: np.ndarray, drawn: np.ndarray | None = None) -> InputsInConflict:
    """group: int (n,), equal for near-copies. label: per input (n,); those of one group differ, or they do not. drawn:
    bool (n,), inputs of a sample; the others are near-copies of these and only say whether a group differs. None = all.

    All inputs of a group are in conflict or none is, so that the group is the unit: Wilson's interval at an effective
    n² / Σ m² of groups of m inputs (Kish 1965: the design effect of clusters that are alike throughout).
    """
    drawn = np.ones(len(group), dtype=bool) if drawn is None else drawn
    n = int(drawn.sum())
    if not n:
        return InputsInConflict(wilson(0, 0), 0, 0, 0)
    names, unit = np.unique(group, return_inverse=True)
    size = np.bincount(unit[drawn], minlength=len(names))
    pairs = np.unique(np.stack([unit, np.unique(label, return_inverse=True)[1]]), axis=1)
    differs = np.bincount(pairs[0], minlength=len(size)) > 1
    inputs = int(size[differs].sum())
    effective = n**2 / float((size.astype(float) ** 2).sum())
    found = wilson(inputs / n * effective, effective)
    share = Interval(found.value, found.low, found.high, n)
    return InputsInConflict(share, inputs, int((differs & (size > 0)).sum()), int((size > 0).sum()))
