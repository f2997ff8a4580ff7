"""How many items a dataset has, without counting them all."""

from django.db.models import Max

from annotation.models import Dataset, ImportTakenBack, Item, ItemCount


def count_items(dataset: Dataset, *splits: str) -> int:
    """Items of these splits: those that were counted when their import ended, and what came since."""
    newest = newest_taken_back(dataset)
    kept = {one.split: one for one in ItemCount.objects.filter(dataset=dataset, taken_back=newest)}
    return sum(_count(dataset, split, kept.get(split)) for split in splits)


def _count(dataset: Dataset, split: str, kept: ItemCount | None) -> int:
    items = Item.objects.filter(dataset=dataset, split=split)
    return kept.n + items.filter(id__gt=kept.up_to).count() if kept else items.count()


def newest_taken_back(dataset: Dataset) -> int:
    """The id of the newest import that was taken back, 0 = none."""
    return ImportTakenBack.objects.filter(file_import__dataset=dataset).aggregate(last=Max("id"))["last"] or 0
