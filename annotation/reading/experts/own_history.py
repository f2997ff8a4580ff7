"""An expert's own answers, found again by words of the text, class, note and day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone

from annotation.models import CaseItem, Dataset, Decision, Item, Skip, User
from annotation.reading.cases import excerpt_of

MOST_WORDS = 8


def own_decisions(
    dataset: Dataset, user: User, words: str = "", since: date | None = None, until: date | None = None
) -> QuerySet[Decision]:
    """`user`'s answers in the dataset, those taken back too, that have each of the words in the item, the class, the
    note or a reason, and were given from the day `since` to the day `until`."""
    mine = Decision.objects.filter(case__dataset=dataset, expert=user).exclude(outcome=Decision.UNDO)
    for word in words.split()[:MOST_WORDS]:
        mine = mine.filter(_has(dataset, user, word))
    if since:
        mine = mine.filter(created_at__gte=_midnight(since))
    if until:
        mine = mine.filter(created_at__lt=_midnight(until + timedelta(days=1)))
    return mine


@dataclass(frozen=True)
class OwnSkip:
    """A case that the expert passed on, with the beginning of its first item."""

    skip: Skip
    excerpt: str
    n_items: int


def own_skips(dataset: Dataset, user: User, most: int) -> Sequence[OwnSkip]:
    """The newest `most` of what `user` passed on, those taken back too."""
    skips = list(
        Skip.objects.filter(case__dataset=dataset, expert=user).select_related("undone").order_by("-id")[:most]
    )
    items: dict[int, list[Item]] = {one.case_id: [] for one in skips}
    for pair in CaseItem.objects.filter(case__in=items).select_related("item").order_by("item_id"):
        items[pair.case_id].append(pair.item)
    return [
        OwnSkip(one, excerpt_of(dataset, items[one.case_id][0].content), len(items[one.case_id]))
        for one in skips
        if items[one.case_id]
    ]


def _has(dataset: Dataset, user: User, word: str) -> Q:
    outcomes = [key for key, name in Decision.OUTCOMES.items() if word.lower() in name and key != Decision.LABEL]
    said = Q(label_class__name__icontains=word) | Q(outcome__in=outcomes)
    reasons = Decision.reasons.through.objects.filter(decision__expert=user, reason__text__icontains=word)
    items = _with_items_that_have(dataset, user, word)
    return said | Q(note__icontains=word) | Q(pk__in=reasons.values("decision")) | Q(pk__in=items.values("decision"))


def _with_items_that_have(dataset: Dataset, user: User, word: str) -> QuerySet[Any]:
    names = [field.name for field in dataset.typed_fields]
    fields = {f"field_{place}": KeyTextTransform(name, "item__content") for place, name in enumerate(names)}
    anywhere = Q(item__source__icontains=word) | Q(item__external_id=word)
    for alias in fields:
        anywhere |= Q(**{f"{alias}__icontains": word})
    return Decision.items.through.objects.filter(decision__expert=user).alias(**fields).filter(anywhere)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
