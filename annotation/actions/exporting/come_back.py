"""Labels that left and come back: what an item carries already is nobody's new answer."""

from collections.abc import Mapping

import pandas as pd

from annotation import bulk
from annotation.core.files.own_export import OwnExport
from annotation.core.files.tables import Source
from annotation.models import CurrentLabel


def not_carried(source: Source, labels: pd.DataFrame, ids: Mapping[str, int]) -> pd.DataFrame:
    """Of the labels of our own export those that differ from what their item carries; all of any other file.

    labels: external_id, label, …; ids: external id → item. A label that differs is an answer like any other.
    """
    if not isinstance(source, OwnExport):
        return labels
    carried: dict[int, str | None] = {}
    for batch in bulk.in_batches([ids[name] for name in labels["external_id"].unique()]):
        current = CurrentLabel.objects.in_force().filter(item__in=batch)
        carried.update(current.values_list("item_id", "label_class__name"))
    said = zip(labels["external_id"], labels["label"], strict=True)
    new = [label is None or carried.get(ids[name]) != label for name, label in said]
    source.passed.labels += len(new) - sum(new)
    return labels[new]
