"""What there was when an export began: it reads part by part, and whatever is added meanwhile is not in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Q, QuerySet

from annotation.models import CurrentLabel, Dataset, Decision, FileImport, Item, Label

PART = 2_000  # items, or decisions


@dataclass(frozen=True)
class Moment:
    """The largest ids there are. Rows are only ever appended, so what has no larger id is what was there; no
    transaction is held open meanwhile, which on SQLite would hold every writer up."""

    dataset: Dataset
    item: int
    label: int
    current: int
    decision: int

    @classmethod
    def of(cls, dataset: Dataset) -> "Moment":
        # the last first: a decision that is in has its current label in as well, and that its item
        decision, current, label, item = (_last(rows) for rows in (Decision, CurrentLabel, Label, Item))
        return cls(dataset, item, label, current, decision)

    def items(self) -> QuerySet[Item]:
        """Items of the dataset, without those that left it with an import taken back."""
        return self.dataset.items.exclude(split=Item.TAKEN_BACK).filter(pk__lte=self.item)

    @property
    def notes(self) -> tuple[str, ...]:
        gone = self.dataset.items.filter(split=Item.TAKEN_BACK, pk__lte=self.item)
        n = gone.exclude(brought_by__state__in=FileImport.UNFINISHED).count()
        if not n:
            return ()
        return (
            f"{n:,} {'item' if n == 1 else 'items'} taken back with {'its' if n == 1 else 'their'} import left out.",
        )


def _last(rows: Any) -> int:
    return rows.objects.aggregate(last=Max("id"))["last"] or 0


def of_items(ids: Sequence[int]) -> Q:
    """Rows about these items, whose ids ascend: all between the first and the last where few others lie between, as a
    long list of ids costs more than those."""
    if ids and ids[-1] - ids[0] < 2 * len(ids):
        return Q(item_id__gte=ids[0], item_id__lte=ids[-1])
    return Q(item__in=ids)


def in_parts(rows: QuerySet[Any], *columns: str) -> Iterator[list[tuple[Any, ...]]]:
    """PART rows at a time in the order of their ids, which must be the first of `columns`; each part is a query of its
    own that goes on after the last id, however many rows came before."""
    last = 0
    while part := list(rows.filter(pk__gt=last).order_by("pk").values_list(*columns)[:PART]):
        yield part
        last = part[-1][0]
