"""One life for every job: claim, heartbeat, compute, write in one fenced transaction.

A runner is `run(job, report) -> write`. It computes without writing and returns `write`, which inserts every row and
returns the job's result. `write` runs in one transaction with the row that ends the job, so a job is done and its
facts are there, or neither; a worker that was given up for dead and comes back cannot write.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone

from annotation.models import Job

log = logging.getLogger(__name__)

Report = Callable[[str, float], None]
Write = Callable[[], dict[str, Any]]
JOB_RUNNERS: dict[str, Callable[[Job, Report], Write]] = {}


class UnableToWork(Exception):
    """The job can't be done as asked; the message is for the person who asked."""


class Superseded(Exception):
    """Another attempt owns this job now."""


def work(job_id: int) -> Job | None:
    """Claim and run the job; None when it was not there to be claimed."""
    job = claim(job_id)
    if job is None:
        return None
    try:
        with beating(job):
            write = JOB_RUNNERS[job.kind](job, reporter(job))
            with transaction.atomic():
                _end(job, Job.DONE, progress=1.0, stage="done", error="")
                result = write()
                Job.objects.filter(pk=job.pk).update(result=result)
    except Superseded:
        log.warning("job %s attempt %s was superseded; its work is dropped", job.pk, job.attempt)
    except Exception as error:
        _fail(job, error)
    job.refresh_from_db()
    return job


def claim(job_id: int) -> Job | None:
    """Win the job with one conditional UPDATE: it is queued, or it was running and went stale."""
    now = timezone.now()
    stale = models.Q(status=Job.RUNNING, heartbeat_at__lt=now - timedelta(seconds=settings.STALE_SECONDS))
    won = Job.objects.filter(models.Q(status=Job.QUEUED) | stale, pk=job_id).update(
        status=Job.RUNNING, attempt=models.F("attempt") + 1, heartbeat_at=now, started_at=now, stage="starting",
        progress=0, error="",
    )  # fmt: skip
    return Job.objects.get(pk=job_id) if won else None


def reporter(job: Job) -> Report:
    def report(stage: str, share: float) -> None:
        """Show `stage` and the share done in [0, 1]; raises Superseded when the job is no longer ours."""
        if not _mine(job).update(stage=stage[:120], progress=min(max(share, 0.0), 1.0), heartbeat_at=timezone.now()):
            raise Superseded

    return report


@contextmanager
def beating(job: Job) -> Iterator[None]:
    """Show life every HEARTBEAT_SECONDS from a thread of its own, while the work goes on. 0 turns it off."""
    stop = threading.Event()
    thread = threading.Thread(target=_beat, args=(job, stop), daemon=True)
    if settings.HEARTBEAT_SECONDS:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if thread.is_alive():
            thread.join()


def _beat(job: Job, stop: threading.Event) -> None:
    try:
        while not stop.wait(settings.HEARTBEAT_SECONDS):
            try:
                _mine(job).update(heartbeat_at=timezone.now())
            except DatabaseError as error:
                log.warning("job %s could not show life (%s)", job.pk, error)
    finally:
        connection.close()


def _mine(job: Job) -> models.QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, status=Job.RUNNING, attempt=job.attempt)


def _end(job: Job, status: str, **changes: Any) -> None:
    if not _mine(job).update(status=status, finished_at=timezone.now(), **changes):
        raise Superseded


def _fail(job: Job, error: Exception) -> None:
    """A sentence for the person who asked; an error of ours is named as one and its trace logged."""
    if isinstance(error, UnableToWork) or type(error).__name__.startswith("UnableTo"):
        sentence = str(error)
    else:
        log.exception("job %s failed", job.pk)
        sentence = f"This failed unexpectedly ({type(error).__name__}: {error}). The server's log has the details."
    try:
        _end(job, Job.FAILED, error=sentence)
    except Superseded:
        log.warning("job %s attempt %s failed after it was superseded", job.pk, job.attempt)


def work_here(job: Job, poll_seconds: float = 0.5) -> Job:
    """Work the job in this process, or wait for whoever is at it; raises UnableToWork with its sentence if it fails."""
    while not job.is_over:
        if work(job.pk) is None:
            time.sleep(poll_seconds)
        job.refresh_from_db()
    if job.status != Job.DONE:
        raise UnableToWork(job.error or f"The job was {job.status}.")
    return job
