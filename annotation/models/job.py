from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone

from annotation.models.dataset import Dataset

# Rung for so long ago it is rung for again at once; without any ring a part would wait for its turn.
LONG_AGO = timedelta(days=1)
# What a worker takes: everything, only what takes seconds and people wait for, or only the rest.
ALL, QUICK, HEAVY = "all", "quick", "heavy"
QUICK_KINDS = ("reorder", "description", "pricing")


class JobQuerySet(models.QuerySet["Job"]):
    def stale(self, now: datetime) -> "JobQuerySet":
        """Running, but nobody has shown life for STALE_SECONDS."""
        return self.filter(status=Job.RUNNING, heartbeat_at__lt=now - timedelta(seconds=settings.STALE_SECONDS))

    def unheard(self, now: datetime) -> "JobQuerySet":
        """Queued, and the last ring of the doorbell has gone unanswered for STALE_SECONDS. Parts that were never rung
        for are not meant: others of their whole are at work and ring for them in turn."""
        limit = now - timedelta(seconds=settings.STALE_SECONDS)
        in_turn = models.Q(parent__status=Job.WAITING, rung_at=None)
        return self.filter(~in_turn, status=Job.QUEUED).exclude(rung_at__gte=limit)

    def of_lane(self, lane: str) -> "JobQuerySet":
        """What a worker of this lane takes."""
        quick = models.Q(kind__in=QUICK_KINDS)
        return self if lane == ALL else self.filter(quick if lane == QUICK else ~quick)

    def to_be_worked(self, now: datetime, lane: str = ALL) -> "JobQuerySet":
        """What a worker of a lane may claim, in the order it should: queued, or stale with an attempt left. Parts come
        last, so that a job asked for meanwhile waits for a fit or two and not for a whole sweep; else the dataset with
        the fewest jobs at work is first, so that none that asks for hundreds holds up the others."""
        stale = self.stale(now).filter(attempt__lt=Job.ATTEMPTS)
        either = models.Q(status=Job.QUEUED) | models.Q(pk__in=stale)
        beside = Job.objects.filter(status=Job.RUNNING, dataset=models.OuterRef("dataset")).order_by()
        at_work = models.Subquery(beside.values("dataset").annotate(n=models.Count("*")).values("n"))
        fair = self.of_lane(lane).filter(either)
        fair = fair.alias(at_work=Coalesce(at_work, 0), is_part=models.Q(parent__isnull=False))
        return fair.order_by("is_part", "at_work", "id")

    def give_back(self, now: datetime, **changes: Any) -> int:
        """Queue what is running again, for any worker to claim."""
        again = {"status": Job.QUEUED, "stage": "waiting for a worker again", "rung_at": now - LONG_AGO}
        return self.update(**again, **changes)

    def not_asked_again(self) -> "JobQuerySet":
        """Nobody has asked for the same since."""
        later = Job.objects.filter(key=models.OuterRef("key"), id__gt=models.OuterRef("id"))
        return self.filter(~models.Exists(later))

    def unfinished(self) -> "JobQuerySet":
        return self.filter(status__in=Job.UNFINISHED)


class Job(models.Model):
    """Background work. The row is the truth; Redis, where there is one, only rings. `parts`: the jobs a waiting one
    waits for; a part that was there already may belong to several wholes, its `parent` is the one that asked first."""

    QUEUED, RUNNING, WAITING, DONE, FAILED, CANCELLED = "queued", "running", "waiting", "done", "failed", "cancelled"
    STATUSES = {name: name for name in (QUEUED, RUNNING, WAITING, DONE, FAILED, CANCELLED)}
    UNFINISHED = (QUEUED, RUNNING, WAITING)
    ATTEMPTS = 3

    kind = models.CharField(max_length=20)
    dataset = models.ForeignKey(Dataset, models.CASCADE, null=True, related_name="jobs")
    params = models.JSONField(default=dict)
    key = models.CharField(max_length=80)
    seed = models.IntegerField(default=0)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    parts = models.ManyToManyField("self", symmetrical=False, related_name="wholes")
    status = models.CharField(max_length=10, choices=STATUSES, default=QUEUED)
    stage = models.CharField(max_length=120, blank=True)
    progress = models.FloatField(default=0)
    attempt = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    result = models.JSONField(null=True)
    asked_in = models.CharField(max_length=64, blank=True, default="", db_default="")  # the request's name in the log
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)
    rung_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["status", "heartbeat_at"], name="job_by_status")]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(status__in=["queued", "running", "waiting", "done"]),
                name="one_live_job_per_key",
            )
        ]

    @property
    def own_dataset(self) -> Dataset:
        """What it is about; the import of a dataset that is not there yet has none."""
        if self.dataset is None:
            raise ValueError(f"Job {self.pk} ({self.kind}) belongs to no dataset.")
        return self.dataset

    @property
    def outcome(self) -> Any:
        """The result of a job that is done, as its kind writes it."""
        if self.result is None:
            raise ValueError(f"Job {self.pk} ({self.kind}) is {self.status} and has no result.")
        return self.result

    @property
    def is_over(self) -> bool:
        return self.status in {Job.DONE, Job.FAILED, Job.CANCELLED}

    @property
    def percent(self) -> int:
        return round(100 * self.progress)
