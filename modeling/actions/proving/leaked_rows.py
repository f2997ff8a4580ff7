"""Which production rows a side may have learned from, and whether what is left can prove anything."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from annotation import frames
from annotation.core.likeness.grouping import copies_of_items
from annotation.models import Item
from modeling.actions.proving.predict_production import ProductionRows
from modeling.core.proving.proof import too_few_units
from modeling.reading.comparison_sides import Side

# Where more rows than this are near-copies of what was learned from, what is left is no longer production.
MOST_LEAKED = 0.5


def leaked(rows: ProductionRows, sides: Sequence[Side]) -> np.ndarray:
    """Bool (n,): near-copies of what a run among `sides` was trained on. A set from elsewhere says nothing of that, so
    that all labelled pool items count as learned from."""
    learned = _learned_from(rows, sides)
    if learned.empty:
        return np.zeros(len(rows.frame), dtype=bool)
    fields = rows.snapshot.dataset.typed_fields
    content = [*learned["content"], *rows.frame["content"]]
    reference = np.arange(len(content)) < len(learned)
    return copies_of_items(frames.content_table(content, fields), fields, reference)[len(learned) :]


def unprovable(rows: ProductionRows, lost: np.ndarray) -> str | None:
    """Why the rows but those `lost`, bool (n,), prove nothing, decided without a label; None where they may."""
    if lost.mean() > MOST_LEAKED:
        return (
            f"{int(lost.sum()):,} of the {len(lost):,} production rows are near-copies of rows a side learned from. "
            "Train it again, so that they are kept out, or freeze a production set without them."
        )
    return too_few_units(rows.groups[~lost], None if rows.weights is None else rows.weights[~lost])


def _learned_from(rows: ProductionRows, sides: Sequence[Side]) -> pd.DataFrame:
    """Contents of items, each once."""
    dataset = rows.snapshot.dataset
    if any(side.run is None for side in sides):
        pool = frames.items(dataset, Item.POOL)
        return pool[pool["item"].isin(frames.current(dataset, Item.POOL)["item"])]
    parts = [frames.snapshot_rows(side.own_run.snapshot) for side in sides]
    return pd.concat(parts).drop_duplicates("item")
