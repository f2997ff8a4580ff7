"""What leads changed about a dataset itself, each a fact of its own."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from annotation.models.dataset import Dataset, LabelClass


class ClassChange(models.Model):
    """The classes became others; append-only. Taking a change back is one too, of the kind UNDO.

    `sources`: the classes it is about; `targets`: what they became, or the classes that are new. `details`: what a kind
    needs beside, such as the order or the heading before. `moved`: current labels that got a row of basis class change.
    """

    ADD, RENAME, MERGE, SPLIT, RETIRE = "add", "rename", "merge", "split", "retire"
    REORDER, GROUP, MEANING, UNDO = "reorder", "group", "meaning", "undo"
    KINDS = {name: name for name in (ADD, RENAME, MERGE, SPLIT, RETIRE, REORDER, GROUP, MEANING, UNDO)}

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="class_changes")
    kind = models.CharField(max_length=10, choices=KINDS)
    sources = models.ManyToManyField(LabelClass, related_name="+")
    targets = models.ManyToManyField(LabelClass, related_name="+")
    details: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    undoes = models.OneToOneField("self", models.RESTRICT, null=True, related_name="undone_by")
    moved = models.PositiveBigIntegerField(default=0)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)


class DatasetChange(models.Model):
    """A dataset got another name or other columns, was put away or taken out again."""

    RENAME, ARCHIVE, RESTORE, COLUMNS = "rename", "archive", "restore", "columns"
    KINDS = {name: name for name in (RENAME, ARCHIVE, RESTORE, COLUMNS)}

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=10, choices=KINDS)
    was: "models.JSONField[Any, Any]" = models.JSONField(null=True)
    now: "models.JSONField[Any, Any]" = models.JSONField(null=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)


class Erasure(models.Model):
    """A dataset was erased with everything in it; what is left of it is this row, which has none of its texts.

    `counts`: table -> rows erased; `files`: artifacts and uploads erased.
    """

    slug = models.CharField(max_length=60)
    counts: "models.JSONField[dict[str, int], dict[str, int]]" = models.JSONField(default=dict)
    files = models.PositiveBigIntegerField(default=0)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)
