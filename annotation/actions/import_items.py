"""A file of items, with or without labels, into a dataset: all of it or nothing."""

import hashlib
import re
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from django.utils import timezone

from annotation import bulk
from annotation.actions.consensus import settle_consensus
from annotation.actions.enqueue import enqueue
from annotation.actions.work import Report, Write
from annotation.core.features import Field
from annotation.core.parsing import ItemBatch, ItemMapping, parse_items
from annotation.core.reading import read_table
from annotation.models import Annotator, Dataset, Item, Job, Label, LabelClass

ITEM_COLUMNS = ["dataset_id", "split", "external_id", "digest", "content", "source", "received_at", "created_at"]
SLUG = re.compile(r"[A-Za-z0-9_-]{1,60}")
LABEL_COLUMNS = ["item_id", "annotator_id", "label_class_id", "origin", "seconds", "given_at", "created_at"]


class UnableToImport(Exception):
    """What the file says can't stand beside what is already here; the message names row and column."""


def validate_slug(slug: str) -> None:
    """Raises UnableToImport where a dataset can't be called that."""
    if not SLUG.fullmatch(slug):
        raise UnableToImport(
            f"{slug!r} can't be a dataset's slug; use up to 60 letters, digits, hyphens and underscores."
        )


def import_params(
    slug: str, name: str, path: Path, mapping: ItemMapping, *, file_name: str = "", encoding: str | None = None
) -> dict[str, Any]:
    """What an import job needs to know, the file's hash among it."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "slug": slug, "name": name, "path": str(path.resolve()), "file_name": file_name or path.name,
        "encoding": encoding, "mapping": asdict(mapping), "sha256": digest,
    }  # fmt: skip


def request_import(params: dict[str, Any], *, user: Any = None, background: bool = True) -> Job:
    """The job that imports a file. The same file with the same mapping is the same job."""
    dataset = Dataset.objects.filter(slug=params["slug"]).first()
    return enqueue("import", dataset, params, user=user, background=background)


def run(job: Job, report: Report) -> Write:
    """Parse and check the whole file, then write it in one go."""
    report("reading the file", 0.05)
    batch, mapping, encoding = parse(job.params)
    now = timezone.now()

    def write() -> dict[str, Any]:
        dataset = _dataset(job.params, mapping)
        Job.objects.filter(pk=job.pk).update(dataset=dataset)
        bulk.lock_dataset(dataset)
        return {"encoding": encoding, "notes": list(batch.notes), **write_batch(dataset, batch, mapping, now)}

    report("writing items and labels", 0.5)
    return write


def parse(params: dict[str, Any]) -> tuple[ItemBatch, ItemMapping, str]:
    """The checked file, the mapping completed by what the dataset already knows, and the encoding used."""
    table = read_table(Path(params["path"]), name=params["file_name"], encoding=params["encoding"])
    dataset = Dataset.objects.filter(slug=params["slug"]).first()
    mapping = completed(mapping_from(params["mapping"]), dataset)
    return parse_items(table, mapping), mapping, table.encoding


def mapping_from(values: dict[str, Any]) -> ItemMapping:
    """A mapping out of a job's parameters."""
    fields = tuple(Field(**field) for field in values["fields"])
    rest = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    return ItemMapping(**{**rest, "fields": fields})


def completed(mapping: ItemMapping, dataset: Dataset | None) -> ItemMapping:
    """The mapping with a dataset's own fields and classes where it has them; a contradiction is an error."""
    values = dict(mapping.__dict__)
    if dataset and dataset.fields:
        if not mapping.all_fields:
            values["text"], values["fields"] = (), dataset.typed_fields
        elif sorted(map(str, mapping.all_fields)) != sorted(map(str, dataset.typed_fields)):
            known = ", ".join(f"{field.name} ({field.type})" for field in dataset.typed_fields)
            raise UnableToImport(
                f"The dataset {dataset.slug!r} has the fields {known}; name the same ones, or none, to add to it."
            )
    classes = dataset.class_names if dataset else ()
    if classes:
        new = [name for name in mapping.classes if name not in classes]
        if new:
            raise UnableToImport(
                f"The dataset {dataset.slug!r} has the classes {', '.join(classes)}; {new[0]!r} is not one of them."
            )
        values["classes"] = classes
    return ItemMapping(**values)


def _dataset(params: dict[str, Any], mapping: ItemMapping) -> Dataset:
    fields = [asdict(field) for field in mapping.all_fields]
    dataset, _ = Dataset.objects.get_or_create(slug=params["slug"], defaults={"name": params["name"]})
    if not dataset.fields:
        dataset.fields = fields
        dataset.save(update_fields=["fields"])
    return dataset


def write_batch(dataset: Dataset, batch: ItemBatch, mapping: ItemMapping, now: datetime) -> dict[str, Any]:
    """Write a checked batch; must run in a transaction. Returns what changed, counted."""
    classes = add_classes(dataset, batch.classes)
    known = _known_items(dataset, mapping.split)
    _refuse_changed_content(batch.items, known, mapping)
    fresh = batch.items[~batch.items["external_id"].isin(known)]
    bulk.insert(
        Item,
        ITEM_COLUMNS,
        (
            (
                dataset.pk, mapping.split, row.external_id, row.digest, row.content, row.source, row.received_at, now,
            )
            for row in fresh.itertuples()
        ),
    )  # fmt: skip
    ids = {external: pk for external, (pk, _) in _known_items(dataset, mapping.split).items()}
    written = write_labels(dataset, batch.labels, ids, classes, now)
    return {"items": len(fresh), "items_already_here": len(batch.items) - len(fresh), **written}


def add_classes(dataset: Dataset, names: tuple[str, ...]) -> dict[str, int]:
    """Class name → id, adding those the first labelled import brought."""
    if not dataset.label_classes.exists():
        LabelClass.objects.bulk_create(
            LabelClass(dataset=dataset, name=name, position=position) for position, name in enumerate(names)
        )
    return dict(dataset.label_classes.values_list("name", "id"))


def _known_items(dataset: Dataset, split: str) -> dict[str, tuple[int, str]]:
    rows = Item.objects.filter(dataset=dataset, split=split).values_list("external_id", "id", "digest")
    return {external: (pk, digest) for external, pk, digest in rows.iterator(chunk_size=10_000)}


def _refuse_changed_content(items: pd.DataFrame, known: dict[str, tuple[int, str]], mapping: ItemMapping) -> None:
    for row in items.itertuples():
        if row.external_id in known and known[row.external_id][1] != row.digest:
            raise UnableToImport(
                f"Row {row.row}, column {mapping.id!r}: the id {row.external_id!r} is already here with another "
                "content. Items never change; give the new content a new id."
            )


def write_labels(
    dataset: Dataset, labels: pd.DataFrame, ids: dict[str, int], classes: dict[str, int], now: datetime
) -> dict[str, Any]:
    """Append the labels that are new and settle the items they touch. `labels`: external_id, annotator, label, …"""
    annotators = _annotators(dataset, labels)
    there = _answers_so_far(dataset, set(labels["annotator"]))
    answers: dict[tuple[int, int], list[tuple]] = {}
    for row in labels.itertuples():
        key = ids[row.external_id], annotators[row.annotator]
        seconds, given_at = getattr(row, "seconds", None), getattr(row, "given_at", None)
        answers.setdefault(key, []).append((*key, classes.get(row.label), Label.IMPORT, seconds, given_at, now))
    fresh = (said for key, said in answers.items() if not _said_before(said, there.get(key, [])))
    rows = [row for said in fresh for row in said]
    bulk.insert(Label, LABEL_COLUMNS, rows)
    touched = list(dict.fromkeys(row[0] for row in rows))
    contested = settle_consensus(dataset, touched, now)
    return {"labels": len(rows), "abstentions": sum(row[2] is None for row in rows), "contested": contested}


def _said_before(said: list[tuple], earlier: list[int | None]) -> bool:
    """The file's answers of one annotator for one item are the last ones already here, in the same order."""
    return earlier[-len(said) :] == [row[2] for row in said]


def _annotators(dataset: Dataset, labels: pd.DataFrame) -> dict[str, int]:
    names = labels["annotator"].unique().tolist()
    Annotator.objects.bulk_create([Annotator(dataset=dataset, name=name) for name in names], ignore_conflicts=True)
    return dict(dataset.annotators.values_list("name", "id"))


def _answers_so_far(dataset: Dataset, annotators: set[str]) -> dict[tuple[int, int], list[int | None]]:
    """(item, annotator) → class ids in order of time; an answer repeated by the same file is no new label."""
    rows = Label.objects.filter(item__dataset=dataset, annotator__name__in=annotators).order_by("id")
    there: dict[tuple[int, int], list[int | None]] = {}
    for item, annotator, label in rows.values_list("item_id", "annotator_id", "label_class_id").iterator():
        there.setdefault((item, annotator), []).append(label)
    return there
