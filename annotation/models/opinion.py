from django.conf import settings
from django.db import models
from django.utils import timezone

from annotation.models.dataset import Dataset, Guideline, LabelClass
from annotation.models.item import Item


class OpinionSwitch(models.Model):
    """A lead lets texts of the dataset go to `host`, or no longer; append-only, the latest counts."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="opinion_switches")
    on = models.BooleanField()
    host = models.CharField(max_length=255)
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)


class OpinionAnswer(models.Model):
    """What a language model answered once, by the key of what it was asked, so that nobody pays for it twice. Written
    as it comes, whole or not at all; nothing reads it but the job that asks. label "" = no opinion, `why` says why."""

    dataset = models.ForeignKey(Dataset, models.CASCADE)
    key = models.CharField(max_length=64)
    label = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    why = models.CharField(max_length=12, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "key"], name="opinion_asked_once")]


class OpinionRound(models.Model):
    """One job's asking. no_opinion: why not → how often; stopped: why it ended early, "" = it did not."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="opinion_rounds")
    host = models.CharField(max_length=255)
    model = models.CharField(max_length=200)
    guideline = models.ForeignKey(Guideline, models.SET_NULL, null=True)
    n_cases = models.PositiveIntegerField()
    n_known = models.PositiveIntegerField()
    calls = models.PositiveIntegerField()
    tokens = models.PositiveIntegerField()
    no_opinion: "models.JSONField[dict[str, int], dict[str, int]]" = models.JSONField(default=dict)
    stopped = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)


class Opinion(models.Model):
    """What the model of the round says of an item, with one sentence why. It is evidence, and nobody's label."""

    round = models.ForeignKey(OpinionRound, models.CASCADE, related_name="opinions")
    item = models.ForeignKey(Item, models.CASCADE, related_name="opinions")
    label_class = models.ForeignKey(LabelClass, models.CASCADE)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "item"], name="opinion_once_per_round")]
