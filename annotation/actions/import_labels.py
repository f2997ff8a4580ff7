"""A file of labels for items that are already here."""

from pathlib import Path
from typing import Any

import pandas as pd
from django.db import transaction
from django.utils import timezone

from annotation import bulk
from annotation.actions.import_items import UnableToImport, add_classes, write_labels
from annotation.core.parsing import parse_labels
from annotation.core.reading import read_table
from annotation.models import Dataset, Item


def import_labels(
    dataset: Dataset, path: Path, *, item: str, annotator: str, label: str, seconds: str | None = None,
    at: str | None = None, abstain: tuple[str, ...] = (),
) -> dict[str, Any]:  # fmt: skip
    """Append the file's labels, all or none; the same file again changes nothing."""
    table = read_table(path)
    labels = parse_labels(table, item, annotator, label, seconds, at, abstain, dataset.class_names)
    now = timezone.now()
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        ids = _item_ids(dataset, labels, item)
        classes = add_classes(dataset, tuple(sorted(labels["label"].dropna().unique())))
        return {"encoding": table.encoding, **write_labels(dataset, labels, ids, classes, now)}


def _item_ids(dataset: Dataset, labels: pd.DataFrame, column: str) -> dict[str, int]:
    """External id → item id; an id of the pool wins over the same id of production."""
    ids: dict[str, int] = {}
    for split in (Item.PRODUCTION, Item.POOL):
        ids.update(Item.objects.filter(dataset=dataset, split=split).values_list("external_id", "id"))
    unknown = labels[~labels["external_id"].isin(ids)]
    if len(unknown):
        row = unknown.iloc[0]
        raise UnableToImport(
            f"Row {row['row']}, column {column!r}: the dataset {dataset.slug!r} has no item {row['external_id']!r}. "
            "Import the items first."
        )
    return ids
