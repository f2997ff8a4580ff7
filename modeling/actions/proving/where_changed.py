"""On which production rows two sides differ: by class, by source, and by how like they are to what *after* learned."""

from typing import TypedDict

import numpy as np

from annotation import frames
from annotation.models import SnapshotRow
from modeling.actions.proving.predict_production import Predicted, ProductionRows
from modeling.core.proving.evaluation import slice_table
from modeling.core.proving.nearest import BETWEEN, FARTHEST, NEAREST, likeness_to_nearest, thirds
from modeling.core.proving.stored import SliceChange

# Of more training rows so many are drawn to look for the nearest among.
MOST_TRAINING = 50_000


class WhereChanged(TypedDict):
    """slices: by source."""

    slices: list[SliceChange]
    by_class: list[SliceChange]
    by_distance: list[SliceChange]


def where_changed(rows: ProductionRows, before: Predicted, after: Predicted) -> WhereChanged:
    """Accuracy before and after on each part of the rows, by near-duplicate group; one part is none."""
    return {
        "slices": by_source(rows, before, after), "by_class": by_class(rows, before, after),
        "by_distance": by_distance(rows, before, after),
    }  # fmt: skip


def by_source(rows: ProductionRows, before: Predicted, after: Predicted) -> list[SliceChange]:
    """The largest source first."""
    return _changes(rows, before, after, rows.frame["source"].replace("", "no source").to_numpy())


def by_class(rows: ProductionRows, before: Predicted, after: Predicted) -> list[SliceChange]:
    """By true class, the largest first."""
    return _changes(rows, before, after, rows.frame["label"].to_numpy())


def by_distance(rows: ProductionRows, before: Predicted, after: Predicted) -> list[SliceChange]:
    """Thirds by likeness to the nearest row that *after* was trained on, the most alike first; nothing where *after*
    is a prediction set from elsewhere."""
    run = after.side.run
    if run is None:
        return []
    learned = SnapshotRow.objects.filter(snapshot=run.snapshot).order_by("item_id").values_list("item__content")
    content = [one for (one,) in learned.iterator(chunk_size=10_000)]
    if len(content) > MOST_TRAINING:
        drawn = np.random.default_rng(0).choice(len(content), MOST_TRAINING, replace=False)
        content = [content[at] for at in np.sort(drawn)]
    fields = rows.snapshot.dataset.typed_fields
    likeness = likeness_to_nearest(rows.table, frames.content_table(content, fields), fields)
    order = (NEAREST, BETWEEN, FARTHEST)
    found = _changes(rows, before, after, thirds(likeness))
    return sorted(found, key=lambda one: next(at for at, name in enumerate(order) if one["slice"].startswith(name)))


def _changes(rows: ProductionRows, before: Predicted, after: Predicted, slices: np.ndarray) -> list[SliceChange]:
    if len(set(slices)) < 2:
        return []
    table = slice_table(rows.truth, before.classes, after.classes, slices, rows.groups, rows.weights)
    return table.to_dict("records")
