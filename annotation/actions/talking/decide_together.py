"""One answer for many items that are alike, taken back as one too."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from annotation import bulk
from annotation.actions.queue.decide import Answer, UnableToDecide, decide
from annotation.actions.queue.lease import release
from annotation.actions.queue.open_cases import Unit, create_cases
from annotation.actions.queue.reorder import request_reorder
from annotation.actions.queue.undo import undo
from annotation.core.wording import counted
from annotation.models import Case, Dataset, Decision, Item, User
from annotation.reading.experts.readiness import decided_today, readiness
from annotation.reading.experts.routing_rules import rules_of
from annotation.reading.talking.open_to_bulk import open_to_bulk
from annotation.reading.talking.similar_items import SHOWN

# Of an expert's own answers the last so many are looked through for those given together.
RECENT = 3_000


def decide_similar(like: Item, user: User, items: Sequence[int], answer: Answer, now: datetime) -> int:
    """The same answer to each of `items` (ids), which were shown as most like `like`; returns how many were decided.

    None of the answers is blind: each was given in view of the others, so it says nothing of the expert's skill. Which
    belong together shows in their tokens, made of `answer.token` and the item; the same token again is the same
    decisions. All or none: raises UnableToDecide where one of the items was taken, decided or closed to `user` since.
    """
    dataset, wanted = like.dataset, sorted(set(items))
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        done = decided_together(dataset, user, answer.token)
        if done:
            return len(done)
        _refuse_what_cannot_be(dataset, user, wanted, answer, now)
        cases = _their_cases(dataset, wanted, user, now)
        note = f"Answered together with items like {like.external_id}."
        shared = replace(answer, note=f"{answer.note}\n{note}".strip(), confidence="sure", seconds=None, blind=False)
        for item in wanted:
            own = replace(shared, token=uuid5(answer.token, str(item)), items=(item,))
            last = decide(cases[item], user, own, now, learn=False)
        request_reorder(dataset, last)
    return len(wanted)


def _refuse_what_cannot_be(
    dataset: Dataset, user: User, items: Sequence[int], answer: Answer, now: datetime
) -> None:  # fmt: skip
    if not items:
        raise UnableToDecide("Tick at least one item for your answer.")
    if len(items) > SHOWN:
        raise UnableToDecide(f"Up to {SHOWN} items are answered at once, and these are {len(items):,}.")
    if answer.outcome == Decision.DIFFERENT:
        raise UnableToDecide("Legitimately different is said of a group, on the page of its case.")
    if bar := readiness(dataset, user).bar:
        raise UnableToDecide(f"{bar} Your answer was not recorded.")
    cap = rules_of(dataset).load_cap
    if cap is not None and decided_today(dataset, user, now) + len(items) > cap:
        raise UnableToDecide(f"With these you would have decided more than {counted(cap, 'case')} today; tick fewer.")


def _their_cases(dataset: Dataset, items: Sequence[int], user: User, now: datetime) -> dict[int, Case]:
    """item → its case, locked; one is opened where there is none. Nothing waits for a case that somebody else has
    locked: the dataset is held, and they may be waiting for it."""
    allowed = open_to_bulk(dataset, items, user, now).case
    there = {case: item for item, case in allowed.items() if case}
    locked = {there[case.pk]: case for case in bulk.without_waiting(Case.objects.filter(pk__in=there).order_by("id"))}
    lost = [item for item in items if item not in allowed or (allowed[item] and item not in locked)]
    if lost:
        gone = "is" if len(lost) == 1 else "are"
        raise UnableToDecide(
            f"{counted(len(lost), 'ticked item')} {gone} no longer open to you, so nothing was recorded. Those left "
            "are still ticked."
        )
    missing = [item for item in items if item not in locked]
    create_cases(dataset, [Unit(frozenset([item]), 0.0) for item in missing], now)
    opened = dataset.cases.filter(status=Case.OPEN, opened_at=now, case_items__item__in=missing)
    new = dict(opened.order_by("id").values_list("case_items__item", "id"))
    made = Case.objects.in_bulk(new.values())
    return locked | {item: made[case] for item, case in new.items() if item in missing}


def decided_together(dataset: Dataset, user: User, token: UUID) -> list[Decision]:
    """The standing decisions given together under this token, the last first."""
    recent = Decision.objects.standing().filter(expert=user, case__dataset=dataset, blind=False).order_by("-id")
    rows = Decision.items.through.objects.filter(decision__in=list(recent.values_list("id", flat=True)[:RECENT]))
    pairs = rows.values_list("decision_id", "item_id", "decision__token")
    own = [pk for pk, item, its_token in pairs if its_token == uuid5(token, str(item))]
    return list(Decision.objects.filter(pk__in=own).select_related("case").order_by("-id"))


def undo_similar(dataset: Dataset, user: User, token: UUID, now: datetime) -> int:
    """Take back all that was decided together under this token, or none; returns how many, 0 where it was done before.

    The cases go back to the queue; those opened for these answers alone are withdrawn. Raises UnableToDecide as `undo`
    does.
    """
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        decisions = decided_together(dataset, user, token)
        for decision in decisions:
            case = undo(decision, user, uuid5(token, f"undo {decision.pk}"), now)
            if case.opened_at == decision.created_at:
                case.status = Case.WITHDRAWN
            release(case)
    return len(decisions)
