"""A dataset is erased: its rows in every table, its artifacts and uploads, and what the database keeps of deleted ones.

The rows go in batches, each a transaction, from what points to what is pointed to: whatever stops it, the rest goes
when it is asked for again.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import Max, Model, QuerySet
from django.utils import timezone

from annotation import bulk
from annotation.actions.files.uploads import Upload, drop_upload, uploads_of
from annotation.actions.jobs.cancel import UnableToCancel, cancel
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import Write
from annotation.core.artifacts import NAME
from annotation.core.progress import Report
from annotation.core.refusal import Refusal
from annotation.models import Dataset, Erasure, Job, Membership, User
from annotation.reading.datasets.owned import OwnedTable, digests_named, jobs_beside, newer_of_its_own, owned_tables
from annotation.reading.sampling.counts import count_up_to

KIND = "erasure"
# A file that no row names yet may be one that a job is about to name.
YOUNG = 60  # seconds


class ErasureParams(TypedDict):
    """`counts`: table → rows, and `files`, when the job that erases them began; not there before."""

    dataset: int
    slug: str
    counts: NotRequired[dict[str, int]]
    files: NotRequired[int]


class UnableToErase(Refusal):
    """It was not asked for by its name, or by nobody who may."""


@dataclass(frozen=True)
class WhatGoes:
    """`counts`: table → rows, of those that have any; `files`: artifacts and uploads that nothing else uses. most: of a
    table with more rows so many and one were counted; 0 = all were."""

    counts: dict[str, int]
    files: int
    most: int = 0

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    @property
    def are_more(self) -> bool:
        return 0 < self.most < max(self.counts.values(), default=0)


def may_erase(user: User, dataset: Dataset) -> bool:
    return user.is_staff or dataset.role_of(user) == Membership.LEAD


def what_goes(dataset: Dataset, most: int = 0) -> WhatGoes:
    """most: rows of a table that are counted at most, 0 = all."""

    def n_of(rows: QuerySet[Any]) -> int:
        return count_up_to(rows, most) if most else rows.count()

    counts = {table.name: n_of(table.rows(dataset.pk)) for table in owned_tables()}
    files = len(_artifacts(dataset)) + len(list(uploads_of(dataset)))
    return WhatGoes({name: n for name, n in counts.items() if n}, files, most)


def request_erasure(dataset: Dataset, name: str, user: User | None, *, background: bool = True) -> Job:
    """The job that erases it; the dataset is put away at once and its other jobs are cancelled.

    `name` has to be its name, as it stands. Raises UnableToErase.
    """
    if user is not None and not may_erase(user, dataset):
        raise UnableToErase(f"Only those who lead {dataset.name}, or run the site, can erase it.")
    if name != dataset.name:
        raise UnableToErase(f"{name!r} is not the name of this dataset. To erase it, write {dataset.name!r}.")
    for job in dataset.jobs.unfinished().filter(parent=None).order_by("id"):
        with suppress(UnableToCancel):  # it has just ended by itself
            cancel(job, timezone.now())
    going = Job.objects.unfinished().filter(kind=KIND, params__dataset=dataset.pk).first()
    if going:
        return going
    Dataset.objects.filter(pk=dataset.pk, archived_at=None).update(archived_at=timezone.now())
    params: ErasureParams = {"dataset": dataset.pk, "slug": dataset.slug}
    return enqueue(KIND, None, params, user=user, background=background)


def run(job: Job, report: Report) -> Write:
    """Unlike other jobs it writes as it goes: what is erased is gone, however the job ends."""
    asked = _with_counts(job, report)
    report("deleting rows", 0.1)
    _empty(asked, job.created_by, report)
    report("taking what was deleted out of the database file", 0.9)
    clean = bulk.compact([table.model for table in owned_tables()])
    counts = asked["counts"]

    def write() -> dict[str, object]:
        return {"dataset": asked["slug"], "rows": sum(counts.values()), "files": asked["files"], "clean": clean}

    return write


def _with_counts(job: Job, report: Report) -> ErasureParams:
    """What is to be erased as it stood before any of it was: kept with the job, for one that goes on after another."""
    asked: ErasureParams = job.params
    dataset = Dataset.objects.filter(pk=asked["dataset"]).first()
    if "counts" not in asked and dataset:
        report("counting what goes", 0.05)
        goes = what_goes(dataset)
        asked |= {"counts": goes.counts, "files": goes.files}
        Job.objects.filter(pk=job.pk).update(params=asked)
    return asked


def _empty(asked: ErasureParams, user: User | None, report: Report) -> None:
    dataset = Dataset.objects.filter(pk=asked["dataset"]).first()
    if dataset is None:
        return  # an earlier attempt came this far
    bulk.forget_deleted()
    for upload in uploads_of(dataset):
        drop_upload(upload)
    for path in _artifacts(dataset):
        path.unlink(missing_ok=True)
    tables = owned_tables()
    for at, table in enumerate(tables[:-1]):
        report("deleting rows", 0.1 + 0.8 * at / len(tables))
        _delete(table, dataset.pk)
    jobs_beside(dataset.slug).delete()
    try:
        with transaction.atomic():
            _log_entries(Dataset, [dataset.pk])
            Dataset.objects.filter(pk=dataset.pk)._raw_delete(Dataset.objects.db)
            Erasure.objects.create(slug=asked["slug"], counts=asked["counts"], files=asked["files"], user=user)
    except IntegrityError:
        raise UnableToErase(
            f"Somebody was still at work in {asked['slug']!r} while it was erased; ask for it again to erase the rest."
        ) from None


def _delete(table: OwnedTable, dataset_id: int) -> None:
    """The newest first, as a row that points into its own table points to an older one."""
    for link in table.loose:
        field = table.model._meta.get_field(link)
        rows = table.rows(dataset_id).exclude(**{link: None})
        newer = rows.filter(newer_of_its_own(table.model, link)) if field.related_model is table.model else rows
        for batch in bulk.in_batches(list(newer.values_list("pk", flat=True))):
            table.model._base_manager.filter(pk__in=batch).update(**{link: None})
    last = table.rows(dataset_id).aggregate(last=Max("pk"))["last"]
    while last is not None:
        found = table.rows(dataset_id).filter(pk__lte=last).order_by("-pk").values_list("pk", flat=True)
        batch = list(found[: bulk.BATCH + 1])
        last = batch.pop() if len(batch) > bulk.BATCH else None
        with transaction.atomic():
            _log_entries(table.model, batch)
            rows = table.model._base_manager.filter(pk__in=batch)
            rows._raw_delete(rows.db)


def _log_entries(model: type[Model], pks: Iterable[int]) -> None:
    """The site's administration keeps names of what was changed there."""
    kept = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))
    if kept.exists():
        kept.filter(object_id__in=list(map(str, pks))).delete()


def _artifacts(dataset: Dataset) -> list[Path]:
    """Those that rows or uploads of the dataset name, and what failed jobs left behind, unless others name them too."""
    others = Dataset.objects.exclude(pk=dataset.pk)
    kept = digests_named(dataset.pk, by_others=True) | _rejected(others)
    own = digests_named(dataset.pk, by_others=False) | _rejected([dataset])
    old, busy = time.time() - YOUNG, Job.objects.filter(status=Job.RUNNING).exclude(kind=KIND).exists()
    found = []
    for path in settings.ARTIFACTS_DIR.glob("*"):
        if not NAME.fullmatch(path.name) or path.name[:64] in kept:
            continue
        if path.name[:64] in own or (not busy and path.stat().st_mtime < old):
            found.append(path)
    return found


def _rejected(datasets: Iterable[Dataset]) -> set[str]:
    """Digests of the rejected rows of uploads."""
    uploads: list[Upload] = [upload for dataset in datasets for upload in uploads_of(dataset)]
    return {str(upload.choices.get("rejected", ""))[:64] for upload in uploads}
