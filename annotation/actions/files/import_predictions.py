"""Anybody's own model: a file of per-class probabilities, kept as a named prediction set."""

from pathlib import Path
from typing import TypedDict

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from annotation import bulk
from annotation.actions.files.import_items import UnableToImport
from annotation.actions.files.record_import import Incoming, begin_import, end_import, refuse_archived, sha256_of
from annotation.core.artifacts import arrays_to_bytes, save_bytes
from annotation.core.files.checking import refuse
from annotation.core.files.parsing_predictions import check_prediction_columns, parse_predictions
from annotation.core.files.tables import Table, no_rows, open_source
from annotation.models import Dataset, Item, PredictionSet, User
from annotation.reading.prediction_sets import OF_RUNS

MAX_NAME = 120


class ImportedPredictions(TypedDict):
    """items: how many it predicts, of so many; written: False where it was here already."""

    predictions: str
    items: int
    of: int
    written: bool


def import_predictions(
    dataset: Dataset, path: Path, *, name: str, id: str, split: str = Item.POOL, file_name: str = "",
    user: User | None = None,
) -> ImportedPredictions:  # fmt: skip
    """Keep the file's probabilities for items of `split` under `name`; the same content again changes nothing.

    One column per class, named as the class. Pool rows must be predicted out of fold: a model asked about the rows it
    learned from believes their labels. A bad row, an unknown or repeated id imports nothing. Raises UnableToRead or
    UnableToImport.
    """
    refuse_archived(dataset)
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
    mapping = {"id": id, "name": name}
    incoming = Incoming(
        "predictions", source.name, sha256_of(path), mapping, source.encoding, split, user=user
    )  # fmt: skip
    made = _keep(dataset, PredictionSet(name=name, classes=list(classes), arrays=arrays, n=len(items)), incoming)
    covered = Item.objects.filter(dataset=dataset, split=split).count()
    return {"predictions": name, "items": len(items), "of": covered, "written": made}


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
            faults.add(position, f"the id '{name}' is already in row {earlier}; keep one of the two", id)
    refuse(faults.rejected())
    return np.array([known[name] for name in ids], dtype=np.int64), probability


def _keep(dataset: Dataset, brought: PredictionSet, incoming: Incoming) -> bool:
    """Whether the set is new; raises UnableToImport where the name stands for another content."""
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        there = dataset.prediction_sets.filter(name=brought.name).first()
        if there and (there.arrays, there.classes) != (brought.arrays, brought.classes):
            raise UnableToImport(
                f"The prediction set {brought.name!r} is here already with another content. What was imported never "
                "changes; give this one another name."
            )
        if there is None:
            brought.dataset = dataset
            brought.save(force_insert=True)
        notes = [f"The prediction set {brought.name!r} was here already."] if there else []
        end_import(begin_import(dataset, incoming, timezone.now(), rows=brought.n), notes=notes)
        return there is None
