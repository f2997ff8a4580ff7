"""What the reaper does each round: give stale jobs back, ring again for those nobody picked up, drop old uploads,
clear what abandoned imports and detections wrote, and have PostgreSQL count what it has not counted yet."""

import logging
import time
from collections.abc import Callable
from datetime import datetime

from django.conf import settings

from annotation import bulk
from annotation.actions.detecting.desks import clear_desks
from annotation.actions.detecting.drop import drop_unfinished
from annotation.actions.files.unfinished import clear_abandoned
from annotation.actions.files.uploads import prune_uploads
from annotation.actions.jobs.doorbell import ring_again
from annotation.actions.jobs.parts import report_overdue
from annotation.core.log_ids import log_as
from annotation.models import Job
from annotation.models.job import LONG_AGO, JobQuerySet

log = logging.getLogger(__name__)


class Silence:
    """Running jobs whose last sign of life has not changed for STALE_SECONDS, by this process's own steady clock: no
    clock that jumps, on this machine or on the worker's, makes a job look dead or a dead one alive."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.seen: dict[tuple[int, int, datetime | None], float] = {}

    def jobs(self) -> list[int]:
        now = self.clock()
        running = Job.objects.filter(status=Job.RUNNING).values_list("id", "attempt", "heartbeat_at")
        self.seen = {sign: self.seen.get(sign, now) for sign in running}
        return [sign[0] for sign, since in self.seen.items() if now - since > settings.STALE_SECONDS]


def reap(now: datetime, silence: Silence | None = None) -> list[int]:
    """Re-queue or fail what went stale, ring again for what was never picked up; returns the ids that were rung for or,
    where nothing rings, given back. silence: what whoever looks again and again has seen; a single look goes by `now`.
    """
    prune_uploads(now)
    drop_unfinished(None)
    clear_desks()
    clear_abandoned(now)
    bulk.refresh_what_is_stale()
    stale = Job.objects.filter(status=Job.RUNNING, pk__in=silence.jobs()) if silence else Job.objects.stale(now)
    _give_up(stale.filter(attempt__gte=Job.ATTEMPTS), now)
    given_back = list(stale.order_by("id").values_list("id", flat=True))
    stale.give_back(now)
    report_overdue()
    return _ring_again(now) if settings.REDIS_URL else given_back


def _ring_again(now: datetime) -> list[int]:
    rung = []
    for job_id in Job.objects.unheard(now).order_by("id").values_list("id", flat=True):
        if not Job.objects.unheard(now).filter(pk=job_id).update(rung_at=now):
            continue
        if not ring_again(job_id):
            # nor would it take the others: all are rung for as soon as it answers
            Job.objects.filter(pk=job_id, status=Job.QUEUED, rung_at=now).update(rung_at=now - LONG_AGO)
            break
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
