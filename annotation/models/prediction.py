from django.db import models
from django.utils import timezone

from annotation.models.dataset import Dataset


class PredictionSet(models.Model):
    """Named per-class probabilities for items. `arrays` names the artifact: item ids (n,), probabilities (n, K)."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="prediction_sets")
    name = models.CharField(max_length=120)
    classes: "models.JSONField[list[str], list[str]]" = models.JSONField()
    arrays = models.CharField(max_length=80)
    n = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "name"], name="prediction_set_name_once")]

    def __str__(self) -> str:
        return self.name
