"""The one way to ask for background work: write the job row, and on commit ring for it where there is a doorbell.

Without Redis there is none, and workers find the row by themselves."""

import hashlib
import json
from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation.actions.jobs.doorbell import ring
from annotation.actions.jobs.flood import refuse_flood
from annotation.core.log_ids import request_name
from annotation.models import Dataset, Job, User

LIVE = [Job.QUEUED, Job.RUNNING, Job.WAITING, Job.DONE]


def enqueue(
    kind: str,
    dataset: Dataset | None,
    params: Mapping[str, object],
    *,
    inputs: str = "",
    seed: int = 0,
    user: User | None = None,
    again: bool = False,
    anew: bool = False,
    background: bool = True,
    parent: Job | None = None,
) -> Job:
    """The job for this kind, these parameters and these inputs.

    Asked again while it is queued, running or done, it is the same job. Failed or cancelled starts anew; `again`
    forces another; `anew` where one that is done may not stand in for it. Without `background` nothing rings: the
    caller works the job itself. A job with a `parent` is one of its parts and is rung for in turn.
    """
    key = job_key(kind, dataset, params, inputs, seed)
    if again:
        key = f"{key}#{Job.objects.filter(key__startswith=key).count()}"
    elif anew and (done := Job.objects.filter(key__startswith=key, status=Job.DONE).count()):
        key = f"{key}#{done}"
    asked = Job(kind=kind, dataset=dataset, params=params, key=key, seed=seed, created_by=user, parent=parent)
    return _insert(asked, background)


def enqueue_again(job: Job, user: User | None) -> Job:
    """A job that failed or was cancelled once more, under the same key."""
    again = Job(
        kind=job.kind, dataset=job.dataset, params=job.params, key=job.key, seed=job.seed, created_by=user
    )  # fmt: skip
    return _insert(again, background=True)


def _insert(job: Job, background: bool) -> Job:
    """The job, or the live one of its key; rung for once all is written. Raises UnableToQueue."""
    if not Job.objects.filter(key=job.key, status__in=LIVE).exists():
        refuse_flood(job)
    job.rung_at = None if job.parent else timezone.now()
    job.asked_in = request_name()
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        return Job.objects.get(key=job.key, status__in=LIVE)
    if background and not job.parent:
        transaction.on_commit(lambda: ring(job.pk))
    return job


def job_key(kind: str, dataset: Dataset | None, params: Mapping[str, object], inputs: str, seed: int) -> str:
    parts = [kind, dataset.pk if dataset else None, params, inputs, seed]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:60]
