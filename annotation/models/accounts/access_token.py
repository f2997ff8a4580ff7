from django.conf import settings
from django.db import models
from django.utils import timezone

from annotation.models.dataset import Dataset


class AccessToken(models.Model):
    """A key with which a script acts for one member in one dataset; only the digest of it is kept."""

    READ, EXPORT, IMPORT = "read", "export", "import"
    SCOPES = {READ: "look at how jobs stand", EXPORT: "download exports", IMPORT: "import files"}

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="access_tokens")
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="access_tokens")
    name = models.CharField(max_length=60)
    scope = models.CharField(max_length=10, choices=SCOPES)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
