from collections.abc import Mapping
from typing import ClassVar, TypeVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from annotation.core.wording import KEY, TITLE
from annotation.models.dataset import Dataset, LabelClass
from annotation.models.item import Item
from annotation.models.job import Job
from annotation.models.label import CurrentLabel

M = TypeVar("M", bound=models.Model)


class Seen(models.Manager[M]):
    """Rows that no detection still writes: one that was killed in the middle is never seen."""

    seen: ClassVar[models.Q] = models.Q(detection__finished=True)

    def get_queryset(self) -> "models.QuerySet[M]":
        return super().get_queryset().filter(self.seen)


class DetectionManager(Seen["Detection"]):
    seen = models.Q(finished=True)


class FlagManager(Seen["Flag"]):
    pass


class FindingManager(Seen["Finding"]):
    seen = models.Q(detection=None) | models.Q(detection__finished=True)


class Detection(models.Model):
    """One run of the detectors over a dataset. `arrays` names the artifact with every item's score.

    It is written in many short transactions and `finished` in the last; until then only `every` knows of it."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="detections")
    params = models.JSONField(default=dict)
    seed = models.IntegerField(default=0)
    n_items = models.PositiveIntegerField()
    n_groups = models.PositiveIntegerField()
    n_conflicts = models.PositiveIntegerField()
    n_flags = models.PositiveIntegerField()
    n_findings = models.PositiveIntegerField()
    failed: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(
        default=dict, help_text="detector → how it failed"
    )
    not_applicable: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(
        default=dict, help_text="detector → why there was nothing for it to look at"
    )
    arrays = models.CharField(max_length=80)
    index = models.CharField(max_length=80, blank=True, help_text="artifact: near-duplicate signatures, to be extended")
    seconds = models.FloatField()
    created_at = models.DateTimeField(default=timezone.now, help_text="when it could be seen")
    finished = models.BooleanField(default=True)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+", help_text="that writes or wrote it")

    objects = DetectionManager()
    every: "models.Manager[Detection]" = models.Manager()

    class Meta:
        get_latest_by = "id"


class Group(models.Model):
    """Near-duplicate items of one detection, known by the medoid's content hash. Only groups of two or more."""

    detection = models.ForeignKey(Detection, models.CASCADE, related_name="groups")
    digest = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    in_conflict = models.BooleanField()

    class Meta:
        indexes = [models.Index(fields=["detection", "digest"], name="group_by_digest")]


class GroupMember(models.Model):
    group = models.ForeignKey(Group, models.CASCADE, related_name="members")
    item = models.ForeignKey(Item, models.CASCADE)


class Flag(models.Model):
    """One detector's suspicion of one current label; score in [0, 1], 1 = most suspicious."""

    detection = models.ForeignKey(Detection, models.CASCADE, related_name="flags")
    detector = models.CharField(max_length=60)
    item = models.ForeignKey(Item, models.CASCADE, related_name="flags")
    current_label = models.ForeignKey(CurrentLabel, models.CASCADE, null=True)
    score = models.FloatField()
    reason = models.TextField()
    suggested = models.ForeignKey(LabelClass, models.CASCADE, null=True)

    objects = FlagManager()

    class Meta:
        indexes = [models.Index(fields=["item", "detection"], name="flag_by_item")]
        constraints = [
            models.CheckConstraint(condition=models.Q(score__gte=0, score__lte=1), name="flag_score_in_unit_interval")
        ]


class Finding(models.Model):
    """A suspicion about many labels at once. `value`, `low`, `high`: share of its items that follow the rule.

    Found by a detection, or without one opened by `author` from a rule typed by hand.
    """

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="findings")
    detection = models.ForeignKey(Detection, models.CASCADE, null=True, related_name="findings")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=KEY)
    title = models.CharField(max_length=TITLE)
    reason = models.TextField()
    rule: "models.JSONField[Mapping[str, object], Mapping[str, object]]" = models.JSONField()
    n = models.PositiveIntegerField()
    value = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = FindingManager()


class FindingItem(models.Model):
    finding = models.ForeignKey(Finding, models.CASCADE, related_name="covered")
    item = models.ForeignKey(Item, models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["finding", "item"], name="finding_covers_item_once")]


class Ruling(models.Model):
    """A lead's word on a finding, known by its key so that it outlives the detection; the latest one counts.

    QUARANTINED accepts the finding and sets the labels that `finding` covers aside until experts decide on them.
    """

    ACCEPTED, QUARANTINED, DISMISSED, NEW = "accepted", "quarantined", "dismissed", "new"
    RULINGS = {name: name for name in (ACCEPTED, QUARANTINED, DISMISSED, NEW)}

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="rulings")
    key = models.CharField(max_length=KEY)
    finding = models.ForeignKey(Finding, models.SET_NULL, null=True, related_name="rulings")
    ruling = models.CharField(max_length=12, choices=RULINGS)
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    created_at = models.DateTimeField(default=timezone.now)
