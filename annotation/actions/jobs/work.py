"""One life for every job: claim, heartbeat, compute, write in one fenced transaction.

A runner is `run(job, report) -> write`. It computes without writing and returns `write`, which inserts every row and
returns the job's result. `write` runs in one transaction with the row that ends the job, so a job is done and its
facts are there, or neither; a worker that was given up for dead and comes back cannot write. A runner whose work has
parts returns a `Wait` first, and is run again once they are over. One that writes much, for which everybody would wait,
writes before, in short transactions that each begin with `report`: from there on nobody else can take the job over
before they end. What they write nobody reads until a last, short one takes a mark away, and the next attempt begins by
clearing what an earlier one left.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from annotation.actions.items.keep_counts import keep_counts
from annotation.actions.jobs.parts import Wait, begin, lock_wholes, report_progress, report_to_wholes, ring_next
from annotation.actions.operating.show_life import LifeOf, take_leave
from annotation.core.log_ids import log_as
from annotation.core.progress import Report
from annotation.core.refusal import Refusal
from annotation.core.running.alive import say_alive, say_idle
from annotation.models import Job, Process
from annotation.models.job import JobQuerySet

log = logging.getLogger(__name__)
# Jobs that are tried in turn: others may take the first few at the same moment.
IN_TURN = 20

# What it returns is the job's result: the TypedDict of its kind.
Write = Callable[[], Mapping[str, object]]
# By kind. Each app adds its own in its module `runners`, loaded with the first job.
JOB_RUNNERS: dict[str, Callable[[Job, Report], Write | Wait]] = {}


class UnableToWork(Refusal):
    """The job can't be done as asked; the message is for the person who asked."""


class Superseded(Exception):
    """Another attempt owns this job now."""


def work(job_id: int, rings: bool = True) -> Job | None:
    """Claim and run the job; None when it was not there to be claimed. Without `rings` no worker is told of anything:
    the caller goes on by itself."""
    job = claim(job_id)
    if job is None:
        return None
    with log_as(f"job {job.pk} of request {job.asked_in}" if job.asked_in else f"job {job.pk}"):
        _work(job, rings)
    job.refresh_from_db()
    if job.dataset:
        keep_counts(job.dataset)
    return job


def _work(job: Job, rings: bool) -> None:
    if job.parent_id:
        ring_next(job.parent_id, rings)
    try:
        with beating(job, rings):
            autodiscover_modules("runners")
            outcome = JOB_RUNNERS[job.kind](job, reporter(job))
            with transaction.atomic():
                _finish(job, outcome, rings)
    except Superseded:
        log.warning("job %s attempt %s was superseded or cancelled; its work is dropped", job.pk, job.attempt)
    except Refusal as refusal:
        _fail(job, str(refusal), rings)
    except SystemExit:
        # This process is told to end: a restart is no fault of the job, and costs it no attempt.
        _mine(job).give_back(timezone.now(), attempt=models.F("attempt") - 1)
        raise
    except Exception as error:
        log.exception("job %s (%s) failed", job.pk, job.kind)
        said = f"This failed unexpectedly ({type(error).__name__}: {error})."
        _fail(job, f"{said} The server's log has the details under job {job.pk}.", rings)


def _finish(job: Job, outcome: Write | Wait, rings: bool) -> None:
    """End the job with what it wrote, or let it wait for its parts."""
    lock_wholes(job)
    if isinstance(outcome, Wait):
        # the attempts of the closing stage are counted anew
        _change(job, status=Job.WAITING, attempt=0, stage="waiting for its parts", error="")
        begin(job, outcome, rings)
        return
    # asked first: from here on nobody else can end the job
    _change(job, status=Job.DONE, progress=1.0, stage="done", error="")
    result = outcome()
    Job.objects.filter(pk=job.pk).update(result=result, finished_at=timezone.now())
    report_to_wholes(job, rings)


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
def beating(job: Job, as_worker: bool = False) -> Iterator[None]:
    """Show life every HEARTBEAT_SECONDS from a thread of its own, while the work goes on. 0 turns it off. as_worker:
    this process is one, and not a command that works its own job."""
    stop = threading.Event()
    thread = threading.Thread(target=_beat, args=(job, stop, as_worker), daemon=True)
    if settings.HEARTBEAT_SECONDS:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if thread.is_alive():
            thread.join()
        say_idle()


def _beat(job: Job, stop: threading.Event, as_worker: bool) -> None:
    life = LifeOf(Process.WORKER)
    try:
        while True:
            say_alive()
            if as_worker:
                life.show(job)
            if stop.wait(settings.HEARTBEAT_SECONDS):
                return
            try:
                _mine(job).update(heartbeat_at=timezone.now())
            except DatabaseError as error:
                log.warning("job %s could not show life (%s)", job.pk, error)
    finally:
        if as_worker:
            take_leave()
        connection.close()


def _mine(job: Job) -> JobQuerySet:
    # a job that waited counts its attempts anew, so the moment of the claim tells them apart
    return Job.objects.filter(pk=job.pk, status=Job.RUNNING, attempt=job.attempt, started_at=job.started_at)


def _change(job: Job, **changes: Any) -> None:
    if not _mine(job).update(**changes):
        raise Superseded


def _fail(job: Job, sentence: str, rings: bool) -> None:
    try:
        with transaction.atomic():
            lock_wholes(job)
            _change(job, status=Job.FAILED, finished_at=timezone.now(), error=sentence)
            report_to_wholes(job, rings)
    except Superseded:
        log.warning("job %s attempt %s failed after it was superseded", job.pk, job.attempt)


def work_in_turn(rung_for: int) -> Job | None:
    """Answer a ring with the job whose turn it is, which need not be the one that was rung for: messages come in the
    order in which they were sent, whoever sent hundreds. Each ring is answered by one job as long as any waits that
    this worker takes."""
    waiting = Job.objects.to_be_worked(timezone.now(), settings.WORKS).values_list("id", flat=True)
    for job_id in list(waiting[:IN_TURN]):
        if (job := work(job_id)) is not None:
            return job
    return work(rung_for) if Job.objects.of_lane(settings.WORKS).filter(pk=rung_for).exists() else None


def work_what_waits(idle_seconds: float, poll_seconds: float = 0.3) -> None:
    """Work one job after another, and return when none was waiting for so long."""
    life = LifeOf(Process.WORKER)
    until = time.monotonic() + idle_seconds
    while True:
        say_alive()
        life.show()
        mine = Job.objects.to_be_worked(timezone.now(), settings.WORKS)
        waiting = mine.values_list("id", flat=True).first()
        if waiting is not None:
            work(waiting)
            until = time.monotonic() + idle_seconds
        elif time.monotonic() >= until:
            return
        else:
            time.sleep(poll_seconds)


def work_here(job: Job, poll_seconds: float = 0.5) -> Job:
    """Work the job and its parts in this process, or wait for whoever is at it; raises UnableToWork with its sentence
    if it fails."""
    while not job.is_over:
        if not _work_once(job):
            time.sleep(poll_seconds)
        job.refresh_from_db()
    if job.status != Job.DONE:
        raise UnableToWork(job.error or f"The job was {job.status}.")
    return job


def _work_once(job: Job) -> bool:
    """Work the job, or one of the parts it waits for; False where all of it is in other hands."""
    if job.status != Job.WAITING:
        return work(job.pk, rings=False) is not None
    parts = list(job.parts.unfinished().order_by("id"))
    return any(map(_work_once, parts)) if parts else report_progress(job.pk, rings=False)
