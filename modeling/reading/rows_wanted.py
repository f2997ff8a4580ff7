"""How many production rows would tell the smallest difference that a lead calls worthwhile."""

from dataclasses import dataclass

import numpy as np

from annotation.core.intervals import Interval, wilson
from annotation.core.refusal import Refusal
from annotation.models import Dataset, SnapshotRow
from annotation.reading.prediction_sets import aligned
from modeling.core.proving.proof import rows_to_distinguish
from modeling.core.proving.set_size import ASSUMED, smallest_told
from modeling.models import ModelRun
from modeling.reading.loop_progress import alone, runs_of

# Rows two runs have to share before what they differ on says anything.
LEAST = 100


@dataclass(frozen=True)
class RowsWanted:
    """`rows` tell `worthwhile`, in accuracy, from none at the planned looks. share: of rows that before and after would
    differ on; differing: where that was seen, with its n, out of fold of `runs`, None where it is assumed."""

    rows: int
    worthwhile: float
    planned_looks: int
    share: float
    differing: Interval | None
    runs: tuple[int, int] | None

    def told_by(self, rows: int) -> float:
        """The smallest difference that so many rows tell, in (0, 1]."""
        return smallest_told(self.share, rows, self.planned_looks)


def rows_wanted(dataset: Dataset) -> RowsWanted:
    """By the two newest runs, what they say of pool rows out of fold: how many differ there is a guess at how many
    will on production; without two runs it is ASSUMED."""
    pair = list(alone(runs_of(dataset)).select_related("predictions").order_by("-id")[:2])
    seen = _differing(pair[1], pair[0]) if len(pair) == 2 else None
    share = max(seen.value if seen else ASSUMED, dataset.worthwhile)
    rows = rows_to_distinguish(share, dataset.worthwhile, dataset.planned_looks)
    runs = (pair[1].pk, pair[0].pk) if seen else None
    return RowsWanted(rows, dataset.worthwhile, dataset.planned_looks, share, seen, runs)


def _differing(before: ModelRun, after: ModelRun) -> Interval | None:
    """Share of the rows both predicted out of fold to which they give another class; None where that cannot be told."""
    classes = after.dataset.class_names
    items = np.array(SnapshotRow.objects.filter(snapshot=after.snapshot).values_list("item_id", flat=True))
    try:
        sides = [aligned(run.predictions, items, classes) for run in (before, after)]
    except Refusal:
        return None
    both = ~np.isnan(sides[0][:, 0]) & ~np.isnan(sides[1][:, 0])
    if both.sum() < LEAST:
        return None
    first, second = (side[both].argmax(axis=1) for side in sides)
    differ = int((first != second).sum())
    return wilson(differ, len(first)) if differ else None
