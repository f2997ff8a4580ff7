"""What an address asks for, as questions that the database and kept arrays can answer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import numpy as np
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from annotation.core.items.asked import ANY, Asked, AskedRange, UnableToFilter, title_of
from annotation.core.wording import short
from annotation.models import (
    AuditItem,
    Case,
    CaseItem,
    CurrentLabel,
    Dataset,
    Decision,
    FindingItem,
    Flag,
    Item,
    Label,
    PredictionSet,
    ProductionItem,
    SnapshotRow,
)
from annotation.reading.items.passed_on import passed_by_all

# Ids of items and of the classes they carry now (−1 = none) → which of them hold; bool (n,).
Check = Callable[[np.ndarray, np.ndarray], np.ndarray]
# A list of items up to this length is looked up at once; of a longer one the items are looked through in their order.
MOST_LISTED = 50_000

# Conditions that a table of (something, item) answers: condition → table and the column with the something.
TABLES: dict[str, tuple[type[Any], str]] = {
    "finding": (FindingItem, "finding"), "snapshot": (SnapshotRow, "snapshot"), "audit": (AuditItem, "audit"),
    "draw": (ProductionItem, "draw"),
}  # fmt: skip


@dataclass(frozen=True)
class ItemRows:
    """A condition as rows that name its items by `column`: with Exists, one item at a time, or all of them listed.
    `of_item` is the lookup by which a row is about an item."""

    rows: QuerySet[Any]
    column: str = "item_id"

    @property
    def exists(self) -> Exists:
        return Exists(self.rows.filter(**{self.column: OuterRef("pk")}))


def conditions_of(dataset: Dataset, asked: Asked) -> dict[str, Q | Exists | ItemRows]:
    """Condition → what of an item's rows has to be there. Words, scores and predictions are not among them.

    Raises UnableToFilter for a name that the dataset does not have.
    """
    made: dict[str, Q | Exists | ItemRows] = {}
    for name, values in asked.named.items():
        if name in TABLES:
            made[name] = _in_table(dataset, name, values)
        elif name in _MAKERS:
            made[name] = _MAKERS[name](dataset, values)
    if "annotator" in asked.named or "said" in asked.named:
        # who said it and what was said are of one and the same label
        made["annotator" if "annotator" in asked.named else "said"] = _given(dataset, asked)
    for name, column in (("received", "received_at"), ("brought", "created_at")):
        if name in asked.between:
            made[name] = _days(column, asked.between[name])
    return made


def negated_together(asked: Asked) -> frozenset[str]:
    """Conditions that are to fail; an annotator and what that one said are one condition."""
    both = {"annotator", "said"} & asked.but_not
    return asked.but_not | {"annotator"} if both and "annotator" in asked.named else asked.but_not


def _in_table(dataset: Dataset, name: str, values: Sequence[str]) -> ItemRows:
    model, column = TABLES[name]
    ids = [int(value) for value in values]
    owner = model._meta.get_field(column).related_model
    known = set(owner.objects.filter(dataset=dataset, pk__in=ids).values_list("id", flat=True))
    for one in ids:
        if one not in known:
            raise UnableToFilter(f"There is no {title_of(name)} {one} in this dataset; choose one from its page.")
    return ItemRows(model.objects.filter(**{f"{column}__in": ids}))


def _ids(rows: Iterable[tuple[int, str]], name: str, values: Sequence[str]) -> list[int]:
    """The ids of the rows of these names. Raises UnableToFilter for a name that none has."""
    by_name: dict[str, list[int]] = {}
    for pk, own in rows:
        by_name.setdefault(own, []).append(pk)
    for value in values:
        if value not in by_name:
            raise UnableToFilter(f"{title_of(name)} {short(value)!r} is not known here; choose one that is listed.")
    return [pk for value in values for pk in by_name[value]]


def _classes(dataset: Dataset, name: str, values: Sequence[str]) -> list[int]:
    return _ids(dataset.label_classes.values_list("id", "name"), name, values)


def _label(dataset: Dataset, values: Sequence[str]) -> Exists:
    classes = _classes(dataset, "label", values)
    return Exists(CurrentLabel.objects.in_force().filter(item=OuterRef("pk"), label_class__in=classes))


def _was(dataset: Dataset, values: Sequence[str]) -> Exists:
    classes = _classes(dataset, "was", values)
    return Exists(CurrentLabel.objects.as_imported().filter(item=OuterRef("pk"), label_class__in=classes))


def _given(dataset: Dataset, asked: Asked) -> Exists:
    given = Label.objects.counting().filter(item=OuterRef("pk"))
    if values := asked.named.get("annotator"):
        names = dataset.annotators.filter(name__in=values).values_list("id", "name")
        given = given.filter(annotator__in=_ids(names, "annotator", values))
    if values := asked.named.get("said"):
        given = given.filter(label_class__in=_classes(dataset, "said", values))
    return Exists(given)


def _source(dataset: Dataset, values: Sequence[str]) -> Q:
    return Q(source__in=values)


def _expert(dataset: Dataset, values: Sequence[str]) -> ItemRows:
    members = dataset.membership_set.values_list("user_id", "user__username")
    gone = Decision.objects.filter(case__dataset=dataset, expert__username__in=values)
    known = {*members, *gone.values_list("expert_id", "expert__username").distinct()}
    experts = [] if ANY in values else _ids(known, "expert", values)
    standing = Decision.objects.standing().filter(case__dataset=dataset).exclude(case__kind__in=Case.CHECKS)
    standing = standing.filter(expert__in=experts) if experts else standing
    return ItemRows(Decision.items.through.objects.filter(decision__in=standing))


def _state(dataset: Dataset, values: Sequence[str]) -> Q:
    held = CurrentLabel.objects.filter(item=OuterRef("pk"))
    states = [value for value in values if value != "none"]
    found = Q(Exists(held.in_force().filter(state__in=states))) if states else Q()
    return found | Q(~Exists(held)) if "none" in values else found


def _split(dataset: Dataset, values: Sequence[str]) -> Q:
    # said by what it is not: equality would tempt the database to an index that is not in the order of the items
    return ~Q(split__in=[one for one in (Item.POOL, Item.PRODUCTION) if one not in values])


def _detector(dataset: Dataset, values: Sequence[str]) -> ItemRows:
    newest = dataset.detections.order_by("-id").values_list("id", flat=True).first()
    flags = Flag.objects.filter(detection=newest) if newest else Flag.objects.none()
    return ItemRows(flags if ANY in values else flags.filter(detector__in=values))


def _import(dataset: Dataset, values: Sequence[str]) -> ItemRows:
    ids = [int(value) for value in values]
    known = set(dataset.file_imports.filter(pk__in=ids).values_list("id", flat=True))
    for one in ids:
        if one not in known:
            raise UnableToFilter(f"There is no import {one} in this dataset; choose one from its page.")
    return ItemRows(Item.objects.filter(brought_by__in=ids), "pk")


def _case(dataset: Dataset, values: Sequence[str]) -> Q:
    cases = CaseItem.objects.filter(item=OuterRef("pk")).exclude(case__kind__in=Case.CHECKS)
    found = Q()
    for value in values:
        if value == "none":
            found |= Q(~Exists(cases.filter(case__status__in=[Case.OPEN, Case.SETTLED])))
        elif value == "skipped":
            found |= Q(Exists(cases.filter(case__in=passed_by_all(dataset))))
        else:
            found |= Q(Exists(cases.filter(case__status=value)))
    return found


def _differ(dataset: Dataset, values: Sequence[str]) -> Q:
    found = Q()
    for value in values:
        origin = Label.EXPERT if value == "experts" else Label.IMPORT
        given = Label.objects.counting().filter(item=OuterRef("pk"), origin=origin).order_by().values("item")
        several = given.annotate(classes=Count("label_class", distinct=True)).filter(classes__gt=1)
        found |= Q(Exists(several))
    return found


_MAKERS: dict[str, Callable[[Dataset, Sequence[str]], Q | Exists | ItemRows]] = {
    "label": _label, "was": _was, "source": _source, "expert": _expert, "state": _state, "split": _split,
    "detector": _detector, "import": _import, "case": _case, "differ": _differ,
}  # fmt: skip


def _days(column: str, between: AskedRange) -> Q:
    found = Q(**{f"{column}__isnull": False})
    if between.low is not None:
        found &= Q(**{f"{column}__gte": _midnight(between.low)})
    if between.high is not None:
        found &= Q(**{f"{column}__lt": _midnight(between.high) + timedelta(days=1)})
    return found


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def with_plain_words(items: QuerySet[Item], asked: Asked) -> QuerySet[Item]:
    """Without items whose stored content lacks a letter or digit of a word that is wanted: those left may have it."""
    wanted = [part for word in asked.words if not word.absent for part in word.plain_parts]
    if not wanted or "words" in asked.but_not:
        return items
    items = items.alias(stored=Cast("content", TextField()))
    for part in dict.fromkeys(wanted):
        items = items.filter(stored__icontains=part)
    return items


def sets_asked(dataset: Dataset, asked: Asked) -> list[PredictionSet]:
    """The prediction sets from which labels are to differ. Raises UnableToFilter where one is not the dataset's."""
    found = []
    for value in asked.named.get("model", ()):
        one = dataset.prediction_sets.filter(pk=int(value)).first()
        if one is None:
            raise UnableToFilter(f"There is no prediction set {value} in this dataset; choose one that is listed.")
        found.append(one)
    return found
