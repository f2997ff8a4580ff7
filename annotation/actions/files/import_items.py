"""A file of items, with or without labels, into a dataset: all of it, or its good rows, or nothing.

The file is gone through part by part, first to check all of it, then to write it in one transaction: however long it
is, memory stays the same but for some 40 bytes a row.
"""

import hashlib
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import NotRequired, TypedDict

import pandas as pd
from django.db.models import Max
from django.utils import timezone

from annotation import bulk
from annotation.actions.files.check_new_labels import check_new_labels
from annotation.actions.files.rejected_rows import Rejects, RejectsJson
from annotation.actions.files.write_labels import LabelWriter, WrittenLabels, add_classes
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import Write
from annotation.core.files.parsing_items import CHANGED, ItemBatch, ItemMapping, ItemParser, MappingJson
from annotation.core.files.tables import Broken, Source, no_rows, open_source
from annotation.core.progress import Report
from annotation.core.refusal import Refusal
from annotation.models import Dataset, Detection, Item, Job, User
from annotation.reading.new_labels import NewLabelsJson

ITEM_COLUMNS = [
    "dataset_id",
    "split",
    "external_id",
    "digest",
    "content",
    "written",
    "source",
    "received_at",
    "created_at",
]
log = logging.getLogger(__name__)

SLUG = re.compile(r"[A-Za-z0-9_-]{1,60}")


class ImportParams(TypedDict):
    """What an import job needs to know; `sha256` is the file's."""

    slug: str
    name: str
    path: str
    file_name: str
    encoding: str | None
    sheet: NotRequired[str | None]
    mapping: MappingJson
    sha256: str
    repair: bool
    accept_good: bool


class WrittenItems(WrittenLabels):
    """What an import changed, counted."""

    items: int
    items_already_here: int


class ImportResult(WrittenItems, RejectsJson):
    """What a job of the kind import gives."""

    encoding: str
    notes: list[str]
    repaired: int
    new_labels: NewLabelsJson | None


class UnableToImport(Refusal):
    """What the file says can't stand beside what is already here; the message names row and column."""


def validate_slug(slug: str) -> None:
    """Raises UnableToImport where a dataset can't be called that."""
    if not SLUG.fullmatch(slug):
        raise UnableToImport(
            f"{slug!r} can't be a dataset's slug; use up to 60 letters, digits, hyphens and underscores."
        )


def import_params(
    slug: str, name: str, path: Path, mapping: ItemMapping, *, file_name: str = "", encoding: str | None = None,
    sheet: str | None = None, repair: bool = False, accept_good: bool = False,
) -> ImportParams:  # fmt: skip
    """What an import job needs to know, the file's hash among it."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "slug": slug, "name": name, "path": str(path.resolve()), "file_name": file_name or path.name,
        "encoding": encoding, "sheet": sheet, "mapping": mapping.as_json(), "sha256": digest, "repair": repair,
        "accept_good": accept_good,
    }  # fmt: skip


def request_import(params: ImportParams, *, user: User | None = None, background: bool = True) -> Job:
    """The job that imports a file. The same file with the same mapping is the same job."""
    dataset = Dataset.objects.filter(slug=params["slug"]).first()
    return enqueue("import", dataset, params, user=user, background=background)


@dataclass(frozen=True)
class Checked:
    """A file gone through once: what will be written, and what can't be.

    `rejects` has the file of rejected rows and the first of them.
    """

    source: Source
    parser: ItemParser
    mapping: ItemMapping
    rejects: Rejects

    @property
    def notes(self) -> list[str]:
        left_out = [self.rejects.left_out] if self.rejects.n else []
        return left_out + list(self.parser.notes(self.source.notes))


def run(job: Job, report: Report) -> Write:
    """Check the whole file, then write it in one go."""
    report("checking the file", 0.05)
    checked = check(job.params, lambda rows: report(f"checking the file, {rows:,} rows so far", 0.1))
    if checked.rejects.n:
        Job.objects.filter(pk=job.pk).update(result=checked.rejects.as_json())
    refuse_rejected(checked, job.params)
    for note in checked.notes:  # what was guessed is said before anything is written
        log.warning(note)
    new_labels = None
    if Detection.objects.filter(dataset__slug=job.params["slug"]).exists():
        report("judging the new labels by the pool", 0.4)
        new_labels = check_new_labels(job.params["slug"], checked.source, checked.parser)
    now = timezone.now()

    def write() -> ImportResult:
        dataset = _dataset(job.params, checked.mapping)
        Job.objects.filter(pk=job.pk).update(dataset=dataset)
        bulk.lock_dataset(dataset)
        written = write_items(dataset, checked, now)
        return {
            "encoding": checked.source.encoding, "notes": checked.notes, **written, **checked.rejects.as_json(),
            "repaired": checked.parser.repairs.n if checked.parser.repair else 0, "new_labels": new_labels,
        }  # fmt: skip

    report("writing items and labels", 0.5)
    return write


def check(params: ImportParams, progress: Callable[[int], None] = lambda rows: None) -> Checked:
    """Go through the file with the mapping completed by what the dataset already knows; writes no row.

    Raises UnableToRead, UnableToParse or UnableToImport where the file as a whole can't be taken.
    """
    source = open_source(
        Path(params["path"]), name=params["file_name"], encoding=params["encoding"], sheet=params.get("sheet")
    )
    dataset = Dataset.objects.filter(slug=params["slug"]).first()
    mapping = completed(ItemMapping.from_json(params["mapping"]), dataset)
    parser = ItemParser(source.columns, mapping, params["repair"], mapping.conventions(source.chunks()))
    stored = _Stored(dataset, mapping.split)
    for table in source.chunks():
        parser.check(table, stored.digests)
        progress(parser.n_rows)
    parser.close()
    if not parser.n_rows:
        raise no_rows(source)
    return Checked(source, parser, mapping, _rejects(source, parser))


def refuse_rejected(checked: Checked, params: ImportParams) -> None:
    """Raises the first fault, unless the good rows are wanted and there are some."""
    rejects = checked.rejects
    if rejects.n and not (params["accept_good"] and rejects.n < checked.parser.n_rows):
        raise rejects.error()


def _rejects(source: Source, parser: ItemParser) -> Rejects:
    if not parser.n_rejected:
        return Rejects()

    def rows() -> Iterator[Broken]:
        for table in source.chunks():
            batch = parser.parse(table)
            parser.count(batch)
            yield from batch.rejected

    rejects = Rejects.of(source.columns, rows())
    parser.rewind()
    return rejects


class _Stored:
    """What the dataset holds of one split."""

    def __init__(self, dataset: Dataset | None, split: str) -> None:
        self.items = Item.objects.filter(dataset=dataset, split=split)
        self.any = dataset is not None and self.items.exists()

    def digests(self, names: list[str]) -> dict[str, str]:
        """External id → digest, of those that are stored."""
        return {name: digest for name, _, digest in self._rows(names)}

    def found(self, names: list[str]) -> dict[str, tuple[int, str]]:
        """External id → (item id, digest)."""
        return {name: (pk, digest) for name, pk, digest in self._rows(names)}

    def since(self, last: int) -> dict[str, int]:
        """External id → item id of those inserted after `last`."""
        return dict(self.items.filter(pk__gt=last).values_list("external_id", "id"))

    def _rows(self, names: list[str]) -> Iterator[tuple[str, int, str]]:
        for batch in bulk.in_batches(names if self.any else []):
            yield from self.items.filter(external_id__in=batch).values_list("external_id", "id", "digest")


def completed(mapping: ItemMapping, dataset: Dataset | None) -> ItemMapping:
    """The mapping with a dataset's own fields and classes where it has them; a contradiction is an error."""
    if dataset is None:
        return mapping
    if dataset.fields:
        if not mapping.all_fields:
            mapping = replace(mapping, text=(), fields=dataset.typed_fields)
        elif sorted(map(str, mapping.all_fields)) != sorted(map(str, dataset.typed_fields)):
            known = ", ".join(f"{field.name} ({field.type})" for field in dataset.typed_fields)
            raise UnableToImport(
                f"The dataset {dataset.slug!r} has the fields {known}; name the same ones, or none, to add to it."
            )
    classes = dataset.class_names
    if classes:
        new = [name for name in mapping.classes if name not in classes]
        if new:
            raise UnableToImport(
                f"The dataset {dataset.slug!r} has the classes {', '.join(classes)}; {new[0]!r} is not one of them."
            )
        mapping = replace(mapping, classes=classes)
    return mapping


def _dataset(params: ImportParams, mapping: ItemMapping) -> Dataset:
    fields = [field.as_json() for field in mapping.all_fields]
    dataset, _ = Dataset.objects.get_or_create(slug=params["slug"], defaults={"name": params["name"]})
    if not dataset.fields:
        dataset.fields = fields
        dataset.save(update_fields=["fields"])
    return dataset


def write_items(dataset: Dataset, checked: Checked, now: datetime) -> WrittenItems:
    """Write a checked file; must run in a transaction. Returns what changed, counted."""
    stored = _Stored(dataset, checked.mapping.split)
    before = Item.objects.aggregate(last=Max("id"))["last"] or 0
    writer = LabelWriter(dataset, add_classes(dataset, checked.parser.classes), now)
    new = already_here = 0
    last = before
    for table in checked.source.chunks():
        batch = checked.parser.parse(table)
        known = stored.found(list(dict.fromkeys([*batch.items["external_id"], *batch.labels["external_id"]])))
        _refuse_changed_content(batch, known, checked.mapping)
        fresh = batch.items[~batch.items["external_id"].isin(known)]
        _insert(dataset, checked.mapping.split, fresh, now)
        added = stored.since(last) if len(fresh) else {}
        last = max(added.values(), default=last)
        stored.any = stored.any or bool(added)
        new += len(fresh)
        already_here += len(batch.items) - len(fresh)
        ids = added | {name: pk for name, (pk, _) in known.items()}
        writer.add(batch.labels, ids, frozenset(added.values()))
    return {"items": new, "items_already_here": already_here, **writer.close()}


def _insert(dataset: Dataset, split: str, items: pd.DataFrame, now: datetime) -> None:
    rows = (
        (dataset.pk, split, row.external_id, row.digest, row.content, row.written, row.source, row.received_at, now)
        for row in items.itertuples()
    )
    bulk.insert(Item, ITEM_COLUMNS, rows)


def _refuse_changed_content(batch: ItemBatch, known: dict[str, tuple[int, str]], mapping: ItemMapping) -> None:
    """Another import may have come between check and writing."""
    for row in batch.items.itertuples() if known else ():
        if known.get(row.external_id, (0, row.digest))[1] != row.digest:
            raise UnableToImport(f"Row {row.row}, column {mapping.id!r}: the id {row.external_id!r} {CHANGED}.")
