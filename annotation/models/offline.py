from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone

from annotation.models.dataset import Dataset
from annotation.models.people import User
from annotation.models.review import Case


class OfflineBatch(models.Model):
    """Cases that `user` answers in a spreadsheet, theirs until `until`; `maker` took them out, the user or a lead."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="offline_batches")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="offline_batches")
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    until = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)


class OfflineRowQuerySet(models.QuerySet["OfflineRow"]):
    def out(self) -> "OfflineRowQuerySet":
        return self.filter(back_at=None)

    def kept_by(self, user: User, now: datetime) -> "OfflineRowQuerySet":
        """Those out that `user` still has time for: no page shows their cases meanwhile."""
        return self.out().filter(batch__user=user, batch__until__gt=now)


class OfflineRow(models.Model):
    """One case of a batch. `key` names it in the file and tells nothing of it; `back_at` None = still out."""

    batch = models.ForeignKey(OfflineBatch, models.CASCADE, related_name="rows")
    case = models.ForeignKey(Case, models.CASCADE, related_name="offline_rows")
    key = models.UUIDField(unique=True)
    back_at = models.DateTimeField(null=True)

    objects = OfflineRowQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "case"], name="case_once_per_batch")]
