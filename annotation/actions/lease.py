"""Experts pull: hand the next case to the expert who asks, and never the same one to two of them."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from annotation import bulk
from annotation.models import Case, Dataset, Skip


def lease(dataset: Dataset, user: Any, now: datetime, finding: int | None = None) -> Case | None:
    """The case `user` holds, else the first free one of the queue; None when nothing is left for `user`."""
    with transaction.atomic():
        free = dataset.cases.free_for(user, now)
        if finding:
            free = free.of_finding(finding)
        # Asked on its own first, as it costs a tenth of which cases are free: after an answer nothing is held.
        held = Q(leased_to=user, leased_until__gt=now)
        case = free.filter(held).order_by("-leased_at").first() if dataset.cases.open().filter(held).exists() else None
        case = case or bulk.without_waiting(free.in_order()).first()
        if case is None:
            return None
        hold(case, user, now)
        return case


def hold(case: Case, user: Any, now: datetime) -> None:
    """Give `case` to `user` until LEASE_MINUTES from `now`. The time it was first handed out is kept while held."""
    if not case.held_by(user, now):
        case.leased_at = now
    case.leased_to, case.leased_until = user, now + timedelta(minutes=settings.LEASE_MINUTES)
    case.save(update_fields=["leased_to", "leased_at", "leased_until"])


def release(case: Case) -> None:
    """Give the case up, in whatever status it now is."""
    case.leased_to = case.leased_until = case.leased_at = None
    case.save(update_fields=["status", "leased_to", "leased_at", "leased_until"])


def skip(case: Case, user: Any, now: datetime) -> None:
    """Pass the case on: it goes back to the queue and is not offered to `user` again. Twice is the same as once."""
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
        if case.status == Case.OPEN and not case.skips.filter(expert=user).exists():
            Skip.objects.create(case=case, expert=user, created_at=now)
        if case.leased_to_id == user.pk:
            release(case)
