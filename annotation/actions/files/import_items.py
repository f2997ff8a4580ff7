"""A file of items, with or without labels, into a dataset: all of it, or its good rows, or nothing.

The file is gone through part by part to check all of it; what can be written is kept on disk meanwhile: however long
it is, memory stays the same but for 1 to 7 bytes a row. Where everybody who writes waits for everybody else, it is
written piece by piece, unseen until all is there; else in one transaction.
"""

import errno
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NotRequired, TypedDict

from django.db import OperationalError, transaction
from django.utils import timezone

from annotation import bulk
from annotation.actions.classes.left_out_rows import unknown_label
from annotation.actions.datasets.rename import free_name
from annotation.actions.files.check_new_labels import check_new_labels
from annotation.actions.files.pieces import add_known_answers, write_hidden
from annotation.actions.files.record_import import (
    Incoming,
    begin_import,
    end_import,
    refuse_archived,
    sha256_of,
)
from annotation.actions.files.record_import import UnableToImport as UnableToImport
from annotation.actions.files.rejected_rows import Rejects, RejectsJson
from annotation.actions.files.unfinished import PIECE, refuse_beside, reveal, wait_for_others
from annotation.actions.files.write_items import TABLES, ItemWriter, Stored, WrittenItems
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import Write
from annotation.core.files.bounded.kept_rows import KeptRows
from annotation.core.files.own_export import recognised
from annotation.core.files.parsing_items import ItemMapping, ItemParser, MappingJson
from annotation.core.files.tables import Broken, Source, no_rows, open_source
from annotation.core.judging.said import NewLabelsJson
from annotation.core.progress import Report
from annotation.models import Dataset, Detection, FileImport, Job, User

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


class ImportResult(WrittenItems, RejectsJson):
    """What a job of the kind import gives."""

    file_import: int
    encoding: str
    repaired: int
    new_labels: NewLabelsJson | None


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
    return {
        "slug": slug, "name": name, "path": str(path.resolve()), "file_name": file_name or path.name,
        "encoding": encoding, "sheet": sheet, "mapping": mapping.as_json(), "sha256": sha256_of(path), "repair": repair,
        "accept_good": accept_good,
    }  # fmt: skip


def request_import(params: ImportParams, *, user: User | None = None, background: bool = True) -> Job:
    """The job that imports a file; the same file with the same mapping is the same job until that is done. After it
    others may have come, so what is to be written is found anew."""
    dataset = Dataset.objects.filter(slug=params["slug"]).first()
    return enqueue("import", dataset, params, user=user, background=background, anew=True)


@dataclass(frozen=True)
class Checked:
    """A file gone through once: what will be written, and what can't be.

    `rejects` has the file of rejected rows and the first of them; `unknown` the external id and the label of
    those whose label is no class.
    """

    source: Source
    parser: ItemParser
    mapping: ItemMapping
    rejects: Rejects
    unknown: Sequence[tuple[str, str]] = ()

    @property
    def notes(self) -> list[str]:
        left_out = [self.rejects.left_out] if self.rejects.n else []
        return left_out + list(self.parser.notes(self.source.notes))


def run(job: Job, report: Report) -> Write:
    """As `_run`. A disk that is full is said in a sentence."""
    try:
        return _run(job, report)
    except (OSError, OperationalError) as error:
        if getattr(error, "errno", None) != errno.ENOSPC and "disk is full" not in str(error):
            raise
        raise UnableToImport("The server's disk is full and nothing was imported; free some, then ask again.") from None


def _run(job: Job, report: Report) -> Write:
    """Check the whole file, then write it: at once where nobody waits for that, else piece by piece and hidden."""
    slug = job.params["slug"]
    if half := wait_for_others(slug, job, report):
        return _go_on(job, half, report)
    report("checking the file", 0.05)
    checked = check(job.params, lambda rows: report(f"checking the file, {rows:,} rows so far", 0.1))
    if checked.rejects.n:
        Job.objects.filter(pk=job.pk).update(result=checked.rejects.as_json())
    refuse_rejected(checked, job.params)
    for note in checked.notes:  # what was guessed is said before anything is written
        log.warning(note)
    new_labels = None
    if Detection.objects.filter(dataset__slug=slug).exists():
        report("judging the new labels by the pool", 0.4)
        new_labels = check_new_labels(slug, checked.source, checked.parser)
    now = timezone.now()
    begin = partial(_begin, job, checked, now)
    if bulk.one_writer_at_a_time() and checked.parser.n_rows > PIECE:
        writer = write_hidden(checked.parser, begin, checked.unknown, report)
        return _shown(job, checked, writer, new_labels, report)

    def write() -> ImportResult:
        writer = begin("")
        for part in checked.parser.ready():
            writer.add(part)
        written = writer.close(checked.unknown)
        if checked.parser.n_rows >= bulk.BATCH:
            bulk.refresh_statistics(*TABLES)
        return _ended(writer.brought, checked, written, new_labels)

    report("writing items and labels", 0.5)
    return write


def _begin(job: Job, checked: "Checked", now: datetime, state: str) -> ItemWriter:
    """The import's row, fields and classes, under the dataset's lock; must run in a transaction."""
    dataset = _dataset(job.params, checked.mapping)
    Job.objects.filter(pk=job.pk).update(dataset=dataset)
    bulk.lock_dataset(dataset)
    refuse_archived(dataset)
    brought = begin_import(
        dataset, _incoming(job, checked), now, rows=checked.parser.n_rows, rejected=checked.rejects.n, state=state
    )
    refuse_beside(brought)
    hidden = state == FileImport.WRITING
    return ItemWriter(checked.source, checked.mapping, checked.parser.classes, brought, now, hidden)


def _ended(
    brought: FileImport, checked: "Checked", written: WrittenItems, new_labels: NewLabelsJson | None
) -> ImportResult:  # fmt: skip
    written["notes"] = checked.notes + written["notes"]
    end_import(brought, items=written["items"], labels=written["labels"], notes=written["notes"])
    return {
        "file_import": brought.pk, "encoding": checked.source.encoding, **written, **checked.rejects.as_json(),
        "repaired": checked.parser.repairs.n if checked.parser.repair else 0, "new_labels": new_labels,
    }  # fmt: skip


def _shown(
    job: Job, checked: "Checked", writer: ItemWriter, new_labels: NewLabelsJson | None, report: Report
) -> Write:  # fmt: skip
    """All is there: from here on it is shown, and whoever takes the job over goes on with that."""
    brought = writer.brought
    with transaction.atomic():
        report("showing what came in", 0.8)
        result = _ended(brought, checked, writer.close(checked.unknown), new_labels)
        brought.state = FileImport.REVEALING
        brought.save(update_fields=["state"])
        Job.objects.filter(pk=job.pk).update(result=result)
    reveal(brought, checked.mapping.split, report)
    if writer.known_answers:
        add_known_answers(writer, checked.parser, report)
        with transaction.atomic():
            report("writing labels of items that were here", 0.95)
            result = _ended(brought, checked, writer.close(()), new_labels)
    return partial(_whole, brought, result)


def _go_on(job: Job, brought: FileImport, report: Report) -> Write:
    """Show the rest of what an attempt before this one wrote."""
    reveal(brought, brought.split, report)
    result: ImportResult = job.outcome
    if result["items_already_here"]:
        checked = check(job.params)
        writer = ItemWriter(checked.source, checked.mapping, checked.parser.classes, brought, brought.created_at, True)
        add_known_answers(writer, checked.parser, report)
        with transaction.atomic():
            report("writing labels of items that were here", 0.95)
            writer.close(())
        result["labels"] = brought.brought_labels.count()
    return partial(_whole, brought, result)


def _whole(brought: FileImport, result: ImportResult) -> ImportResult:
    brought.state, brought.labels = FileImport.WHOLE, result["labels"]
    brought.save(update_fields=["state", "labels"])
    bulk.refresh_statistics(*TABLES)
    return result


def _incoming(job: Job, checked: Checked) -> Incoming:
    return Incoming(
        "items", job.params["file_name"], job.params["sha256"], checked.mapping.as_json(), checked.source.encoding,
        checked.mapping.split, job, job.created_by,
    )  # fmt: skip


def check(params: ImportParams, progress: Callable[[int], None] = lambda rows: None) -> Checked:
    """Go through the file with the mapping completed by what the dataset already knows; writes no row.

    Raises UnableToRead, UnableToParse or UnableToImport where the file as a whole can't be taken.
    """
    source = open_source(
        Path(params["path"]), name=params["file_name"], encoding=params["encoding"], sheet=params.get("sheet")
    )
    dataset = Dataset.objects.filter(slug=params["slug"]).first()
    refuse_archived(dataset)
    mapping = completed(ItemMapping.from_json(params["mapping"]), dataset)
    source = recognised(source, mapping)
    conventions = mapping.conventions(source.chunks())
    parser = ItemParser(source.columns, mapping, params["repair"], conventions, KeptRows())
    stored = Stored(dataset, mapping.split)
    for table in source.chunks(PIECE):
        parser.check(table, stored.digests)
        progress(parser.n_rows)
    parser.close()
    if not parser.n_rows:
        raise no_rows(source)
    unknown: list[tuple[str, str]] = []
    return Checked(source, parser, mapping, _rejects(source, parser, unknown), unknown)


def refuse_rejected(checked: Checked, params: ImportParams) -> None:
    """Raises the first fault, unless the good rows are wanted and there are some."""
    rejects = checked.rejects
    if rejects.n and not (params["accept_good"] and rejects.n < checked.parser.n_rows):
        raise rejects.error()


def _rejects(source: Source, parser: ItemParser, unknown: list[tuple[str, str]]) -> Rejects:
    if not parser.n_rejected:
        return Rejects()

    def rows() -> Iterator[Broken]:
        for table in source.chunks():
            batch = parser.parse(table)
            parser.count(batch)
            for row in batch.rejected:
                if said := unknown_label(row, source.columns, parser.mapping):
                    unknown.append(said)
                yield row

    rejects = Rejects.of(source.columns, rows())
    parser.rewind()
    return rejects


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
    classes = dataset.classes
    if classes.names:
        mapping = replace(mapping, classes=tuple(dict.fromkeys([*classes.understood, *mapping.classes])))
    return mapping


def _dataset(params: ImportParams, mapping: ItemMapping) -> Dataset:
    fields = [field.as_json() for field in mapping.all_fields]
    dataset = Dataset.objects.filter(slug=params["slug"]).first()
    if dataset is None:
        dataset = Dataset.objects.create(slug=params["slug"], name=free_name(params["name"], Dataset.objects.all()))
    if not dataset.fields:
        dataset.fields = fields
        dataset.save(update_fields=["fields"])
    return dataset
