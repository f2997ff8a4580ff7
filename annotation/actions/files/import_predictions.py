"""Anybody's own model: a file of per-class probabilities, kept as a named prediction set."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from annotation import bulk
from annotation.actions.files.import_items import UnableToImport
from annotation.actions.files.record_import import Incoming, begin_import, end_import, refuse_archived, sha256_of
from annotation.actions.files.rejected_rows import Rejects, RejectsJson, UnableToTake
from annotation.core.artifacts import arrays_to_bytes, save_bytes
from annotation.core.files.parsing_predictions import PredictionParser, prediction_columns
from annotation.core.files.tables import Broken, Source, Table, no_rows, open_source
from annotation.models import Dataset, Item, PredictionSet, User
from annotation.reading.prediction_sets import OF_RUNS

MAX_NAME = 120


class ImportedPredictions(RejectsJson):
    """items: how many it predicts, of so many; written: False where it was here already; notes: what was mended."""

    predictions: str
    items: int
    of: int
    written: bool
    notes: list[str]


def import_predictions(
    dataset: Dataset, path: Path, *, name: str, id: str, split: str = Item.POOL, file_name: str = "",
    accept_good: bool = False, user: User | None = None,
) -> ImportedPredictions:  # fmt: skip
    """Keep the file's probabilities for items of `split` under `name`; the same content again changes nothing.

    One column per class, named as the class. Pool rows must be predicted out of fold: a model asked about the rows it
    learned from believes their labels. A bad row, an unknown or repeated id imports nothing; with `accept_good` the
    others are taken. Raises UnableToTake, which names the artifact of rejected rows, UnableToRead or UnableToImport.
    """
    refuse_archived(dataset)
    classes = dataset.class_names
    if not classes:
        raise UnableToImport(f"The dataset {dataset.slug!r} has no classes yet; import labelled items first.")
    if not name or len(name) > MAX_NAME or name.isdecimal() or name.startswith(OF_RUNS):
        raise UnableToImport(f"{name!r} can't be its name; give it up to {MAX_NAME} characters that are not a run's.")
    source = open_source(path, name=file_name or path.name)
    parser = PredictionParser(id, prediction_columns(source.columns, id, classes))
    reader = _Predictions(dataset, split, parser)
    rejects = Rejects.of(source.columns, reader.rejected(source))
    _refuse(source, reader, rejects, accept_good)
    items, probability = (np.concatenate(part) for part in zip(*reader.parts, strict=True))
    order = np.argsort(items)
    arrays = save_bytes(
        settings.ARTIFACTS_DIR, arrays_to_bytes(item=items[order], probability=probability[order]), ".npz"
    )
    mapping = {"id": id, "name": name}
    incoming = Incoming(
        "predictions", source.name, sha256_of(path), mapping, source.encoding, split, user=user
    )  # fmt: skip
    notes = [rejects.left_out] * bool(rejects.n) + parser.notes()
    kept = PredictionSet(name=name, classes=list(classes), arrays=arrays, n=len(items))
    made = _keep(dataset, kept, incoming, rejects.n, notes)
    covered = Item.objects.filter(dataset=dataset, split=split).count()
    return {
        "predictions": name, "items": len(items), "of": covered, "written": made, "notes": notes,
        **rejects.as_json(),
    }  # fmt: skip


class _Predictions:
    """Item ids and probabilities of the good rows, part by part in `parts`, once `rejected` is exhausted."""

    def __init__(self, dataset: Dataset, split: str, parser: PredictionParser) -> None:
        self.dataset, self.split, self.parser = dataset, split, parser
        self.parts: list[tuple[np.ndarray, np.ndarray]] = []
        self.n_rows = self.n_good = 0
        self._first: dict[str, int] = {}

    def rejected(self, source: Source) -> Iterator[Broken]:
        for table in source.chunks():
            yield from self._part(table)

    def _part(self, table: Table) -> list[Broken]:
        self.n_rows += len(table) + len(table.broken)
        faults, ids, probability = self.parser.read(table)
        known: dict[str, int] = {}
        for batch in bulk.in_batches(dict.fromkeys(ids)):
            items = Item.objects.filter(dataset=self.dataset, split=self.split, external_id__in=batch)
            known.update(items.values_list("external_id", "id"))
        for position, (name, row) in enumerate(zip(ids, table.row_numbers, strict=True)):
            if name not in known:
                said = f"the {self.split} of {self.dataset.slug!r} has no item '{name}'; import the items first"
                faults.add(position, said, self.parser.id)
            elif (earlier := self._first.setdefault(name, row)) != row:
                again = f"the id '{name}' is already in row {earlier}; keep one of the two"
                faults.add(position, again, self.parser.id)
        good = np.flatnonzero(faults.good())
        self.n_good += len(good)
        self.parts.append((np.array([known[ids[at]] for at in good.tolist()], dtype=np.int64), probability[good]))
        return faults.rejected()


def _refuse(source: Source, reader: _Predictions, rejects: Rejects, accept_good: bool) -> None:
    if not reader.n_rows:
        raise no_rows(source)
    if rejects.n and (looks := reader.parser.looks_like):
        error = UnableToTake(looks)
        error.rejects = rejects
        raise error
    if rejects.n and not (accept_good and reader.n_good):
        raise rejects.error()


def _keep(
    dataset: Dataset, brought: PredictionSet, incoming: Incoming, rejected: int, notes: Sequence[str]
) -> bool:  # fmt: skip
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
        again = [f"The prediction set {brought.name!r} was here already."] if there else []
        begun = begin_import(dataset, incoming, timezone.now(), rows=brought.n + rejected, rejected=rejected)
        end_import(begun, notes=[*again, *notes])
        return there is None
