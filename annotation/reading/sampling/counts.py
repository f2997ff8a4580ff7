"""How many items a dataset has, without counting them all."""

from collections.abc import Collection
from typing import Any

from django.db.models import Count, Max, QuerySet

from annotation.models import Dataset, ImportTakenBack, Item, ItemCount

# Rows that a page counts one by one; of more it says that they are more.
MOST_COUNTED = 10_000


def count_up_to(rows: QuerySet[Any], most: int = MOST_COUNTED) -> int:
    """How many rows there are, `most` + 1 for any more."""
    return rows.order_by().values("pk")[: most + 1].count()


def count_items(dataset: Dataset, *splits: str) -> int:
    """Items of these splits: those that were counted when their import ended, and what came since."""
    newest = newest_taken_back(dataset)
    kept = list(ItemCount.objects.filter(dataset=dataset, taken_back=newest, split__in=splits))
    others = {*splits} - {one.split for one in kept}
    return sum(one.n + _since(dataset, one) for one in kept) + _counted(dataset, others)


def _since(dataset: Dataset, kept: ItemCount) -> int:
    """Asked for without the split: with it PostgreSQL, before it knows what came, reads all of the split by the index
    that begins with it."""
    later = Item.objects.filter(dataset=dataset, id__gt=kept.up_to).order_by()
    return dict(later.values_list("split").annotate(n=Count("id"))).get(kept.split, 0)


def _counted(dataset: Dataset, splits: Collection[str]) -> int:
    return Item.objects.filter(dataset=dataset, split__in=splits).count() if splits else 0


def newest_taken_back(dataset: Dataset) -> int:
    """The id of the newest import that was taken back, 0 = none."""
    return ImportTakenBack.objects.filter(file_import__dataset=dataset).aggregate(last=Max("id"))["last"] or 0
