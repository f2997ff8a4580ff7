"""An expert's answer to a case, and taking it back. Both are new facts; nothing is edited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from uuid import UUID

from django.db import transaction

from annotation.actions.queue.lease import hold, release
from annotation.actions.queue.reorder import request_reorder
from annotation.actions.queue.settle import settle
from annotation.core.refusal import Refusal
from annotation.models import (
    Annotator,
    Case,
    CaseItem,
    ClosedPair,
    CurrentLabel,
    Decision,
    Item,
    Label,
    LabelClass,
    Reason,
    User,
)


class UnableToDecide(Refusal):
    """The answer can't be taken; the message is for the expert who gave it."""


@dataclass(frozen=True)
class Answer:
    """What an expert says. `items`: ids covered, empty = every item of the case. `token`: one per page shown."""

    outcome: str
    token: UUID
    label_class: LabelClass | None = None
    items: Sequence[int] = ()
    reasons: Sequence[Reason] = ()
    note: str = ""
    confidence: str = "sure"
    seconds: float | None = None
    blind: bool = True


def decide(case: Case, user: User, answer: Answer, now: datetime, learn: bool = True) -> Decision:
    """Record the decision, the expert's label and what the dataset now holds true, in one transaction.

    After every few decisions a job puts the queue in order anew; without `learn` the caller sees to that.

    The same token again is the same decision. Raises UnableToDecide when somebody else settled or holds the case, and
    for a blind answer by somebody who labelled one of its items before.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).select_related("dataset").get(pk=case.pk)
        # Looked up under the lock: of two simultaneous submits the second finds the decision of the first.
        twin = Decision.objects.filter(token=answer.token, expert=user).first()
        if twin:
            return twin
        _refuse_what_is_not_theirs(case, user, answer, now)
        items, rest = _covered(case, answer)
        decision = _record(case, user, answer, items, now)
        _apply(decision, items, now)
        case.status = Case.SETTLED
        release(case)
        _keep_the_rest(case, rest, now)
        if learn:
            request_reorder(case.dataset, decision)
        return decision


def _refuse_what_is_not_theirs(case: Case, user: User, answer: Answer, now: datetime) -> None:
    if case.status != Case.OPEN:
        raise UnableToDecide(f"Case {case.pk} was {case.status} in the meantime; your answer was not recorded.")
    if _held_by_another(case, user, now):
        raise UnableToDecide(
            f"Case {case.pk} went to somebody else when your time for it ran out; your answer was not recorded."
        )
    if answer.blind and Label.objects.counting().filter(annotator__user=user, item__case_items__case=case).exists():
        raise UnableToDecide(f"You labelled an item of case {case.pk} before, so it goes to somebody else.")


def _held_by_another(case: Case, user: User, now: datetime) -> bool:
    return case.leased_to_id not in (None, user.pk) and case.leased_until is not None and case.leased_until > now


def _covered(case: Case, answer: Answer) -> tuple[list[Item], list[Item]]:
    """The items of the case that the answer is about, and those it leaves out."""
    members = list(Item.objects.filter(case_items__case=case).order_by("id"))
    named = set(answer.items) or {item.pk for item in members}
    chosen = [item for item in members if item.pk in named]
    if len(chosen) != len(named):
        raise UnableToDecide("Tick at least one item of this case for your answer.")
    if answer.outcome == Decision.DIFFERENT and len(chosen) < 2:
        raise UnableToDecide("Legitimately different needs at least two ticked items.")
    return chosen, [item for item in members if item.pk not in named]


def _record(case: Case, user: User, answer: Answer, items: Sequence[Item], now: datetime) -> Decision:
    revealed = Decision.objects.filter(expert=user, items__case_items__case=case).exists()
    decision = Decision.objects.create(
        case=case, expert=user, token=answer.token, outcome=answer.outcome, label_class=answer.label_class,
        confidence=answer.confidence, note=answer.note, seconds=answer.seconds, blind=answer.blind and not revealed,
        guideline=case.dataset.guideline, created_at=now,
    )  # fmt: skip
    decision.items.add(*items)
    decision.reasons.add(*answer.reasons)
    return decision


def _apply(decision: Decision, items: Sequence[Item], now: datetime) -> None:
    """Write what the outcome means for the items."""
    if decision.outcome == Decision.DIFFERENT:
        _close_pairs(decision, items)
        return
    states = {Decision.AMBIGUOUS: CurrentLabel.AMBIGUOUS, Decision.BAD_INPUT: CurrentLabel.BAD_INPUT}
    state = states.get(decision.outcome, CurrentLabel.LABELLED)
    _answer(decision, {item.pk: decision.label_class_id for item in items}, now)
    settle(((item.pk, decision.label_class_id, state) for item in items), "decision", now, decision)


def _answer(decision: Decision, says: dict[int, int | None], now: datetime) -> None:
    """The expert's own labels: item id → class id, None = no answer."""
    annotator = Annotator.objects.of_user(decision.case.dataset, decision.expert)
    Label.objects.bulk_create(
        Label(
            item_id=item, annotator=annotator, label_class_id=label_class, origin=Label.EXPERT,
            seconds=decision.seconds, given_at=now, created_at=now,
        )
        for item, label_class in says.items()
    )  # fmt: skip


def _close_pairs(decision: Decision, items: Sequence[Item]) -> None:
    labels = CurrentLabel.objects.in_force().filter(item__in=items).values_list("item__digest", "label_class_id")
    pairs = {tuple(sorted((a, b))) for (a, label), (b, other) in combinations(labels, 2) if label != other}
    ClosedPair.objects.bulk_create(
        ClosedPair(dataset=decision.case.dataset, decision=decision, first=first, second=second)
        for first, second in sorted(pairs)
    )


def _keep_the_rest(case: Case, rest: Sequence[Item], now: datetime) -> None:
    """Members the answer leaves out become a case of their own."""
    if rest:
        digest = case.group_digest if len(rest) > 1 else ""
        left = Case.objects.create(
            dataset=case.dataset, kind=case.kind, group_digest=digest, score=case.score, opened_at=now
        )
        CaseItem.objects.bulk_create(CaseItem(case=left, item=item) for item in rest)


def last_decision(dataset_id: int, user: User) -> Decision | None:
    """The decision `user` would undo: their latest that stands."""
    mine = Decision.objects.standing().filter(expert=user, case__dataset=dataset_id)
    return mine.select_related("label_class").order_by("-id").first()


def undo(decision: Decision, user: User, token: UUID, now: datetime) -> Case:
    """Take a decision back: the items have their earlier labels again, and the case is open and `user`'s again.

    A decision that was taken back already stays so. Raises UnableToDecide when it is not the latest of `user`, or when
    somebody has since decided on the same items or works on the members it left out.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).select_related("dataset").get(pk=decision.case_id)
        if decision.expert_id != user.pk:
            raise UnableToDecide("Only the expert who gave an answer can take it back.")
        if Decision.objects.filter(undoes=decision).exists():
            return case
        if last_decision(case.dataset_id, user) != decision:
            raise UnableToDecide("Only your latest answer can be taken back.")
        _put_back(case, decision, token, now)
        _take_in_the_rest(case, decision, user, now)
        case.status = Case.OPEN
        case.save(update_fields=["status"])
        hold(case, user, now)
        return case


def _put_back(case: Case, decision: Decision, token: UUID, now: datetime) -> None:
    items = list(decision.items.order_by("id"))
    undone = Decision.objects.create(
        case=case, expert=decision.expert, token=token, outcome=Decision.UNDO, undoes=decision, blind=False,
        guideline=case.dataset.guideline, created_at=now,
    )  # fmt: skip
    undone.items.add(*items)
    if decision.outcome == Decision.DIFFERENT:
        return
    before = _labels_before(decision, items)
    _answer(undone, _said_before(decision, items), now)
    for item, label_class, state, basis in before:
        settle([(item, label_class, state)], basis, now, undone)


def _labels_before(decision: Decision, items: Sequence[Item]) -> list[tuple[int, int | None, str, str]]:
    """(item id, class id, state, basis) as of just before the decision; an item without a label then is contested."""
    rows = []
    for item in items:
        latest, *earlier = CurrentLabel.objects.filter(item=item).order_by("-id")[:2]
        if latest.decision_id != decision.pk:
            raise UnableToDecide("Somebody has decided on this item since, so your answer can't be taken back.")
        before = earlier[0] if earlier else CurrentLabel(state=CurrentLabel.CONTESTED, basis="import")
        rows.append((item.pk, before.label_class_id, before.state, before.basis))
    return rows


def _said_before(decision: Decision, items: Sequence[Item]) -> dict[int, int | None]:
    """item id → the class the expert gave before the decision, which wrote their latest label; None = no answer."""
    annotator = Annotator.objects.of_user(decision.case.dataset, decision.expert)
    said = {}
    for item in items:
        earlier = Label.objects.filter(item=item, annotator=annotator).order_by("-id")[1:2]
        said[item.pk] = next((label.label_class_id for label in earlier), None)
    return said


def _take_in_the_rest(case: Case, decision: Decision, user: User, now: datetime) -> None:
    """The case opened for members left out has no reason to stay once they are back in their own."""
    left = case.case_items.exclude(item__in=decision.items.all()).values("item")
    since = case.dataset.cases.filter(kind=case.kind, opened_at__gte=decision.created_at, case_items__item__in=left)
    ids = since.exclude(pk=case.pk).exclude(status=Case.WITHDRAWN).values_list("id", flat=True)
    rest = Case.objects.select_for_update(of=("self",)).filter(pk__in=set(ids))
    if any(other.status == Case.SETTLED or _held_by_another(other, user, now) for other in rest):
        raise UnableToDecide("Somebody has started on the rest of this group, so your answer can't be taken back.")
    rest.update(status=Case.WITHDRAWN)
