from django.conf import settings
from django.db import models
from django.utils import timezone

from annotation.models.dataset import Dataset, LabelClass
from annotation.models.item import Item
from annotation.models.production import ProductionDraw


class Snapshot(models.Model):
    """Frozen (item, label) rows. The same rows for the same purpose are the same snapshot. `follows`: the production
    snapshot of which this is a later version, with labels put right or rows added."""

    TRAINING, PRODUCTION = "training", "production"

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="snapshots")
    purpose = models.CharField(max_length=10, choices={TRAINING: "training", PRODUCTION: "production"})
    sha256 = models.CharField(max_length=64)
    n_rows = models.PositiveIntegerField()
    sources: "models.JSONField[list[str], list[str]]" = models.JSONField(
        default=list, help_text="sources asked for; empty = all"
    )
    labels_of = models.ForeignKey("self", models.RESTRICT, null=True, help_text="whose labels today's rows carry")
    with_quarantined = models.ForeignKey(
        "self", models.RESTRICT, null=True, related_name="+", help_text="the same with the quarantined labels kept"
    )
    left_out: "models.JSONField[dict[str, int], dict[str, int]]" = models.JSONField(
        default=dict, help_text="why rows were left out → how many"
    )
    draw = models.ForeignKey(ProductionDraw, models.SET_NULL, null=True, related_name="snapshots")
    follows = models.ForeignKey("self", models.RESTRICT, null=True, related_name="versions")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "purpose", "sha256"], name="snapshot_rows_once")]

    def __str__(self) -> str:
        return f"{self.purpose} snapshot {self.pk}"


class SnapshotRow(models.Model):
    """A frozen row. Of production also: `weight`, None = 1; `annotators`, the ids of those whose answers its label
    rests on; `digest`, SHA-256 of what the row said when it was frozen, so that a row that changed can be named."""

    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="rows")
    item = models.ForeignKey(Item, models.RESTRICT)
    label_class = models.ForeignKey(LabelClass, models.RESTRICT)
    weight = models.FloatField(null=True)
    annotators: "models.JSONField[list[int] | None, list[int] | None]" = models.JSONField(null=True)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["snapshot", "item"], name="item_once_per_snapshot")]
