"""Cancel a job: queued at once, running at its next report, waiting together with its parts."""

from datetime import datetime

from django.db import transaction

from annotation.actions.jobs.parts import lock_wholes, report_to_wholes
from annotation.core.refusal import Refusal
from annotation.models import Dataset, Job


class UnableToCancel(Refusal):
    """There is no such job, or it is over."""


def cancel(job: Job, now: datetime) -> None:
    """Nothing the job would have written will be written. Parts go with it unless another job waits for them; what
    they wrote already stays and is used again when the same is asked for anew. Raises UnableToCancel."""
    with transaction.atomic():
        lock_wholes(job)
        if not _cancel(job.pk, now):
            job.refresh_from_db()
            raise UnableToCancel(f"Job {job.pk} is {job.status} already; there is nothing to cancel.")
        report_to_wholes(job)
    job.refresh_from_db()


def job_by_id(dataset: Dataset, pk: int) -> Job:
    found = dataset.jobs.filter(pk=pk).first()
    if found is None:
        going = dataset.jobs.unfinished().order_by("id").values_list("id", flat=True)[:10]
        known = ", ".join(map(str, going)) or "none"
        raise UnableToCancel(f"{dataset.slug!r} has no job {pk}. Its jobs that are not over: {known}.")
    return found


def _cancel(pk: int, now: datetime) -> bool:
    """False where the job is over. A worker that runs it finds at its next report that the row is no longer its own."""
    mine = Job.objects.filter(pk=pk).unfinished()
    if not mine.update(status=Job.CANCELLED, finished_at=now, stage="cancelled"):
        return False
    parts = Job.objects.filter(parent=pk).unfinished().exclude(wholes__status__in=Job.UNFINISHED)
    for part in list(parts.order_by("id").values_list("id", flat=True)):
        _cancel(part, now)
    return True
