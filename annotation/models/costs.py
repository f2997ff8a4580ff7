from django.conf import settings
from django.db import models
from django.utils import timezone

from annotation.models.dataset import Dataset


class CostMatrix(models.Model):
    """What errors cost, in `unit`: a version of it; the newest counts.

    `default` is the cost of any error, 0 that of a right prediction; `pairs` are [true class, predicted class, cost] in
    their place.
    """

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="cost_matrices")
    version = models.PositiveIntegerField()
    default = models.FloatField()
    pairs = models.JSONField(default=list)
    unit = models.CharField(max_length=12)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "version"], name="cost_version_once"),
            models.CheckConstraint(condition=models.Q(default__gte=0), name="default_cost_from_0"),
        ]

    def __str__(self) -> str:
        return f"costs version {self.version}"
