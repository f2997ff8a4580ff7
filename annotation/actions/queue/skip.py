"""Passing a case on: who gets it next depends on why, and is the lead's choice."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from annotation import bulk
from annotation.actions.people.notify import leads_of, notify
from annotation.actions.queue.lease import release
from annotation.models import Case, RoutingRules, Skip, User
from annotation.reading.experts.routing_rules import answered_by, rules_of, who_may_answer

WAYS = {RoutingRules.EXPERT: Case.EXPERTS, RoutingRules.LEAD: Case.LEAD, RoutingRules.ASIDE: Case.NOBODY}


@bulk.persistent
def skip(case: Case, user: User, now: datetime, reason: str = "", note: str = "") -> None:
    """Pass the case on: it is not offered to `user` again. Twice is the same as once.

    Without a `reason` another expert gets it. What every expert passed on comes to the lead. A question of a test can't
    be passed on: it stays. What a colleague is answering stays with them, and an answer of `user`'s own stands.
    """
    with transaction.atomic():
        case = bulk.locked(Case.objects.select_related("dataset")).get(pk=case.pk)
        if case.kind == Case.QUALIFICATION:
            return
        known = Skip.objects.standing().filter(case=case, expert=user).exists() or user.pk in answered_by(case)
        if case.status == Case.OPEN and not known:
            Skip.objects.create(case=case, expert=user, reason=reason, note=note, created_at=now)
            if not _is_anothers(case, user, now):
                _move_on(case, user, reason, now)
        if case.leased_to_id == user.pk:
            release(case)


def way_of(reason: str, rules: RoutingRules) -> str:
    """Who a case waits for that was passed on for this reason."""
    ways = {
        Skip.NOT_MY_FIELD: rules.on_not_my_field, Skip.UNCLEAR: rules.on_unclear, Skip.BAD_INPUT: rules.on_bad_input
    }  # fmt: skip
    return WAYS[ways.get(reason, RoutingRules.EXPERT)]


def _is_anothers(case: Case, user: User, now: datetime) -> bool:
    held = case.leased_to_id not in (None, user.pk) and case.leased_until is not None and case.leased_until > now
    return held or case.reserved_for_id not in (None, user.pk)


def _move_on(case: Case, user: User, reason: str, now: datetime) -> None:
    if case.kind in Case.CHECKS:
        case.status = Case.WITHDRAWN
    elif case.awaits == Case.EXPERTS:
        if case.reserved_for_id == user.pk:
            case.reserved_for = None
        case.awaits = way_of(reason, rules_of(case.dataset))
        if case.awaits == Case.EXPERTS and not who_may_answer(case):
            case.awaits = Case.LEAD
        _tell(case, now)
    case.save(update_fields=["status", "awaits", "reserved_for"])


def _tell(case: Case, now: datetime) -> None:
    if case.awaits == Case.LEAD:
        path = reverse("case", args=[case.dataset.slug, case.pk])
        notify(case.dataset, leads_of(case.dataset), "A case was passed on to you: no expert answers it.", path, now)
