"""The questions that stand before every hand-out and every answer, each answered by the end of an index."""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from annotation.models import (
    Annotator,
    Audit,
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
    OfflineRow,
    Pause,
    ProductionDraw,
    QualificationTest,
    RoutingRules,
    SkillEstimate,
    Skip,
    User,
    class_now,
)
from annotation.models.review import CaseQuerySet
from annotation.often import AskedOften, ReadOften

RULES = [field.attname for field in RoutingRules._meta.concrete_fields]
CASE = [field.attname for field in Case._meta.concrete_fields]
HEAD = 20
# So many cases are asked about at once by one statement.
FEW = 16
GIVEN = Decision.items.through


def _in_the_way_of(dataset: int, user: int) -> tuple[Exists, ...]:
    return (
        Exists(QualificationTest.objects.filter(dataset=dataset, retired_at=None)),
        Exists(Pause.objects.filter(dataset=dataset, user=user, paused=True)),
        Exists(Dataset.objects.filter(pk=dataset, archived_at__isnull=False)),
    )


_newest_label = CurrentLabel.objects.filter(
    pk=Subquery(CurrentLabel.objects.filter(item=OuterRef(OuterRef("item"))).order_by("-id").values("id")[:1])
)
_in_the_way = AskedOften(
    lambda dataset, user: Dataset.objects.filter(pk=dataset).values_list(*_in_the_way_of(dataset, user)), int, int
)


def _newest_rules(dataset: int, column: str) -> Subquery:
    return Subquery(RoutingRules.objects.filter(dataset=dataset).order_by("-version").values(column)[:1])


_rules = AskedOften(
    lambda dataset: RoutingRules.objects.filter(dataset=dataset).order_by("-version").values_list(*RULES)[:1], int
)
_standing_of = AskedOften(
    lambda dataset, user, now: Dataset.objects.filter(pk=dataset).values_list(
        *_in_the_way_of(dataset, user),
        _newest_rules(dataset, "id"),
        _newest_rules(dataset, "created_at"),
        Exists(Case.objects.filter(dataset=dataset, status=Case.OPEN, leased_to=user, leased_until__gt=now)),
        Exists(
            Case.objects.filter(dataset=dataset, reserved_for=user, status=Case.OPEN).exclude(kind__in=Case.CHECKS)
        ),
        Exists(ProductionDraw.objects.filter(dataset=dataset)),
        Exists(Audit.objects.filter(dataset=dataset)),
        Exists(SkillEstimate.objects.filter(dataset=dataset)),
        Subquery(Decision.objects.filter(expert=user).order_by("-id").values("id")[:1]),
        Subquery(Skip.objects.filter(expert=user).order_by("-id").values("id")[:1]),
    ),
    int, int, datetime,
)  # fmt: skip
_head = AskedOften(
    lambda dataset, user, now: Case.objects.filter(dataset=dataset)
    .in_no_hands(user, now)
    .in_order()
    .values_list("id")[:HEAD],
    int, int, datetime,
)  # fmt: skip
_waiting_of = AskedOften(
    lambda user, now, *cases: Case.objects.filter(pk__in=cases).in_no_hands(user, now).values_list("id"),
    int, datetime, *[int] * FEW,
)  # fmt: skip
_case = AskedOften(lambda pk: Case.objects.filter(pk=pk).values_list(*CASE), int, locking="FOR NO KEY UPDATE")


def _bars(user: int) -> tuple[Exists, ...]:
    """Of an item of a case what bars `user` from the case, as `free_cases.barred_from` says."""
    return (
        Exists(Label.objects.counting().filter(item=OuterRef("item"), annotator__user=user)),
        Exists(
            Decision.objects.standing()
            .filter(pk__in=GIVEN.objects.filter(item=OuterRef(OuterRef("item"))).values("decision"))
            .filter(expert=user, outcome__in=Decision.WITHOUT_LABEL)
            .exclude(outcome=Decision.DIFFERENT, case=Coalesce(OuterRef("case__part_of"), 0))
        ),
        Exists(Skip.objects.standing().filter(case=OuterRef("case"), expert=user)),
    )


_barred = AskedOften(
    lambda user, *cases: CaseItem.objects.filter(case__in=cases).values_list("case_id", *_bars(user)),
    int, *[int] * FEW,
)  # fmt: skip


def _locking(case: CaseQuerySet, user: int) -> QuerySet[CaseItem, tuple[Any, ...]]:
    """Lock one case that nobody else is locking: a row for each of its items, the columns of the case come first."""
    locked = Subquery(case.select_for_update(skip_locked=True, no_key=True).values("id")[:1])
    return CaseItem.objects.filter(case=locked).values_list(*(f"case__{name}" for name in CASE), *_bars(user))


_taken = AskedOften(
    lambda case, user, now: _locking(Case.objects.filter(pk=case).in_no_hands(user, now), user), int, int, datetime
)
_first_taken = AskedOften(
    lambda dataset, user, now: _locking(
        Case.objects.filter(dataset=dataset).in_no_hands(user, now).in_order(), user
    ),
    int, int, datetime,
)  # fmt: skip
# A row for each item of the case, and one without an item where it has none.
_before = AskedOften(
    lambda case, dataset, user, token: (
        Case.objects.filter(pk=case)
        .annotate(item=F("case_items__item"))
        .order_by("item")
        .values_list(
            "item",
            Subquery(Decision.objects.filter(token=token).values("id")),
            Subquery(Decision.objects.filter(token=token).values("expert_id")),
            Exists(Decision.objects.standing().filter(case=case)),
            Exists(Decision.objects.standing().filter(case=case, expert=user)),
            Exists(Label.objects.counting().filter(item=OuterRef("item"), annotator__user=user)),
            Exists(
                Decision.objects.filter(
                    pk__in=GIVEN.objects.filter(item=OuterRef(OuterRef("item"))).values("decision"), expert=user
                )
            ),
            Exists(FindingItem.objects.filter(item=OuterRef("item"), finding__author=user)),
            Exists(_newest_label.filter(state=CurrentLabel.CONTESTED)),
            Subquery(
                Label.objects.counting()
                .filter(item=OuterRef("item"), origin=Label.IMPORT)
                .order_by()
                .values("item")
                .annotate(n=Count(class_now(), distinct=True))
                .values("n")
            ),
            Subquery(Annotator.objects.filter(dataset=dataset, user=user, own=True).values("id")),
            Subquery(Guideline.objects.filter(dataset=dataset).order_by("-version").values("id")[:1]),
            *_in_the_way_of(dataset, user),
            _newest_rules(dataset, "id"),
            _newest_rules(dataset, "created_at"),
        )
    ),
    int, int, int, UUID,
)  # fmt: skip
_held = ReadOften(
    Case,
    lambda dataset, user, now: (
        Case.objects.filter(dataset=dataset, status=Case.OPEN, leased_to=user, leased_until__gt=now)
        .exclude(pk__in=OfflineRow.objects.kept_by(user, now).values("case"))
        .order_by("leased_at", "id")
    ),
    int, int, datetime,
)  # fmt: skip
_others_at_work = AskedOften(
    lambda dataset, user, now: (
        Case.objects.filter(dataset=dataset, leased_to__isnull=False, leased_until__gt=now)
        .exclude(leased_to=user)
        .order_by()
        .values_list("leased_to")
        .distinct()
    ),
    int, int, datetime,
)  # fmt: skip
_decided_since = AskedOften(
    lambda dataset, user, since: (
        Decision.objects.standing()
        .filter(expert=user, case__dataset=dataset, created_at__gte=since)
        .order_by()
        .values("expert")
        .annotate(n=Count("pk"))
        .values_list("n")
    ),
    int, int, datetime,
)  # fmt: skip
_said = AskedOften(lambda token: Decision.objects.filter(token=token).values_list("id", "expert_id"), UUID)
_in_use = AskedOften(
    lambda pk: LabelClass.objects.in_use().filter(pk=pk).values_list("id"), int, locking="FOR KEY SHARE"
)


# The version in force of each dataset, by its id and when it was made: no version ever changes.
_kept_rules: dict[int, tuple[Any, RoutingRules]] = {}


@dataclass(frozen=True)
class StandingOf:
    """How things stand for an expert who asks for cases. clear: no test is asked of anybody, they were never paused,
    and the dataset is not archived; holds, kept: they hold a case, one is kept for them that does not test them; drawn:
    items of production were drawn to be asked about; audited: an audit was drawn; answered, passed: ids of their last
    decision and skip, undone ones too."""

    clear: bool
    rules: RoutingRules
    holds: bool
    kept: bool
    drawn: bool
    audited: bool
    measured: bool
    answered: int | None
    passed: int | None


def standing_of(dataset: Dataset, user: User, now: datetime) -> StandingOf:
    row = _standing_of.first(dataset.pk, user.pk, now)
    if row is None:
        # of a dataset that was erased at this moment nothing is left
        return StandingOf(
            False, RoutingRules(dataset=dataset, version=0), False, False, False, False, False, None, None
        )
    tests, paused, archived, version, made, *rest = row
    return StandingOf(not (tests or paused or archived), _rules_in_force(dataset.pk, version, made), *rest)


def in_the_way(dataset: Dataset, user: User) -> Sequence[bool]:
    """Whether a test is asked of anybody, `user` was ever paused, and the dataset is archived."""
    return _in_the_way.first(dataset.pk, user.pk) or (False, False, True)


def newest_rules(dataset_id: int) -> RoutingRules:
    """The version in force; the defaults, unsaved and of version 0, before a lead has changed any."""
    row = _rules.first(dataset_id)
    if row is None:
        return RoutingRules(dataset_id=dataset_id, version=0)
    return RoutingRules.from_db(connection.alias, RULES, row)


def _rules_in_force(dataset_id: int, version: int | None, made: datetime | None) -> RoutingRules:
    """The newest of the dataset, whose id and date the database has just said."""
    key, rules = _kept_rules.get(dataset_id, (None, None))
    if rules is None or key != (version, made):
        rules = newest_rules(dataset_id)
        _kept_rules[dataset_id] = (rules.pk, rules.created_at if rules.pk else None), rules
    return copy(rules)


def held_by(dataset: Dataset, user: User, now: datetime) -> list[Case]:
    """The cases that `user` holds, in the order they were handed out; without what is out in a spreadsheet."""
    found = _held.read(dataset.pk, user.pk, now)
    for case in found:
        case.dataset = dataset
    return found


def n_others_at_work(dataset: Dataset, user: User, now: datetime) -> int:
    """Who else holds a case; asked by the index of what is held, and not by one of all that is open."""
    return len(_others_at_work.rows(dataset.pk, user.pk, now))


def n_decided_since(dataset: Dataset, user: User, since: datetime) -> int:
    """Standing decisions of `user`."""
    return (_decided_since.first(dataset.pk, user.pk, since) or (0,))[0]


def first_waiting(dataset: Dataset, user: User, now: datetime) -> list[int]:
    """Ids of the first HEAD cases of the order that wait for `user` and are in nobody's hands."""
    return [pk for (pk,) in _head.rows(dataset.pk, user.pk, now)]


def still_waiting(cases: Sequence[int], user: User, now: datetime) -> set[int]:
    """Those of the cases (ids) that wait for `user` and are in nobody's hands."""
    if len(cases) > FEW:
        return set(Case.objects.filter(pk__in=cases).in_no_hands(user, now).values_list("id", flat=True))
    return {pk for few in _in_fews(cases) for (pk,) in _waiting_of.rows(user.pk, now, *few)}


def barred_of(cases: Sequence[int], user: User) -> set[int]:
    """Those of the cases (ids) from which something bars `user`, as `free_cases.barred_from` says."""
    return {pk for few in _in_fews(cases) for pk, *bars in _barred.rows(user.pk, *few) if any(bars)}


def _in_fews(cases: Sequence[int]) -> Iterator[list[int]]:
    """FEW each, filled up with what is no case."""
    for start in range(0, len(cases), FEW):
        few = list(cases[start : start + FEW])
        yield few + [0] * (FEW - len(few))


def locked_case(pk: int) -> Case:
    """The case, which nobody else changes until the transaction ends. Raises Case.DoesNotExist."""
    row = _case.first(pk)
    if row is None:
        raise Case.DoesNotExist
    return Case.from_db(connection.alias, CASE, row)


@dataclass(frozen=True)
class Taken:
    """A case that nobody else changes until the transaction ends. barred: whether something bars who asked from it."""

    case: Case
    barred: bool


def taken(pk: int, user: User, now: datetime) -> Taken | None:
    """None while it is in somebody's hands, or somebody is taking it or answering it."""
    return _as_taken(_taken.rows(pk, user.pk, now))


def first_taken(dataset: Dataset, user: User, now: datetime) -> Taken | None:
    """The first case of the order that waits for `user` and that nobody holds or is taking."""
    return _as_taken(_first_taken.rows(dataset.pk, user.pk, now))


def _as_taken(rows: Sequence[Sequence[Any]]) -> Taken | None:
    if not rows:
        return None
    case = Case.from_db(connection.alias, CASE, rows[0][: len(CASE)])
    return Taken(case, any(any(row[len(CASE) :]) for row in rows))


def _only_id(item: int) -> Item:
    return Item.from_db(connection.alias, ["id"], [item])


@dataclass(frozen=True)
class PartInCase:
    """What a user had to do with a case before: their answer to it stands, a label of theirs for one of its items
    counts, they answered about one of its items (undone answers too), a finding that they typed covers one of
    `found`."""

    answered: bool
    labelled: bool
    revealed: bool
    found: frozenset[int]


@dataclass(frozen=True)
class BeforeAnswer:
    """What is known as an answer comes in. items: of the case, with nothing but their ids; twin: ids of the decision
    under the same token and of its expert; answered: an answer to the case stands; clear: as in `StandingOf`;
    annotator: id of the one under whom the user answers, None before their first answer; guideline: id of the one in
    force. part, contested: of a case of one item; None of several."""

    items: list[Item]
    twin: tuple[int, int] | None
    answered: bool
    part: PartInCase | None
    contested: bool | None
    annotator: int | None
    guideline: int | None
    clear: bool
    rules: RoutingRules


def before_answer(case: Case, user: User, token: UUID) -> BeforeAnswer:
    rows = _before.rows(case.pk, case.dataset_id, user.pk, token)
    items = [_only_id(row[0]) for row in rows if row[0]]
    _, twin, by, answered, own, labelled, revealed, typed, contested, n_given, annotator, guideline, *rest = rows[0]
    tests, paused, archived, version, made = rest
    alone = len(items) == 1
    found = frozenset([items[0].pk] if typed and alone else [])
    return BeforeAnswer(
        items, (twin, by) if twin else None, answered,
        PartInCase(own, labelled, revealed, found) if alone else None,
        contested or (n_given or 0) > 1 if alone else None,
        annotator, guideline, not (tests or paused or archived), _rules_in_force(case.dataset_id, version, made),
    )  # fmt: skip


def said_under(token: UUID) -> tuple[int, int] | None:
    """The ids of the decision under this token and of its expert."""
    found = _said.first(token)
    return (found[0], found[1]) if found else None


def is_in_use(label_class: LabelClass) -> bool:
    """And stays so until the transaction ends."""
    return _in_use.first(label_class.pk) is not None
