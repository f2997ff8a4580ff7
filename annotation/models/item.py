from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from annotation.models.dataset import Dataset


class FileImport(models.Model):
    """A file that was taken in, and what came of it. `mapping`: what each of its columns was read as.

    `state`: "" where it came in at once. One that comes in piece by piece is `writing` while its items are as if taken
    back, `revealing` once all are there and are shown, and at last `whole`.
    """

    WRITING, REVEALING, WHOLE = "writing", "revealing", "whole"
    UNFINISHED = (WRITING, REVEALING)
    KINDS = {name: name for name in ("items", "labels", "predictions", "decisions")}

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="file_imports")
    kind = models.CharField(max_length=12, choices=KINDS)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    encoding = models.CharField(max_length=40, blank=True)
    mapping: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    split = models.CharField(max_length=10, blank=True)
    rows = models.PositiveBigIntegerField(default=0)
    items = models.PositiveBigIntegerField(default=0, help_text="of these new")
    labels = models.PositiveBigIntegerField(default=0, help_text="of these new")
    rejected = models.PositiveBigIntegerField(default=0)
    notes: "models.JSONField[list[str], list[str]]" = models.JSONField(default=list)
    job = models.ForeignKey("annotation.Job", models.SET_NULL, null=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    state = models.CharField(max_length=10, blank=True, default="", db_default="")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.file_name


class ImportTakenBack(models.Model):
    """An import was a mistake: its items left the dataset, and its labels count no longer. Both stay where they were
    frozen or used before."""

    file_import = models.OneToOneField(FileImport, models.CASCADE, related_name="taken_back")
    items = models.PositiveBigIntegerField()
    labels = models.PositiveBigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)


class LeftOutRow(models.Model):
    """A row of a file that was left out for a label that is no class of the dataset."""

    file_import = models.ForeignKey(FileImport, models.CASCADE, related_name="left_out_rows")
    external_id = models.CharField(max_length=200)
    said = models.CharField(max_length=200)


class Item(models.Model):
    """One input, immutable. `split` says where it came from.

    The external id is unique within a split: pool and production files often both count from 1. `taken_back`: the id
    of the import that was taken back and this item with it, which may come again with a later one, or of the import
    that is not over yet; 0 = it is there.
    `written`: number field -> how the file wrote it, where that is not how Python writes it; None = nowhere.
    """

    POOL, PRODUCTION, TAKEN_BACK = "pool", "production", "taken_back"
    HERE = (POOL, PRODUCTION)
    SPLITS = {POOL: "pool", PRODUCTION: "production", TAKEN_BACK: "taken back"}

    # by the index `item_by_import`, which an index of its own would only repeat
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="items", db_index=False)
    split = models.CharField(max_length=10, choices=SPLITS)
    taken_back = models.PositiveBigIntegerField(default=0, db_default=0)
    external_id = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content")
    content = models.JSONField()
    written: "models.JSONField[dict[str, str] | None, dict[str, str] | None]" = models.JSONField(null=True)
    source = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField(null=True)
    brought_by = models.ForeignKey(FileImport, models.RESTRICT, null=True, related_name="brought_items")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "split", "external_id", "taken_back"], name="external_id_once_per_split"
            ),
            models.CheckConstraint(
                condition=models.Q(split="taken_back", taken_back__gt=0)
                | (~models.Q(split="taken_back") & models.Q(taken_back=0)),
                name="taken_back_with_its_import",
            ),
        ]
        indexes = [
            models.Index(fields=["dataset", "id"], name="item_by_import"),
            models.Index(fields=["dataset", "digest"], name="item_by_digest"),
            # of those with a date only: it costs an import without dates nothing
            models.Index(
                fields=["dataset", "received_at", "id"],
                condition=models.Q(received_at__isnull=False),
                name="item_by_day",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


class SavedFilter(models.Model):
    """A filter of the table of items under a name; `query` as it stands in the address of the page."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=80)
    query = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "name"], name="saved_filter_name_once")]

    def __str__(self) -> str:
        return self.name


class ItemCount(models.Model):
    """How many items of a split a dataset has up to the id `up_to`, so that no page counts a million; what came later
    is counted on top. It holds while `taken_back`, the id of the newest import that was taken back, is the same; 0 =
    none."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="item_counts", db_index=False)
    split = models.CharField(max_length=10, choices=Item.SPLITS)
    up_to = models.PositiveBigIntegerField()
    n = models.PositiveBigIntegerField()
    taken_back = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "split"], name="item_count_once_per_split")]
