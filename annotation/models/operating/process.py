from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

from annotation.models.job import Job


class ProcessQuerySet(models.QuerySet["Process"]):
    def heard_within(self, seconds: float) -> "ProcessQuerySet":
        """By the database's clock, which all processes share."""
        return self.filter(heard_at__gte=Now() - timedelta(seconds=seconds))

    def silent_for(self, seconds: float) -> "ProcessQuerySet":
        return self.filter(heard_at__lt=Now() - timedelta(seconds=seconds))


class Process(models.Model):
    """A process of the site, and when it last showed life. Times are the database's."""

    WEB, WORKER, REAPER = "web", "worker", "reaper"
    KINDS = {name: name for name in (WEB, WORKER, REAPER)}

    kind = models.CharField(max_length=10, choices=KINDS)
    host = models.CharField(max_length=64)
    pid = models.PositiveIntegerField()
    version = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    heard_at = models.DateTimeField()
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="processes")

    objects = ProcessQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "processes"
        constraints = [models.UniqueConstraint(fields=["host", "pid"], name="one_row_per_process")]
