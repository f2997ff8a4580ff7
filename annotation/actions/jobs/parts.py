"""Jobs made of parts. A whole waits in the database, never in a worker: the last of its parts to end re-queues it.

Whoever ends a part holds the rows of its wholes until the transaction is over, so that of two parts that end at the
same moment the second sees the first. Every transaction takes wholes before parts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from annotation.actions.jobs.doorbell import ring
from annotation.actions.jobs.enqueue import enqueue
from annotation.models import Job

# Messages of one whole that are with the broker at a time. Each part that starts rings for the next one, so that any
# number of workers is kept busy, and a job asked for meanwhile does not queue behind all of the parts.
LINKS = 2


@dataclass(frozen=True)
class Part:
    """A job to be done first; fields as in `enqueue`."""

    kind: str
    params: Mapping[str, object]
    inputs: str = ""
    seed: int = 0


@dataclass(frozen=True)
class Wait:
    """What a runner returns in place of `write`: these jobs first. When all are over it is run again, and finds them in
    `job.parts`, whether done, failed or cancelled."""

    parts: Sequence[Part]


def begin(job: Job, wait: Wait, rings: bool) -> None:
    """Write the parts of a job that has begun to wait, or find those that are there already."""
    asked = [
        enqueue(one.kind, job.dataset, one.params, inputs=one.inputs, seed=one.seed, user=job.created_by, parent=job)
        for one in wait.parts
    ]
    job.parts.set(asked)
    # A part that was there already may be ending just now: after this either it sees us waiting or we see it over.
    list(Job.objects.select_for_update(of=("self",)).filter(wholes=job).order_by("id").values_list("id"))
    for _ in range(LINKS):
        ring_next(job.pk, rings)
    report_progress(job.pk, rings)


def ring_next(whole: int, rings: bool) -> None:
    """Ring for one more part that nobody was told of. Without `rings` it counts as rung for and unheard, so that the
    reaper takes over where the caller does not go on."""
    silent = Job.objects.filter(parent=whole, status=Job.QUEUED, rung_at=None)
    while (part := silent.order_by("id").values_list("id", flat=True).first()) is not None:
        if silent.filter(pk=part).update(rung_at=timezone.now()):
            if rings:
                transaction.on_commit(lambda: ring(part))
            return


def lock_wholes(job: Job) -> None:
    list(Job.objects.select_for_update(of=("self",)).filter(parts=job).order_by("id").values_list("id"))


def report_to_wholes(job: Job, rings: bool = True) -> None:
    """The job is over: those who wait for it may go on."""
    waiting = Job.objects.filter(parts=job, status=Job.WAITING).order_by("id")
    for whole in waiting.values_list("id", flat=True):
        report_progress(whole, rings)


def report_progress(whole: int, rings: bool = True) -> bool:
    """Show how many parts are over; after the last one the whole is queued again. True if this call queued it."""
    parts = Job.objects.filter(wholes=whole)
    total, left = parts.count(), parts.unfinished().count()
    waiting = Job.objects.filter(pk=whole, status=Job.WAITING)
    if left:
        waiting.update(progress=(total - left) / total, stage=f"{total - left} of {total} parts are done")
        return False
    queued = waiting.update(status=Job.QUEUED, progress=1.0, stage="all parts are done", rung_at=timezone.now())
    if queued and rings:
        transaction.on_commit(lambda: ring(whole))
    return bool(queued)


def report_overdue() -> None:
    """Queue again whoever waits though all of its parts are over."""
    for whole in Job.objects.filter(status=Job.WAITING).exclude(parts__status__in=Job.UNFINISHED):
        report_progress(whole.pk)
