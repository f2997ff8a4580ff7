"""The questions that stand before every hand-out and every answer, each answered by the end of an index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import BooleanField, Exists, Subquery

from annotation.bulk import AskedOften
from annotation.models import (
    Annotator,
    Case,
    CaseItem,
    CurrentLabel,
    Dataset,
    Decision,
    FindingItem,
    Guideline,
    Item,
    Label,
    LabelClass,
    Pause,
    ProductionDraw,
    QualificationTest,
    RoutingRules,
    Skip,
    User,
    class_now,
)

RULES = [field for field in RoutingRules._meta.concrete_fields if field.name != "created_at"]
HEAD = 20
GIVEN = Decision.items.through

_in_the_way = AskedOften(
    lambda dataset, user: Dataset.objects.filter(pk=dataset).values_list(
        Exists(QualificationTest.objects.filter(dataset=dataset, retired_at=None)),
        Exists(Pause.objects.filter(dataset=dataset, user=user, paused=True)),
    ),
    int, int,
)  # fmt: skip
_rules = AskedOften(
    lambda dataset: (
        RoutingRules.objects.filter(dataset=dataset)
        .order_by("-version")
        .values_list(*(field.attname for field in RULES))[:1]
    ),
    int,
)
_standing_of = AskedOften(
    lambda dataset, user, now: Dataset.objects.filter(pk=dataset).values_list(
        Exists(QualificationTest.objects.filter(dataset=dataset, retired_at=None)),
        Exists(Pause.objects.filter(dataset=dataset, user=user, paused=True)),
        Exists(Case.objects.filter(dataset=dataset, status=Case.OPEN, leased_to=user, leased_until__gt=now)),
        Exists(
            Case.objects.filter(dataset=dataset, reserved_for=user, status=Case.OPEN).exclude(kind__in=Case.CHECKS)
        ),
        Exists(ProductionDraw.objects.filter(dataset=dataset)),
        Subquery(Decision.objects.filter(expert=user).order_by("-id").values("id")[:1]),
        Subquery(Skip.objects.filter(expert=user).order_by("-id").values("id")[:1]),
    ),
    int, int, datetime,
)  # fmt: skip
_head = AskedOften(
    lambda dataset, user, now: Case.objects.filter(dataset=dataset)
    .waiting_for(user, now)
    .exclude(leased_to=user, leased_until__gt=now)
    .in_order()
    .values_list("id")[:HEAD],
    int, int, datetime,
)  # fmt: skip
_items = AskedOften(
    lambda case: CaseItem.objects.filter(case=case).order_by("item_id").values_list("item_id", "case__part_of_id"), int
)
_barred = AskedOften(
    lambda case, item, part_of, user: Case.objects.filter(pk=case).values_list(
        Exists(Label.objects.counting().filter(item=item, annotator__user=user)),
        Exists(
            Decision.objects.standing()
            .filter(pk__in=GIVEN.objects.filter(item=item).values("decision"))
            .filter(expert=user, outcome__in=Decision.WITHOUT_LABEL)
            .exclude(outcome=Decision.DIFFERENT, case=part_of)
        ),
        Exists(Skip.objects.standing().filter(case=case, expert=user)),
    ),
    int, int, int, int,
)  # fmt: skip
_part_in = AskedOften(
    lambda case, item, user: Case.objects.filter(pk=case).values_list(
        Exists(Decision.objects.standing().filter(case=case, expert=user)),
        Exists(Label.objects.counting().filter(item=item, annotator__user=user)),
        Exists(Decision.objects.filter(pk__in=GIVEN.objects.filter(item=item).values("decision"), expert=user)),
        Exists(FindingItem.objects.filter(item=item, finding__author=user)),
    ),
    int, int, int,
)  # fmt: skip
_said = AskedOften(lambda token: Decision.objects.filter(token=token).values_list("id", "expert_id"), UUID)
_guideline = AskedOften(
    lambda dataset: Guideline.objects.filter(dataset=dataset).order_by("-version").values_list("id")[:1], int
)
_in_use = AskedOften(lambda pk: LabelClass.objects.in_use().filter(pk=pk).values_list("id"), int, kept=True)
_own = AskedOften(
    lambda dataset, user: Annotator.objects.filter(dataset=dataset, user=user, own=True).values_list("id"), int, int
)
_standing = AskedOften(lambda case: Decision.objects.standing().filter(case=case).values_list("id"), int)
_carried = AskedOften(
    lambda item: CurrentLabel.objects.filter(item=item).order_by("-id").values_list("label_class_id", "state")[:1], int
)
_given = AskedOften(
    lambda item: Label.objects.counting().filter(item=item, origin=Label.IMPORT).values_list(class_now()), int
)


@dataclass(frozen=True)
class StandingOf:
    """How things stand for an expert who asks for cases. clear: no test is asked of anybody, and they were never
    paused; holds, kept: they hold a case, one is kept for them that does not test them; drawn: items of production were
    drawn to be asked about; answered, passed: ids of their last decision and skip, undone ones too."""

    clear: bool
    holds: bool
    kept: bool
    drawn: bool
    answered: int | None
    passed: int | None


def standing_of(dataset: Dataset, user: User, now: datetime) -> StandingOf:
    # of a dataset that was erased at this moment nothing is left
    row = _standing_of.first(dataset.pk, user.pk, now) or (True, True, False, False, False, None, None)
    tests, paused, holds, kept, drawn, answered, passed = row
    return StandingOf(not (tests or paused), bool(holds), bool(kept), bool(drawn), answered, passed)


def nothing_in_the_way(dataset: Dataset, user: User) -> bool:
    """No test is asked of anybody, and `user` was never paused."""
    return not any(_in_the_way.first(dataset.pk, user.pk) or (True,))


def newest_rules(dataset_id: int) -> RoutingRules | None:
    """The version in force; when it was made is read when it is asked for."""
    row = _rules.first(dataset_id)
    if row is None:
        return None
    values = [bool(one) if isinstance(field, BooleanField) else one for field, one in zip(RULES, row, strict=True)]
    return RoutingRules.from_db("default", [field.attname for field in RULES], values)


def first_waiting(dataset: Dataset, user: User, now: datetime) -> list[int]:
    """Ids of the first HEAD cases of the order that wait for `user` and are in nobody's hands."""
    return [pk for (pk,) in _head.rows(dataset.pk, user.pk, now)]


def items_of(case_id: int) -> list[Item]:
    """The items of a case in their order, with nothing read of them but their ids."""
    return [Item.from_db("default", ["id"], [item]) for item, _ in _items.rows(case_id)]


def barred_alone(case_id: int, user: User) -> bool | None:
    """Whether something bars `user` from a case of one item, as `free_cases.barred_from` says; None of several."""
    rows = _items.rows(case_id)
    if len(rows) != 1:
        return None
    item, part_of = rows[0]
    return any(_barred.first(case_id, item, part_of or 0, user.pk) or ())


def part_in(case_id: int, item: Item, user: User) -> Sequence[bool]:
    """Of a case of one item: whether an answer of `user` to it stands, a label of theirs for the item counts, they ever
    answered about the item, and a finding that they typed covers it."""
    return _part_in.first(case_id, item.pk, user.pk) or ()


def said_under(token: UUID) -> tuple[int, int] | None:
    """The ids of the decision under this token and of its expert."""
    found = _said.first(token)
    return (found[0], found[1]) if found else None


def guideline_of(dataset_id: int) -> int | None:
    """Id of the guideline in force."""
    return (_guideline.first(dataset_id) or (None,))[0]


def is_in_use(label_class: LabelClass) -> bool:
    """And stays so until the transaction ends."""
    return _in_use.first(label_class.pk) is not None


def own_annotator(dataset: Dataset, user: User) -> int | None:
    """Id of the annotator under whom `user` answers; None before their first answer."""
    return (_own.first(dataset.pk, user.pk) or (None,))[0]


def n_standing(case_id: int) -> int:
    return len(_standing.rows(case_id))


def carries_one_label(item_id: int) -> bool:
    """The item has one current label that is not contested, and all who labelled it in files named the same class."""
    carried = _carried.first(item_id)
    contested = carried is not None and carried[1] == CurrentLabel.CONTESTED
    return not contested and len({meant for (meant,) in _given.rows(item_id)}) <= 1
