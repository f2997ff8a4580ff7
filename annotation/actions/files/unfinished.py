"""Imports that are not over: hidden while they are written, then shown.

Killed while it writes, an import begins again once what it had written is cleared; killed while it shows what is all
there, it goes on with that.
"""

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from annotation.actions.datasets.begin_anew import forget_the_first
from annotation.actions.files.record_import import UnableToImport
from annotation.actions.jobs.fenced import RowPace
from annotation.core.progress import Report
from annotation.models import CurrentLabel, FileImport, Item, Job, Label

PIECE = 2_500  # rows
SHOWN = 5_000  # items
POLL = 1.0  # seconds
CLEARED = 5.0  # seconds of clearing in a round of the reaper


def reveal(brought: FileImport, split: str, report: Report) -> None:
    """Show the items of an import that is all there, in the order of their ids."""
    last, pace = 0, RowPace(SHOWN)
    hidden = Item.objects.filter(brought_by=brought, split=Item.TAKEN_BACK, taken_back=brought.pk)
    while ids := list(hidden.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[: pace.rows]):
        with pace.fenced(report, "showing what came in", 0.85):
            hidden.filter(pk__gte=ids[0], pk__lte=ids[-1]).update(split=split, taken_back=0)
        last = ids[-1]


def wait_for_others(slug: str, job: Job, report: Report) -> FileImport | None:
    """Until no other import writes into the dataset in pieces; what was abandoned is cleared. The import of this very
    job that only remains to be shown, if there is one."""
    while True:
        unfinished = FileImport.objects.filter(dataset__slug=slug, state__in=FileImport.UNFINISHED)
        others = [one for one in unfinished.select_related("job", "dataset") if not _clear(one, job)]
        if own := next((one for one in others if one.job_id == job.pk), None):
            return own
        if not any(_is_worked(one.job) for one in others):
            return None
        report("waiting for another file to be taken in", 0.0)
        time.sleep(POLL)


def refuse_beside(brought: FileImport) -> None:
    """Raises UnableToImport where another import is being written into the dataset; under the dataset's lock."""
    others = FileImport.objects.filter(dataset=brought.dataset_id, state__in=FileImport.UNFINISHED)
    if other := others.exclude(pk=brought.pk).first():
        raise UnableToImport(f"{other.file_name} is being taken in; import this file once that is over.")


def _is_worked(job: Job | None) -> bool:
    return job is not None and job.status == Job.RUNNING and not Job.objects.stale(timezone.now()).filter(pk=job.pk)


def _clear(brought: FileImport, job: Job | None = None, until: float = float("inf")) -> bool:
    """Delete what an abandoned import wrote, a transaction a piece; False where it is not abandoned: somebody works on
    it, or only remains to show it. `job`: the one that takes it over."""
    mine = job is not None and brought.job_id == job.pk
    if brought.state == FileImport.REVEALING and (brought.job is None or brought.job.is_over):
        _show_the_rest(brought)
        return True
    if brought.state != FileImport.WRITING or (not mine and _is_worked(brought.job)):
        return False
    hidden = Item.objects.filter(brought_by=brought, taken_back=brought.pk)
    while ids := list(hidden.order_by("-pk").values_list("pk", flat=True)[:PIECE]):
        with transaction.atomic():
            for rows in (CurrentLabel, Label):
                rows.objects.filter(item__gte=ids[-1], item__lte=ids[0], item__brought_by=brought).delete()
            Item.objects.filter(pk__gte=ids[-1], pk__lte=ids[0], brought_by=brought)._raw_delete("default")
        if time.monotonic() > until:
            return True
    with transaction.atomic():
        dataset = brought.dataset
        FileImport.objects.filter(pk=brought.pk).delete()
        if not mine:
            forget_the_first(dataset, timezone.now())
    return True


def _show_the_rest(brought: FileImport) -> None:
    """Cancelled or failed when all was there and a part of it shown: then all of it is."""
    reveal(brought, brought.split, lambda stage, share: None)
    brought.state = FileImport.WHOLE
    brought.save(update_fields=["state"])


def clear_abandoned(now: datetime) -> int:
    """Clear what imports wrote whose job failed or was cancelled, as much as a round of the reaper has time for, and
    show the rest of what was shown in part; returns how many were looked at."""
    over = FileImport.objects.filter(state__in=FileImport.UNFINISHED).exclude(job__status__in=Job.UNFINISHED)
    old = over.filter(created_at__lt=now - timedelta(seconds=settings.STALE_SECONDS))
    until = time.monotonic() + CLEARED
    n = 0
    for brought in old.select_related("job", "dataset"):
        _clear(brought, until=until)
        n += 1
    return n
