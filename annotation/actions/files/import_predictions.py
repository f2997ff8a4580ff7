"""Anybody's own model: a file of per-class probabilities, kept as a named prediction set."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction

from annotation import bulk
from annotation.actions.import_items import UnableToImport
from annotation.core.artifacts import UnableToLoad, arrays_to_bytes, bytes_to_arrays, load_bytes, save_bytes
from annotation.core.cells import refuse
from annotation.core.parsing_predictions import check_prediction_columns, parse_predictions
from annotation.core.reading import Table, no_rows, open_source
from annotation.models import Dataset, Item, PredictionSet

MAX_NAME = 120
OF_RUNS = ("out of fold, job ", "run ")  # what modeling calls the sets of its own runs


def import_predictions(
    dataset: Dataset, path: Path, *, name: str, id: str, split: str = Item.POOL, file_name: str = ""
) -> dict[str, Any]:
    """Keep the file's probabilities for items of `split` under `name`; the same content again changes nothing.

    One column per class, named as the class. Pool rows must be predicted out of fold: a model asked about the rows it
    learned from believes their labels. A bad row, an unknown or repeated id imports nothing. Raises UnableToRead or
    UnableToImport.
    """
    classes = dataset.class_names
    if not classes:
        raise UnableToImport(f"The dataset {dataset.slug!r} has no classes yet; import labelled items first.")
    if not name or len(name) > MAX_NAME or name.isdecimal() or name.startswith(OF_RUNS):
        raise UnableToImport(f"{name!r} can't be its name; give it up to {MAX_NAME} characters that are not a run's.")
    source = open_source(path, name=file_name or path.name)
    check_prediction_columns(source.columns, id, classes)
    parts: list[tuple[np.ndarray, np.ndarray]] = []
    first: dict[str, int] = {}
    for table in source.chunks():
        refuse(table.broken)
        parts.append(_part(dataset, split, table, id, classes, first))
    if not first:
        raise no_rows(source)
    items, probability = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.argsort(items)
    arrays = save_bytes(
        settings.ARTIFACTS_DIR, arrays_to_bytes(item=items[order], probability=probability[order]), ".npz"
    )
    made = _keep(dataset, name, list(classes), arrays, len(items))
    covered = Item.objects.filter(dataset=dataset, split=split).count()
    return {"predictions": name, "items": len(items), "of": covered, "written": made}


def named_set(dataset: Dataset, name: str) -> PredictionSet:
    """Raises UnableToImport where the dataset has no prediction set of that name."""
    found = dataset.prediction_sets.filter(name=name).first()
    if found is None:
        raise UnableToImport(f"{dataset.slug!r} has no prediction set {name!r}; bring it with import_predictions.")
    return found


def imported_sets(dataset: Dataset) -> list[str]:
    """Names of the sets over the pool that no run here made, the newest first; a set has items of one split only."""
    rows = dataset.prediction_sets.order_by("-id").values_list("name", "arrays")
    first = {name: _first_item(arrays) for name, arrays in rows if not name.startswith(OF_RUNS)}
    pool = set(Item.objects.filter(pk__in=first.values(), split=Item.POOL).values_list("id", flat=True))
    return [name for name, item in first.items() if item in pool]


# named by content, so what was read once stays true
@lru_cache(maxsize=256)
def _first_item(arrays: str) -> int:
    """The id of a set's first item, 0 where its artifact cannot be read."""
    try:
        return int(bytes_to_arrays(load_bytes(settings.ARTIFACTS_DIR, arrays))["item"][0])
    except UnableToLoad:
        return 0


def aligned(predictions: PredictionSet, items: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    """Float (n, K): the set's probabilities for `items` (ids) in the order of `classes`, rows of nan where it has none.

    Raises UnableToImport where the set knows other classes than `classes`.
    """
    if sorted(predictions.classes) != sorted(classes):
        raise UnableToImport(
            f"The prediction set {predictions.name!r} is for the classes {', '.join(predictions.classes)}, the dataset "
            f"has {', '.join(classes)}; import one for today's classes."
        )
    arrays = bytes_to_arrays(load_bytes(settings.ARTIFACTS_DIR, predictions.arrays))
    found = np.full((len(items), len(classes)), np.nan)
    order = np.argsort(arrays["item"])
    where = np.searchsorted(arrays["item"], items, sorter=order).clip(max=len(order) - 1)
    here = arrays["item"][order[where]] == items
    columns = [predictions.classes.index(name) for name in classes]
    found[here] = arrays["probability"][order[where[here]]][:, columns]
    return found


def _part(
    dataset: Dataset, split: str, table: Table, id: str, classes: tuple[str, ...], first: dict[str, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Item ids and probabilities of a part; raises UnableToParse at its first fault."""
    faults, ids, probability = parse_predictions(table, id, classes)
    known: dict[str, int] = {}
    for batch in bulk.in_batches(dict.fromkeys(ids)):
        items = Item.objects.filter(dataset=dataset, split=split, external_id__in=batch)
        known.update(items.values_list("external_id", "id"))
    for position, (name, row) in enumerate(zip(ids, table.row_numbers, strict=True)):
        if name not in known:
            faults.add(position, f"the {split} of {dataset.slug!r} has no item '{name}'; import the items first", id)
        elif (earlier := first.setdefault(name, row)) != row:
            faults.add(position, f"the id '{name}' already stands in row {earlier}; keep one of the two", id)
    refuse(faults.rejected())
    return np.array([known[name] for name in ids], dtype=np.int64), probability


def _keep(dataset: Dataset, name: str, classes: list[str], arrays: str, n: int) -> bool:
    """Whether the set is new; raises UnableToImport where the name stands for another content."""
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        there = dataset.prediction_sets.filter(name=name).first()
        if there is None:
            PredictionSet.objects.create(dataset=dataset, name=name, classes=classes, arrays=arrays, n=n)
            return True
    if (there.arrays, there.classes) != (arrays, classes):
        raise UnableToImport(
            f"The prediction set {name!r} is here already with another content. What was imported never changes; "
            "give this one another name."
        )
    return False
