from django.db import models
from django.utils import timezone

from annotation.models.dataset import Dataset


class Item(models.Model):
    """One input, immutable. `split` says where it came from.

    The external id is unique within a split: pool and production files often both count from 1.
    """

    POOL, PRODUCTION = "pool", "production"

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="items")
    split = models.CharField(max_length=10, choices={POOL: "pool", PRODUCTION: "production"})
    external_id = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content")
    content = models.JSONField()
    source = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "split", "external_id"], name="external_id_once_per_split")
        ]
        indexes = [models.Index(fields=["dataset", "digest"], name="item_by_digest")]

    def __str__(self) -> str:
        return self.external_id
