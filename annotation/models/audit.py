from django.conf import settings
from django.db import models
from django.utils import timezone

from annotation.core.order.stored import Rates, StratumJson, SupportJson, WorthJson
from annotation.models.dataset import Dataset
from annotation.models.detection import Detection
from annotation.models.item import Item


class Audit(models.Model):
    """A random draw over all labelled pool items, and so the start of a labelling period."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="audits")
    detection = models.ForeignKey(Detection, models.SET_NULL, null=True, help_text="whose scores made the strata")
    seed = models.IntegerField()
    strata: "models.JSONField[list[StratumJson], list[StratumJson]]" = models.JSONField(
        help_text="per stratum: score from, score below, items, drawn"
    )
    n_items = models.PositiveIntegerField()
    n_drawn = models.PositiveIntegerField()
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)


class AuditItem(models.Model):
    """An item drawn; `probability` is its inclusion probability in (0, 1], fixed when it was drawn."""

    audit = models.ForeignKey(Audit, models.CASCADE, related_name="drawn")
    item = models.ForeignKey(Item, models.CASCADE)
    stratum = models.PositiveSmallIntegerField()
    probability = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["audit", "item"], name="audit_draws_item_once"),
            models.CheckConstraint(
                condition=models.Q(probability__gt=0, probability__lte=1), name="inclusion_probability_in_unit_interval"
            ),
        ]


class LearnedOrder(models.Model):
    """What the decisions so far taught about where errors are; the queue follows the newest one.

    rates: factor → level → [errors, decisions, shrunk rate]. calibration: the knots (score, probability) by which a
    score becomes a probability; empty before enough decisions. support: where such probabilities are shown, and why.
    worth: how many labels of the open cases are likely wrong and how many cases are worth deciding; None before enough
    decisions.
    """

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="learned_orders")
    detection = models.ForeignKey(Detection, models.CASCADE)
    n_decisions = models.PositiveIntegerField()
    rates: "models.JSONField[Rates, Rates]" = models.JSONField(default=dict)
    calibration: "models.JSONField[list[list[float]], list[list[float]]]" = models.JSONField(default=list)
    support: "models.JSONField[SupportJson, SupportJson]" = models.JSONField(default=dict)
    worth: "models.JSONField[WorthJson | None, WorthJson | None]" = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
