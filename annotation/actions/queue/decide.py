"""An expert's answer to a case. It is a new fact; what it settles, and who is asked next, follows from the rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from annotation import bulk, often
from annotation.actions.queue.after_answer import go_on
from annotation.actions.queue.lease import release
from annotation.actions.queue.reorder import request_reorder
from annotation.core.refusal import Refusal
from annotation.models import Case, Decision, FindingItem, Item, Label, LabelClass, Reason, User
from annotation.reading.answering.asked import (
    BeforeAnswer,
    PartInCase,
    before_answer,
    is_in_use,
    locked_case,
    said_under,
)
from annotation.reading.experts.readiness import may_adjudicate, readiness
from annotation.reading.experts.routing_rules import answered_by

COVERED = Decision.items.through
# One sentence for whatever became of a case: which it is would tell what colleagues said.
NOT_YOURS = "This case is no longer yours; your answer was not recorded."


class UnableToDecide(Refusal):
    """The answer can't be taken; the message is for the expert who gave it."""


@dataclass(frozen=True)
class Answer:
    """What an expert says. `items`: ids covered, empty = every item of the case. `token`: one per page shown. `cause`:
    why experts differed, by which it is an adjudication."""

    outcome: str
    token: UUID
    label_class: LabelClass | None = None
    items: Sequence[int] = ()
    reasons: Sequence[Reason] = ()
    note: str = ""
    confidence: str = "sure"
    seconds: float | None = None
    blind: bool = True
    cause: str = ""


@bulk.persistent
def decide(
    case: Case, user: User, answer: Answer, now: datetime, learn: bool = True, only_held: bool = False
) -> Decision:  # fmt: skip
    """Record the decision, the expert's label and, where the answers so far suffice, what the dataset now holds true.

    After every few decisions a job puts the queue in order anew; without `learn` the caller sees to that. only_held:
    nothing but a case that was handed out to `user` and that nobody took since, be their time for it over or not.

    The same token again is the same decision. Raises UnableToDecide when somebody else settled or holds the case, for a
    blind answer by somebody who labelled one of its items before, and for one by somebody who is paused.
    """
    try:
        return _decide(case, user, answer, now, learn, only_held)
    except IntegrityError:
        # the same token at the same moment, sent for another case too
        if twin := said_under(answer.token):
            return _same_again(twin, user)
        raise


def _decide(case: Case, user: User, answer: Answer, now: datetime, learn: bool, only_held: bool) -> Decision:
    with transaction.atomic():
        dataset, case = case.dataset, locked_case(case.pk)
        case.dataset = dataset
        # Looked up under the lock: of two simultaneous submits the second finds the decision of the first.
        before = before_answer(case, user, answer.token)
        if before.twin:
            return _same_again(before.twin, user)
        _refuse_what_is_not_theirs(case, user, answer, now)
        if only_held and case.leased_to_id != user.pk:
            raise UnableToDecide(NOT_YOURS)
        part = before.part or _part_in(case, before.items, user)
        if answer.blind and not answer.cause:
            _refuse_blind_answer(case, user, part, before)
        items, rest = _covered(before.items, answer)
        decision = _record(case, user, answer, items, part, before, now)
        _refuse_what_is_no_class(answer)
        go_on(decision, items, rest, before, now, independent=answer.blind)
        release(case)
        if learn and case.status == Case.SETTLED and case.kind not in Case.BESIDE_POOL:
            request_reorder(case.dataset, decision)
        return decision


def _same_again(twin: tuple[int, int], user: User) -> Decision:
    """What was said under the token before, be it by the same person."""
    decision, expert = twin
    if expert != user.pk:
        raise UnableToDecide("This page was sent in by somebody else; load it again and answer there.")
    return Decision.objects.get(pk=decision)


def _part_in(case: Case, members: Sequence[Item], user: User) -> PartInCase:
    own = Label.objects.counting().filter(annotator__user=user, item__in=members)
    typed = FindingItem.objects.filter(finding__author=user, item__in=members)
    return PartInCase(
        user.pk in answered_by(case), own.exists(), Decision.objects.filter(expert=user, items__in=members).exists(),
        frozenset(typed.values_list("item_id", flat=True)),
    )  # fmt: skip


def _refuse_what_is_not_theirs(case: Case, user: User, answer: Answer, now: datetime) -> None:
    if case.status != Case.OPEN:
        raise UnableToDecide(f"This case was {case.status} in the meantime; your answer was not recorded.")
    if _held_by_another(case, user, now):
        raise UnableToDecide(
            "This case went to somebody else when your time for it ran out; your answer was not recorded."
        )
    if answer.cause:
        _refuse_adjudication(case, user)
    elif not answer.blind and case.kind == Case.PRODUCTION:
        raise UnableToDecide("What is drawn from production is answered blind, from the queue.")


def _refuse_what_is_no_class(answer: Answer) -> None:
    """Asked within the transaction that writes the decision: from then on no change of classes can come between."""
    if answer.label_class and not is_in_use(answer.label_class):
        raise UnableToDecide(
            f"“{answer.label_class.name}” is no class any more; your answer was not recorded. Load the page again and "
            "choose one of the classes of now."
        )


def _refuse_adjudication(case: Case, user: User) -> None:
    if case.awaits == Case.EXPERTS or not may_adjudicate(case, user):
        raise UnableToDecide("This case is not yours to settle: you had a part in it, or nobody differs on it.")


def _refuse_blind_answer(case: Case, user: User, part: PartInCase, before: BeforeAnswer) -> None:
    if case.reserved_for_id not in (None, user.pk):
        raise UnableToDecide(NOT_YOURS)
    if case.kind in Case.CHECKS:
        return
    if case.awaits != Case.EXPERTS:
        raise UnableToDecide(NOT_YOURS)
    if part.answered:
        raise UnableToDecide("You answered this case before, so it goes to somebody else.")
    if part.labelled:
        raise UnableToDecide("You labelled an item of this case before, so it goes to somebody else.")
    if not before.clear and (bar := readiness(case.dataset, user).bar):
        raise UnableToDecide(f"{bar} Your answer was not recorded.")


def _held_by_another(case: Case, user: User, now: datetime) -> bool:
    return case.leased_to_id not in (None, user.pk) and case.leased_until is not None and case.leased_until > now


def _covered(members: Sequence[Item], answer: Answer) -> tuple[list[Item], list[Item]]:
    """The items of the case that the answer is about, and those it leaves out."""
    named = set(answer.items) or {item.pk for item in members}
    chosen = [item for item in members if item.pk in named]
    if len(chosen) != len(named):
        raise UnableToDecide("Tick at least one item of this case for your answer.")
    if answer.outcome == Decision.DIFFERENT and len(chosen) < 2:
        raise UnableToDecide("Legitimately different needs at least two ticked items.")
    return chosen, [item for item in members if item.pk not in named]


def _record(
    case: Case, user: User, answer: Answer, items: Sequence[Item], part: PartInCase, before: BeforeAnswer, now: datetime
) -> Decision:  # fmt: skip
    # who opened them by a rule of their own knows what they have in common
    chosen = any(item.pk in part.found for item in items)
    unseen = not part.revealed and not chosen and not case.labels_shown
    decision = Decision(
        case=case, expert=user, token=answer.token, outcome=answer.outcome, label_class=answer.label_class,
        confidence=answer.confidence, note=answer.note, seconds=answer.seconds, blind=answer.blind and unseen,
        cause=answer.cause, guideline_id=before.guideline, created_at=now,
    )  # fmt: skip
    often.insert(decision)
    often.insert_few(COVERED(decision_id=decision.pk, item_id=item.pk) for item in items)
    if answer.reasons:
        decision.reasons.add(*answer.reasons)
    return decision
