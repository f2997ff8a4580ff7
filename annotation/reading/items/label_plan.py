"""What labelling many items at once would do, before it is done."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from annotation.models import (
    AuditItem,
    Case,
    CaseItem,
    CurrentLabel,
    Dataset,
    Decision,
    Gold,
    Item,
    OfflineRow,
    QuestionOfTest,
    User,
)

MOST_LABELLED = 1_000


@dataclass(frozen=True)
class LabelPlan:
    """fresh: items that no expert has decided on; decided: those that one has. case: item → its open case, for those
    that have one. left_out: why → how many of the items cannot be labelled here. by_label: (what they carry now, how
    many) of all that can. seen: tells two plans apart."""

    fresh: tuple[int, ...]
    decided: tuple[int, ...]
    case: dict[int, int]
    left_out: Sequence[tuple[str, int]]
    by_label: Sequence[tuple[str, int]]
    seen: str

    @property
    def n(self) -> int:
        return len(self.fresh) + len(self.decided)


def plan_labels(dataset: Dataset, user: User, ids: Sequence[int], now: datetime) -> LabelPlan:
    """Up to 1,000 items. Left out is what one answer for many would spoil: what is drawn to measure labels, models or
    people, what experts compare as a group, and what somebody is answering."""
    left = dict.fromkeys(ids)
    left_out: list[tuple[str, int]] = []
    for why, barred in _barred(dataset, user, ids, now):
        gone = [pk for pk in barred if pk in left]
        for pk in gone:
            del left[pk]
        left_out += [(why, len(gone))] if gone else []
    current = {
        one.item_id: one
        for one in CurrentLabel.objects.in_force().filter(item__in=ids).select_related("label_class")
        if one.item_id in left
    }
    settled = set(CurrentLabel.objects.in_force().decided().filter(item__in=ids).values_list("item_id", flat=True))
    decided = tuple(pk for pk in left if pk in settled)
    fresh = tuple(pk for pk in left if pk not in settled)
    carried = Counter(_carried(current.get(pk)) for pk in left)
    cases = CaseItem.objects.filter(case__in=dataset.cases.open(), item__in=list(left)).order_by("-case_id")
    stands = [(pk, current[pk].pk if pk in current else 0) for pk in sorted(left)]
    seen = hashlib.sha256(repr((stands, decided)).encode()).hexdigest()
    case = dict(cases.values_list("item_id", "case_id"))
    return LabelPlan(fresh, decided, case, left_out, carried.most_common(), seen)


def _carried(one: CurrentLabel | None) -> str:
    if one is None:
        return "no label"
    return one.label_class.name if one.label_class else CurrentLabel.STATES[one.state]


def _barred(dataset: Dataset, user: User, ids: Sequence[int], now: datetime) -> Iterable[tuple[str, set[int]]]:
    """Why not → the items of which it is so."""
    own = Item.objects.filter(dataset=dataset, pk__in=ids)
    yield (
        "are no items of the pool: production is answered blind, from the queue",
        set(ids) - _ids(own.filter(split=Item.POOL).values_list("pk", flat=True)),
    )
    audit = AuditItem.objects.filter(item__in=ids, audit__in=dataset.audits.order_by("-id").values("id")[:1])
    measuring = _ids(audit.values_list("item_id", flat=True))
    measuring |= _ids(Gold.objects.known().filter(item__in=ids).values_list("item_id", flat=True))
    measuring |= _ids(QuestionOfTest.objects.filter(item__in=ids).values_list("item_id", flat=True))
    yield "measure the labels or the experts, so each is answered alone", measuring
    held = CaseItem.objects.filter(item__in=ids, case__status=Case.OPEN, case__dataset=dataset)
    rows = list(held.order_by("case_id").values_list("item_id", "case_id"))
    cases = {case for _, case in rows}
    sizes = CaseItem.objects.filter(case__in=cases).values("case").annotate(n=Count("id")).filter(n__gt=1)
    together = _ids(sizes.values_list("case", flat=True))
    twice = {item for item, n in Counter(item for item, _ in rows).items() if n > 1}
    yield "stand in a case of several items", twice | {item for item, case in rows if case in together}
    busy = _busy(user, cases, now)
    yield "are being answered by somebody or wait to be settled", {item for item, case in rows if case in busy}


def _busy(user: User, cases: set[int], now: datetime) -> set[int]:
    open_now = Case.objects.filter(pk__in=cases)
    held = open_now.filter(Q(leased_until__gt=now) & ~Q(leased_to=user))
    away = OfflineRow.objects.out().filter(case__in=cases, batch__until__gt=now)
    begun = Decision.objects.standing().filter(case__in=cases)
    others = open_now.filter(~Q(awaits=Case.EXPERTS) | Q(kind__in=Case.BESIDE_POOL) | Q(labels_shown=True))
    return (
        _ids(held.values_list("pk", flat=True)) | _ids(away.values_list("case_id", flat=True))
        | _ids(begun.values_list("case_id", flat=True)) | _ids(others.values_list("pk", flat=True))
    )  # fmt: skip


def _ids(found: Iterable[int]) -> set[int]:
    return set(found)
