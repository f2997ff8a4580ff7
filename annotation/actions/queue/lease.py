"""Experts pull: hand the next case to the expert who asks, and never the same one to two of them."""

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Min, OuterRef, Q, Subquery

from annotation import bulk
from annotation.models import AuditItem, Case, Dataset, Decision, Skip, User
from annotation.models.review import CaseQuerySet

# One hand-out in so many is a case of the audit, as long as there are any.
AUDIT_EVERY = 10


def lease(dataset: Dataset, user: User, now: datetime, finding: int | None = None) -> Case | None:
    """The case `user` holds, else the first free one of the queue; None when nothing is left for `user`.

    Every so often it is one of the audit instead, in the order they were drawn, which nothing about it tells."""
    with transaction.atomic():
        free = dataset.cases.free_for(user, now)
        if finding:
            free = free.of_finding(finding)
        # Asked on its own first, as it costs a tenth of which cases are free: after an answer nothing is held.
        mine = Q(leased_to=user, leased_until__gt=now)
        case = free.filter(mine).order_by("-leased_at").first() if dataset.cases.open().filter(mine).exists() else None
        if case is None and _audit_turn(user):
            case = bulk.without_waiting(_of_audit(free, dataset)).first()
        case = case or bulk.without_waiting(free.in_order()).first()
        if case is None:
            return None
        hold(case, user, now)
        return case


def _audit_turn(user: User) -> bool:
    """About one hand-out in AUDIT_EVERY, always the same ones for the same answers and skips, and not to be foreseen.

    Drawn from the last answer and the last skip: both are read at the end of an index, however many there are."""
    last = Decision.objects.filter(expert=user).order_by("-id").values_list("id", flat=True).first()
    passed = Skip.objects.filter(expert=user).order_by("-id").values_list("id", flat=True).first()
    drawn = hashlib.sha256(f"{user.pk}:{last}:{passed}".encode()).digest()
    return int.from_bytes(drawn[:8]) % AUDIT_EVERY == 0


def _of_audit(free: CaseQuerySet, dataset: Dataset) -> CaseQuerySet:
    """The free cases whose items the newest audit drew, as drawn."""
    newest = dataset.audits.order_by("-id").values("id")[:1]
    drawn = AuditItem.objects.filter(audit__in=newest)
    place = drawn.filter(item__case_items__case=OuterRef("pk")).order_by().values("audit").annotate(place=Min("id"))
    chosen = free.filter(case_items__item__in=drawn.values("item"))
    return chosen.annotate(place=Subquery(place.values("place"))).order_by("place", "id")


def hold(case: Case, user: User, now: datetime) -> None:
    """Give `case` to `user` until LEASE_MINUTES from `now`. The time it was first handed out is kept while held."""
    if not case.held_by(user, now):
        case.leased_at = now
    case.leased_to, case.leased_until = user, now + timedelta(minutes=settings.LEASE_MINUTES)
    case.save(update_fields=["leased_to", "leased_at", "leased_until"])


def release(case: Case) -> None:
    """Give the case up, in whatever status it now is."""
    case.leased_to = case.leased_until = case.leased_at = None
    case.save(update_fields=["status", "leased_to", "leased_at", "leased_until"])


def skip(case: Case, user: User, now: datetime) -> None:
    """Pass the case on: it goes back to the queue and is not offered to `user` again. Twice is the same as once."""
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
        if case.status == Case.OPEN and not case.skips.filter(expert=user).exists():
            Skip.objects.create(case=case, expert=user, created_at=now)
        if case.leased_to_id == user.pk:
            release(case)
