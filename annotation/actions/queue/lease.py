"""Experts pull: hand the next cases to the expert who asks, and never the same one to two of them."""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Min, OuterRef, Subquery
from django.utils import timezone

from annotation import bulk
from annotation.actions.queue.checks import open_gold, open_repeat, start_test
from annotation.models import AuditItem, Case, CaseItem, CurrentLabel, Dataset, Decision, RoutingRules, Skip, User
from annotation.models.review import CaseQuerySet
from annotation.reading.experts.readiness import Readiness, decided_today, readiness
from annotation.reading.experts.routed import ranked_cases
from annotation.reading.experts.routing_rules import rules_of

# One hand-out in so many is a case of the audit, as long as there are any.
AUDIT_EVERY = 10


def lease(dataset: Dataset, user: User, now: datetime, finding: int | None = None) -> Case | None:
    """The case `user` is to answer next, theirs from now on; None when nothing is left for `user`."""
    return next(iter(hand_out(dataset, user, now, finding=finding)), None)


def hand_out(dataset: Dataset, user: User, now: datetime, n: int = 1, finding: int | None = None) -> list[Case]:
    """The first `n` cases that `user` holds, in the order they were handed out, topped up from the queue.

    Every so often one is of the audit instead, an item of known label, or one of `user`'s own again; nothing about it
    tells. Somebody who has a test to pass gets its questions, and somebody who is paused nothing.
    """
    with transaction.atomic():
        ready, rules = readiness(dataset, user), rules_of(dataset)
        if ready.to_pass:
            return _of_test(dataset, user, ready, now, n)
        if ready.bar:
            return []
        held = _renewed(_held(dataset, user, now, finding)[:n], now)
        while len(held) < n and not _enough_today(dataset, user, rules, len(held), now):
            case = _next(dataset, user, rules, ready, len(held), now, finding)
            if case is None:
                break
            # a moment later each, so that they keep this order
            hold(case, user, now, since=now + timedelta(milliseconds=len(held)))
            held.append(case)
        return held


def _held(dataset: Dataset, user: User, now: datetime, finding: int | None) -> CaseQuerySet:
    """What `user` holds, asked on its own first, as it costs a tenth of which cases are free."""
    mine = dataset.cases.filter(status=Case.OPEN, leased_to=user, leased_until__gt=now)
    if not mine.exists():
        return mine.none()
    free = dataset.cases.free_for(user, now)
    free = free.of_finding(finding) if finding else free
    checks = dataset.cases.checks_of(user).filter(status=Case.OPEN)
    ids = set(free.filter(pk__in=mine).values_list("id", flat=True))
    ids |= set() if finding else set(checks.filter(pk__in=mine).values_list("id", flat=True))
    return mine.filter(pk__in=ids).order_by("leased_at", "id")


def _renewed(held: CaseQuerySet, now: datetime) -> list[Case]:
    cases, until = list(held), now + timedelta(minutes=settings.LEASE_MINUTES)
    for case in cases:
        case.leased_until = until
    Case.objects.filter(pk__in=[case.pk for case in cases]).update(leased_until=until)
    return cases


def _of_test(dataset: Dataset, user: User, ready: Readiness, now: datetime, n: int) -> list[Case]:
    if ready.failed:
        return []
    test = ready.to_pass[0]
    start_test(test, user, now)
    cases = list(test.cases.filter(reserved_for=user, status=Case.OPEN).order_by("id")[:n])
    for place, case in enumerate(cases):
        hold(case, user, now, since=now + timedelta(milliseconds=place))
    return cases


def _next(
    dataset: Dataset, user: User, rules: RoutingRules, ready: Readiness, n_held: int, now: datetime,
    finding: int | None,
) -> Case | None:  # fmt: skip
    free = dataset.cases.free_for(user, now).exclude(leased_to=user, leased_until__gt=now)
    if finding:
        return bulk.without_waiting(free.of_finding(finding).in_order()).first()
    mine = bulk.without_waiting(free.filter(reserved_for=user).in_order()).first()
    if mine:
        return mine
    turn = _turn(user, n_held)
    case = _check(dataset, user, rules, turn, now)
    if case is None and turn[0] % AUDIT_EVERY == 0:
        case = bulk.without_waiting(_of_audit(free, dataset)).first()
    return case or _routed(dataset, user, rules, ready, free) or bulk.without_waiting(_open_to(free, ready)).first()


def _routed(dataset: Dataset, user: User, rules: RoutingRules, ready: Readiness, free: CaseQuerySet) -> Case | None:
    for offered in ranked_cases(dataset, user, rules, ready):
        still = set(free.filter(pk__in=offered).order_by().values_list("id", flat=True))
        for pk in (one for one in offered if one in still):
            # between the two questions a colleague may have taken it
            case = bulk.without_waiting(free.filter(pk=pk)).first()
            if case is not None:
                return case
    return None


def _open_to(free: CaseQuerySet, ready: Readiness) -> CaseQuerySet:
    """Those in order whose labels are of no class that the expert's test still closes."""
    if not ready.closed_classes:
        return free.in_order()
    current = CurrentLabel.objects.in_force().filter(label_class__in=ready.closed_classes)
    closed = CaseItem.objects.filter(item__in=current.values("item"), case=OuterRef("pk"))
    return free.filter(~Exists(closed)).in_order()


def _turn(user: User, n_held: int) -> tuple[int, float, float]:
    """A number and two shares in [0, 1), always the same for the same answers and skips, and not to be foreseen.

    Drawn from the last answer and the last skip: both are read at the end of an index, however many there are."""
    last = Decision.objects.filter(expert=user).order_by("-id").values_list("id", flat=True).first()
    passed = Skip.objects.filter(expert=user).order_by("-id").values_list("id", flat=True).first()
    ahead = f":{n_held}" if n_held else ""
    drawn = hashlib.sha256(f"{user.pk}:{last}:{passed}{ahead}".encode()).digest()
    number, share, place = (int.from_bytes(drawn[start : start + 8]) for start in (0, 8, 16))
    return number, share / 2**64, place / 2**64


def _check(
    dataset: Dataset, user: User, rules: RoutingRules, turn: tuple[int, float, float], now: datetime
) -> Case | None:
    _, share, place = turn
    checks = dataset.cases.checks_of(user).filter(status=Case.OPEN).exclude(kind=Case.QUALIFICATION)
    waiting = checks.exclude(leased_to=user, leased_until__gt=now).first()
    if share < rules.gold_share + rules.repeat_share and waiting:
        return waiting
    if share < rules.gold_share:
        return open_gold(dataset, user, place, now)
    if share < rules.gold_share + rules.repeat_share:
        return open_repeat(dataset, user, place, now)
    return None


def _of_audit(free: CaseQuerySet, dataset: Dataset) -> CaseQuerySet:
    """The free cases whose items the newest audit drew, as drawn."""
    newest = dataset.audits.order_by("-id").values("id")[:1]
    drawn = AuditItem.objects.filter(audit__in=newest)
    place = drawn.filter(item__case_items__case=OuterRef("pk")).order_by().values("audit").annotate(place=Min("id"))
    chosen = free.filter(case_items__item__in=drawn.values("item"))
    return chosen.annotate(place=Subquery(place.values("place"))).order_by("place", "id")


def _enough_today(dataset: Dataset, user: User, rules: RoutingRules, n_held: int, now: datetime) -> bool:
    if rules.load_cap is None:
        return False
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return decided_today(dataset, user, midnight) + n_held >= rules.load_cap


def hold(case: Case, user: User, now: datetime, since: datetime | None = None) -> None:
    """Give `case` to `user` until LEASE_MINUTES from `now`. The time it was first handed out is kept while held."""
    if not case.held_by(user, now):
        case.leased_at = since or now
    case.leased_to, case.leased_until = user, now + timedelta(minutes=settings.LEASE_MINUTES)
    case.save(update_fields=["leased_to", "leased_at", "leased_until"])


def renew(dataset: Dataset, user: User, ids: Collection[int], now: datetime) -> list[Case]:
    """Those of the cases `ids` that are `user`'s until LEASE_MINUTES from `now`: held, or run out and taken by nobody.

    One that ran out stays in its place among those held."""
    with transaction.atomic():
        open_now = dataset.cases.filter(pk__in=ids, status=Case.OPEN)
        held = set(open_now.filter(leased_to=user, leased_until__gt=now).values_list("id", flat=True))
        lapsed = open_now.filter(leased_to=user).exclude(pk__in=held)
        free = dataset.cases.free_for(user, now).filter(pk__in=lapsed).values_list("id", flat=True)
        checks = dataset.cases.checks_of(user).filter(pk__in=lapsed).values_list("id", flat=True)
        cases = list(open_now.filter(pk__in=held | set(free) | set(checks)).order_by("leased_at", "id"))
        for case in cases:
            hold(case, user, now, since=case.leased_at)
        return cases


def release(case: Case) -> None:
    """Give the case up, in whatever status it now is and whoever it waits for."""
    case.leased_to = case.leased_until = case.leased_at = None
    case.save(update_fields=["status", "awaits", "leased_to", "leased_at", "leased_until"])
