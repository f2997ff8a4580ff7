"""Which production rows a side may have learned from."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from annotation import frames
from annotation.core.likeness.grouping import copies_of_items
from annotation.models import Item
from modeling.actions.proving.predict_production import ProductionRows
from modeling.reading.comparison_sides import Side


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


def _learned_from(rows: ProductionRows, sides: Sequence[Side]) -> pd.DataFrame:
    """Contents of items, each once."""
    dataset = rows.snapshot.dataset
    if any(side.run is None for side in sides):
        pool = frames.items(dataset, Item.POOL)
        return pool[pool["item"].isin(frames.current(dataset, Item.POOL)["item"])]
    parts = [frames.snapshot_rows(side.own_run.snapshot) for side in sides]
    return pd.concat(parts).drop_duplicates("item")
