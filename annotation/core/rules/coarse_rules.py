"""What a rule may say to somebody who is to answer cases blind: of many items only, and rounded."""

import numpy as np

from annotation.core.intervals import Interval, wilson
from annotation.core.rules.typed_rules import Share

# Fewer items than this, on either side of a rule, say nothing: with 20 one item moves a share by 0.05 at most, half a
# step of what is shown.
FLOOR = 20
STEP = 0.1


def about(n: int) -> int:
    """A count as it is shown: rounded down to tens, so that one item more or less seldom changes it."""
    return n // 10 * 10


def judge_coarsely(holds: np.ndarray, labels: np.ndarray, n_classes: int) -> list[Share]:
    """As `typed_rules.judge`, made so that no single item can be read off it: nothing where the rule, its complement or
    a class has fewer than FLOOR labelled items; shares in steps of STEP over counts rounded down to tens, their limits
    and the balanced accuracy worked out from those alone.

    Rounding what is told after a floor is how official statistics keep single answers private (Hundepool et al., 2012,
    Statistical Disclosure Control, ch. 5). holds: bool (n,). labels: int (n,), −1 = none, left out.
    """
    labelled = labels >= 0
    inside = np.bincount(labels[labelled & holds], minlength=n_classes)
    size = np.bincount(labels[labelled], minlength=n_classes)
    n_inside, n = int(inside.sum()), int(size.sum())
    if n_inside < FLOOR or n - n_inside < FLOOR:
        return []
    shares = []
    for label in np.flatnonzero(size >= FLOOR).tolist():
        hits, of = int(inside[label]), int(size[label])
        caught = _coarse(hits, of)
        others = _coarse(n_inside - hits, n - of) if n - of >= FLOOR else None
        balanced = (caught.value + 1 - others.value) / 2 if others else float("nan")
        shares.append(Share(label, _coarse(hits, n_inside), _coarse(of - hits, n - n_inside), caught, balanced))
    return sorted(shares, key=lambda one: (-np.nan_to_num(one.balanced), one.label))


def _coarse(hits: int, n: int) -> Interval:
    share, shown = round(round(hits / n / STEP) * STEP, 6), about(n)
    return wilson(share * shown, shown)
