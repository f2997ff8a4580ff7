"""One class for many items at once, each of them a decision of its own, and all of them taken back by one undo."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid5

from django.db import transaction

from annotation import bulk
from annotation.actions.queue.open_cases import Unit, create_cases
from annotation.actions.queue.reorder import request_reorder
from annotation.actions.queue.settle import settle_each
from annotation.actions.talking.decide_together import decided_together
from annotation.core.refusal import Refusal
from annotation.core.wording import counted, quoted
from annotation.models import Annotator, Case, CurrentLabel, Dataset, Decision, Label, LabelClass, User
from annotation.reading.items.label_plan import MOST_LABELLED, LabelPlan, plan_labels

NOTE = "Labelled together with other items."


class UnableToLabel(Refusal):
    """The items cannot all be labelled, or taken back, so none was."""


@transaction.atomic
def label_many(
    dataset: Dataset, lead: User, label_class: LabelClass, items: Sequence[int], seen: str, token: UUID,
    now: datetime, *, also_decided: bool = False,
) -> int:  # fmt: skip
    """The class for all of `items` that can have it, as they were when `seen` was shown; returns how many.

    `also_decided`: those too that experts have decided on. No answer is blind: each is given in view of the others, and
    settles its case at once. The same token again is the same decisions. Raises UnableToLabel where an item changed
    since, or another case holds it.
    """
    bulk.lock_dataset(dataset)
    if done := decided_together(dataset, lead, token):
        return len(done)
    if len(items) > MOST_LABELLED:
        raise UnableToLabel(f"Up to {MOST_LABELLED:,} items are labelled at once, and these are {len(items):,}.")
    if label_class.retired_at:
        raise UnableToLabel(f"The class {quoted(label_class.name)} is no longer in use; choose another.")
    plan = plan_labels(dataset, lead, items, now)
    if plan.seen != seen:
        raise UnableToLabel("Some of these items changed since they were shown, so none was labelled; look once more.")
    wanted = [*plan.fresh, *(plan.decided if also_decided else ())]
    if not wanted:
        raise UnableToLabel("None of these items is left to be labelled.")
    cases = _their_cases(dataset, plan, wanted, now)
    decisions = _decide(dataset, lead, label_class, cases, token, now)
    settle_each(
        ((item, label_class.pk, CurrentLabel.LABELLED, "decision", pk) for item, pk in decisions.items()), now
    )  # fmt: skip
    _give(dataset, lead, dict.fromkeys(wanted, label_class.pk), now)
    _move(cases.values(), Case.SETTLED)
    request_reorder(dataset, Decision.objects.get(pk=max(decisions.values())))
    return len(wanted)


def _their_cases(dataset: Dataset, plan: LabelPlan, wanted: Sequence[int], now: datetime) -> dict[int, int]:
    """item → its case, locked; one is opened where there is none."""
    there = {item: plan.case[item] for item in wanted if item in plan.case}
    locked = bulk.without_waiting(Case.objects.filter(pk__in=there.values(), status=Case.OPEN).order_by("id"))
    if {case.pk for case in locked} != set(there.values()):
        raise UnableToLabel("Somebody is answering one of these items right now, so none was labelled; look once more.")
    missing = [item for item in wanted if item not in there]
    units = [Unit(frozenset([item]), 0.0) for item in missing]
    create_cases(dataset, units, now, settled=plan.decided, because="labelled again together with others")
    made = dataset.cases.filter(status=Case.OPEN, opened_at=now, case_items__item__in=missing)
    return there | dict(made.order_by("id").values_list("case_items__item", "id"))


def _decide(
    dataset: Dataset, lead: User, label_class: LabelClass, cases: dict[int, int], token: UUID, now: datetime
) -> dict[int, int]:
    """item → its decision."""
    tokens = {uuid5(token, str(item)): item for item in cases}
    guideline = dataset.guideline.pk if dataset.guideline else None
    _insert_decisions(
        (cases[item], lead.pk, own, Decision.LABEL, label_class.pk, None, NOTE, guideline, now)
        for own, item in tokens.items()
    )  # fmt: skip
    made = {tokens[own]: pk for own, pk in _by_token(tokens)}
    _cover(made)
    return made


def _insert_decisions(rows: Iterable[Sequence[object]]) -> None:
    """Rows of (case, expert, token, outcome, class, undone decision, note, guideline, time), none of them blind."""
    columns = ["case_id", "expert_id", "token", "outcome", "label_class_id", "undoes_id", "note", "guideline_id",
               "created_at", "confidence", "blind", "cause"]  # fmt: skip
    bulk.insert(Decision, columns, ((*row, "sure", False, "") for row in rows))


def _by_token(tokens: Iterable[UUID]) -> Iterable[tuple[UUID, int]]:
    return Decision.objects.filter(token__in=list(tokens)).values_list("token", "id")


def _cover(decisions: dict[int, int]) -> None:
    through = Decision.items.through
    bulk.insert(through, ["decision_id", "item_id"], ((pk, item) for item, pk in decisions.items()))


def _give(dataset: Dataset, lead: User, says: dict[int, int | None], now: datetime) -> None:
    """The lead's own labels: item → class, None = no answer any more."""
    annotator = Annotator.objects.of_user(dataset, lead)
    columns = ["item_id", "annotator_id", "label_class_id", "origin", "given_at", "created_at"]
    bulk.insert(Label, columns, ((item, annotator.pk, one, Label.EXPERT, now, now) for item, one in says.items()))


def _move(cases: Iterable[int], status: str) -> None:
    moved = Case.objects.filter(pk__in=list(cases))
    moved.update(status=status, awaits=Case.EXPERTS, leased_to=None, leased_at=None, leased_until=None)


@transaction.atomic
def undo_many(dataset: Dataset, lead: User, token: UUID, now: datetime) -> int:
    """Take back all that was labelled under this token, or none; returns how many, 0 where it was done before.

    The items have their earlier labels again, and cases that were opened for these answers alone are withdrawn. Raises
    UnableToLabel where somebody has decided on one of the items since, or is asked about it again.
    """
    bulk.lock_dataset(dataset)
    decisions = {one.pk: one for one in decided_together(dataset, lead, token)}
    covered = Decision.items.through.objects.filter(decision__in=decisions)
    by_item = dict(covered.values_list("item_id", "decision_id"))
    if not by_item:
        return 0
    _refuse_what_went_on(dataset, by_item, decisions)
    before = _before(CurrentLabel.objects.filter(item__in=by_item).order_by("-id"))
    own = Label.objects.filter(item__in=by_item, annotator=Annotator.objects.of_user(dataset, lead))
    said = _before(own.order_by("-id"))
    guideline = dataset.guideline.pk if dataset.guideline else None
    tokens = {uuid5(token, f"undo {pk}"): item for item, pk in by_item.items()}
    _insert_decisions(
        (decisions[by_item[item]].case_id, lead.pk, own_token, Decision.UNDO, None, by_item[item], "", guideline, now)
        for own_token, item in tokens.items()
    )  # fmt: skip
    undone = {tokens[own_token]: pk for own_token, pk in _by_token(tokens)}
    _cover(undone)
    nothing = CurrentLabel(state=CurrentLabel.CONTESTED, basis="import")
    settle_each(
        ((item, one.label_class_id, one.state, one.basis, undone[item])
         for item in by_item for one in [before.get(item, nothing)]), now,
    )  # fmt: skip
    _give(dataset, lead, {item: said[item].label_class_id if item in said else None for item in by_item}, now)
    made = {one.case_id for one in decisions.values() if one.case.opened_at == one.created_at}
    _move(made, Case.WITHDRAWN)
    _move({one.case_id for one in decisions.values()} - made, Case.OPEN)
    return len(by_item)


Row = TypeVar("Row", CurrentLabel, Label)


def _before(rows: Iterable[Row]) -> dict[int, Row]:
    """item → the second of its rows, which come the newest first; nothing where it has only one."""
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row.item_id, []).append(row)
    return {item: own[1] for item, own in found.items() if len(own) > 1}


def _refuse_what_went_on(dataset: Dataset, by_item: dict[int, int], decisions: dict[int, Decision]) -> None:
    latest = CurrentLabel.objects.in_force().filter(item__in=by_item).values_list("item_id", "decision_id")
    since = [item for item, decision in latest if decision != by_item[item]]
    if since:
        has = "has" if len(since) == 1 else "have"
        raise UnableToLabel(f"{counted(len(since), 'item')} {has} been decided since, so none was taken back.")
    first = min(one.created_at for one in decisions.values())
    again = dataset.cases.open().filter(opened_at__gt=first, case_items__item__in=by_item)
    if n := again.distinct().count():
        raise UnableToLabel(f"{counted(n, 'case')} asks about these items again, so none was taken back.")
