from django.conf import settings
from django.db import models
from django.utils import timezone

from annotation.models.dataset import Dataset


class AccessRecord(models.Model):
    """Who came in, saw people's pages or took out what; append-only, until its time of keeping is over.

    `what` holds no name, text, password or token: whoever is deleted leaves none here.
    """

    LOG_IN, REFUSED, PAUSED, LOG_OUT, PASSWORD = "log-in", "log-in refused", "log-in paused", "log-out", "password"
    EXPORT, PEOPLE, ACCOUNT, ERASURE, IMPORT = "export", "people", "account", "erasure", "import"
    TOKEN, INVITATION = "token", "invitation"
    KINDS = {
        name: name
        for name in (
            LOG_IN, REFUSED, PAUSED, LOG_OUT, PASSWORD, EXPORT, PEOPLE, ACCOUNT, ERASURE, IMPORT, TOKEN, INVITATION,
        )
    }  # fmt: skip

    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=20, choices=KINDS)
    dataset = models.ForeignKey(Dataset, models.CASCADE, null=True, related_name="access_records")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    address = models.CharField(max_length=45, blank=True)
    what = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["dataset", "-id"], name="access_by_dataset"),
            models.Index(fields=["at"], name="access_by_time"),
        ]
