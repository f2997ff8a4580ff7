"""A dataset that has nothing left begins anew."""

from datetime import datetime

from annotation.models import CurrentLabel, Dataset, Detection, Item, SnapshotRow


def forget_the_first(dataset: Dataset, now: datetime) -> None:
    """A dataset that has no items left, and on which nothing was built, learns its fields and classes anew."""
    if dataset.items.filter(split__in=Item.HERE).exists() or was_built_on(dataset):
        return
    dataset.fields = []
    dataset.save(update_fields=["fields"])
    dataset.label_classes.filter(retired_at=None).update(retired_at=now)


def was_built_on(dataset: Dataset) -> bool:
    """Whether anything rests on its fields and classes as they are: detections, snapshots, decisions."""
    rests = (
        Detection.objects.filter(dataset=dataset), SnapshotRow.objects.filter(snapshot__dataset=dataset),
        CurrentLabel.objects.filter(item__dataset=dataset).exclude(decision=None),
    )  # fmt: skip
    return any(found.exists() for found in rests)
