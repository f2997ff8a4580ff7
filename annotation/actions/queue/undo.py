"""Taking an answer back: a new fact, after which the items have their earlier labels again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from annotation import bulk
from annotation.actions.queue.carry_out import give_labels
from annotation.actions.queue.decide import UnableToDecide
from annotation.actions.queue.lease import hold_first
from annotation.actions.queue.settle import settle
from annotation.models import Annotator, Case, CurrentLabel, Decision, Item, Label, User, basis_now, class_now
from annotation.reading.experts.routing_rules import rules_of

NEWEST = 20


def last_decision(dataset_id: int, user: User) -> Decision | None:
    """The latest decision of `user` that stands."""
    mine = Decision.objects.standing().filter(expert=user, case__dataset=dataset_id)
    mine = mine.select_related("label_class", "case").order_by("-id")
    # nearly always among the newest, which an index tells without sorting all they ever said
    newest = Decision.objects.filter(expert=user).order_by("-id").values("id")[:NEWEST]
    return mine.filter(pk__in=newest).first() or mine.first()


@bulk.persistent
def undo(decision: Decision, user: User, token: UUID, now: datetime) -> Case:
    """Take a decision back: the items have their earlier labels again, and the case is open and `user`'s again.

    A decision that was taken back already stays so. Raises UnableToDecide when it is not `user`'s, when it answered a
    test or a check that was told, or when somebody has since decided on the same items, is asked about them again or
    works on what it left.
    """
    with transaction.atomic():
        case = bulk.locked(Case.objects.select_related("dataset")).get(pk=decision.case_id)
        if decision.expert_id != user.pk:
            raise UnableToDecide("Only the expert who gave an answer can take it back.")
        if Decision.objects.filter(undoes=decision).exists():
            return case
        if case.kind == Case.QUALIFICATION:
            raise UnableToDecide("The answers of a test stand; none was taken back.")
        if case.kind == Case.GOLD and rules_of(case.dataset).gold_feedback:
            raise UnableToDecide("You were told what is right, so your answer stands.")
        _refuse_while_held(case, user, now)
        _refuse_where_asked_again(case, decision)
        _put_back(case, decision, token, now)
        _take_in_the_parts(case, decision, user, now)
        case.status = Case.OPEN
        if not decision.cause:
            case.awaits = Case.EXPERTS
        case.save(update_fields=["status", "awaits"])
        hold_first(case, user, now)
        return case


def _refuse_while_held(case: Case, user: User, now: datetime) -> None:
    if case.status == Case.OPEN and case.leased_to_id not in (None, user.pk) and _is_leased(case, now):
        raise UnableToDecide("Somebody else is answering this case now, so your answer can't be taken back.")


def _refuse_where_asked_again(case: Case, decision: Decision) -> None:
    since = case.dataset.cases.open().filter(opened_at__gt=decision.created_at)
    since = since.filter(case_items__item__in=decision.items.all())
    if case.kind not in Case.CHECKS and since.exclude(part_of=case.pk).exclude(pk=case.pk).exists():
        raise UnableToDecide("This is asked again in another case by now, so your answer can't be taken back.")


def _is_leased(case: Case, now: datetime) -> bool:
    return case.leased_until is not None and case.leased_until > now


def _put_back(case: Case, decision: Decision, token: UUID, now: datetime) -> None:
    items = list(decision.items.order_by("id"))
    undone = Decision.objects.create(
        case=case, expert=decision.expert, token=token, outcome=Decision.UNDO, undoes=decision, blind=False,
        guideline=case.dataset.guideline, created_at=now,
    )  # fmt: skip
    undone.items.add(*items)
    if decision.outcome == Decision.DIFFERENT or case.kind in Case.CHECKS:
        return
    before = _labels_before(decision, items) if case.status == Case.SETTLED else []
    give_labels(undone, _said_before(decision, items), now)
    for item, label_class, state, basis in before:
        settle([(item, label_class, state)], basis, now, undone)


def _labels_before(decision: Decision, items: Sequence[Item]) -> list[tuple[int, int | None, str, str]]:
    """(item id, class id, state, basis) as of just before the decision; an item without a label then is contested."""
    rows = []
    for item in items:
        held = CurrentLabel.objects.filter(item=item).order_by("-id").annotate(meant=class_now(), rests=basis_now())
        if held[0].decision_id != decision.pk:
            raise UnableToDecide("Somebody has decided on this item since, so your answer can't be taken back.")
        # a change of classes since kept the decision, in a row of its own
        before = held.exclude(decision=decision).first()
        label_class, state = (before.meant, before.state) if before else (None, CurrentLabel.CONTESTED)
        if label_class is None and state == CurrentLabel.LABELLED:
            state = CurrentLabel.CONTESTED
        basis = before.rests if before else "import"
        rows.append((item.pk, label_class, state, "import" if basis == "class change" else basis))
    return rows


def _said_before(decision: Decision, items: Sequence[Item]) -> dict[int, int | None]:
    """item id → the class the expert gave before the decision, which wrote their latest label; None = no answer."""
    annotator = Annotator.objects.of_user(decision.case.dataset, decision.expert)
    said = {}
    for item in items:
        earlier = Label.objects.filter(item=item, annotator=annotator).order_by("-id")[1:2]
        said[item.pk] = next((label.label_class_id for label in earlier), None)
    return said


def _started_by_others(part: Case, user: User, now: datetime) -> bool:
    if part.status == Case.SETTLED or (_is_leased(part, now) and part.leased_to_id != user.pk):
        return True
    return Decision.objects.standing().filter(case=part).exists()


def _take_in_the_parts(case: Case, decision: Decision, user: User, now: datetime) -> None:
    """The cases opened for members have no reason to stay once they are back in their own."""
    parts = bulk.locked(case.parts.filter(opened_at__gte=decision.created_at))
    parts = parts.exclude(status=Case.WITHDRAWN)
    if any(_started_by_others(part, user, now) for part in parts):
        raise UnableToDecide("Somebody has started on the rest of this group, so your answer can't be taken back.")
    parts.update(status=Case.WITHDRAWN)
