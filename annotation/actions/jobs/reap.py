"""What the reaper does each round: give stale jobs back, ring again for those nobody picked up, drop old uploads,
and clear what abandoned imports wrote."""

import logging
from datetime import datetime

from django.conf import settings

from annotation.actions.files.unfinished import clear_abandoned
from annotation.actions.files.uploads import prune_uploads
from annotation.actions.jobs.enqueue import ring
from annotation.actions.jobs.parts import report_overdue
from annotation.core.log_ids import log_as
from annotation.models import Job
from annotation.models.job import JobQuerySet

log = logging.getLogger(__name__)


def reap(now: datetime) -> list[int]:
    """Re-queue or fail what went stale, ring again for what was never picked up; returns the ids that were rung for or,
    where nothing rings, given back."""
    prune_uploads(now)
    clear_abandoned(now)
    stale = Job.objects.stale(now)
    _give_up(stale.filter(attempt__gte=Job.ATTEMPTS), now)
    given_back = list(stale.order_by("id").values_list("id", flat=True))
    stale.give_back(now)
    report_overdue()
    return _ring_again(now) if settings.REDIS_URL else given_back


def _ring_again(now: datetime) -> list[int]:
    rung = []
    for job_id in Job.objects.unheard(now).order_by("id").values_list("id", flat=True):
        if Job.objects.unheard(now).filter(pk=job_id).update(rung_at=now):
            ring(job_id)
            rung.append(job_id)
    return rung


def _give_up(dead: JobQuerySet, now: datetime) -> None:
    for job in dead:
        with log_as(f"job {job.pk}"):
            log.error(
                "job %s (%s) failed: its worker died %s times, at last %r", job.pk, job.kind, job.attempt, job.stage
            )
    dead.update(
        status=Job.FAILED, finished_at=now,
        error="The worker died three times during this job. Look into the worker's log, then ask for it again.",
    )  # fmt: skip
