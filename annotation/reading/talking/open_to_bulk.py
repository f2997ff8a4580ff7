"""Which items an expert may answer together with others like them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from annotation import bulk
from annotation.models import (
    AuditItem,
    Case,
    CaseItem,
    CurrentLabel,
    Dataset,
    Decision,
    Gold,
    Item,
    Label,
    Membership,
    OfflineRow,
    QuestionOfTest,
    User,
    class_now,
)
from annotation.reading.experts.readiness import readiness
from annotation.reading.experts.routing_rules import answers_wanted, paused_in, rules_of


@dataclass(frozen=True)
class OpenToBulk:
    """`case` of each item that may be answered, None where it has none yet. `wants_more`: items left out because the
    answers of several experts are wanted."""

    case: dict[int, int | None]
    wants_more: frozenset[int]


def open_to_bulk(dataset: Dataset, ids: Sequence[int], user: User, now: datetime) -> OpenToBulk:
    """Of these items those of the pool that nobody decided, `user` never labelled, answered or passed on, and nobody
    else holds or has reserved. What tests somebody or measures the labels (known labels, tests, the newest audit) is
    never among them: one answer for many would say nothing there. Nor are members of groups, which are compared."""
    found: dict[int, int | None] = {}
    for batch in bulk.in_batches(ids, 900):
        free = _free(dataset, batch, user)
        cases = _cases(dataset, free, user, now)
        found |= {item: cases.get(item) for item in batch if item in free and cases.get(item) != _BARRED}
    more = _wanting_more(dataset, found)
    return OpenToBulk({item: case for item, case in found.items() if item not in more}, frozenset(more))


# Stands for a case that `user` may not answer now.
_BARRED = 0


def _free(dataset: Dataset, ids: Sequence[int], user: User) -> set[int]:
    free = set(Item.objects.filter(dataset=dataset, split=Item.POOL, pk__in=ids).values_list("id", flat=True))
    closed = readiness(dataset, user).closed_classes
    current = CurrentLabel.objects.in_force().filter(item__in=ids)
    for barred in (
        current.decided(),
        current.filter(label_class__in=closed),
        Label.objects.counting().filter(annotator__user=user, item__in=ids),
        Gold.objects.known().filter(item__in=ids),
        QuestionOfTest.objects.filter(item__in=ids),
        CaseItem.objects.filter(item__in=ids, case__status=Case.OPEN, case__kind__in=Case.CHECKS),
        AuditItem.objects.filter(item__in=ids, audit__in=dataset.audits.order_by("-id").values("id")[:1]),
    ):
        free -= set(barred.values_list("item_id", flat=True))
    answered = Decision.objects.standing().filter(expert=user, items__in=ids)
    return free - set(answered.values_list("items", flat=True))


def _cases(dataset: Dataset, items: Iterable[int], user: User, now: datetime) -> dict[int, int]:
    """item → its open case, _BARRED where `user` may not answer that one here."""
    held = CaseItem.objects.filter(item__in=items, case__in=dataset.cases.open())
    rows = list(held.order_by("id").values_list("item_id", "case_id"))
    ids = {case for _, case in rows}
    alone = CaseItem.objects.filter(case__in=ids).values("case").annotate(n=Count("id")).filter(n=1)
    free = dataset.cases.free_for(user, now).filter(pk__in=ids, labels_shown=False)
    free = free.exclude(pk__in=OfflineRow.objects.out().filter(case__in=ids, batch__until__gt=now).values("case"))
    may = set(free.values_list("id", flat=True)) & set(alone.values_list("case", flat=True))
    cases: dict[int, int] = {}
    for item, case in rows:
        # of an item in two open cases neither is answered on the side
        cases[item] = case if case in may and item not in cases else _BARRED
    return cases


def _wanting_more(dataset: Dataset, found: dict[int, int | None]) -> set[int]:
    rules = rules_of(dataset)
    with_case = {case: item for item, case in found.items() if case}
    cases = Case.objects.filter(pk__in=with_case).select_related("dataset")
    wanting = {with_case[case.pk] for case in cases if answers_wanted(case, rules) > 1}
    without = [item for item, case in found.items() if not case]
    experts = Membership.objects.filter(dataset=dataset, role=Membership.EXPERT).values_list("user_id", flat=True)
    if len(set(experts) - paused_in(dataset.pk)) > 1:
        if rules.overlap > 1:
            wanting |= set(without)
        elif rules.overlap_doubtful > 1:
            wanting |= _contested(without)
    return wanting


def _contested(ids: Sequence[int]) -> set[int]:
    """Items that annotators give different labels, or tie on."""
    given = Label.objects.counting().filter(item__in=ids, origin=Label.IMPORT).order_by()
    split = given.values("item").annotate(n=Count(class_now(), distinct=True)).filter(n__gt=1)
    tied = CurrentLabel.objects.in_force().filter(item__in=ids, state=CurrentLabel.CONTESTED)
    return set(split.values_list("item", flat=True)) | set(tied.values_list("item_id", flat=True))
