"""Experts pull: hand the next cases to the expert who asks, and never the same one to two of them."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from annotation import bulk, often
from annotation.actions.queue.checks import start_test
from annotation.actions.queue.next_case import next_case
from annotation.models import (
    Case,
    Dataset,
    OfflineRow,
    QualificationTest,
    RoutingRules,
    User,
)
from annotation.reading.answering.asked import barred_of, held_by, standing_of
from annotation.reading.experts.free_cases import barred_from
from annotation.reading.experts.open_arrays import open_arrays
from annotation.reading.experts.readiness import READY, decided_today, readiness

# What is held is renewed once so large a share of its time is over: an expert at work asks every few seconds.
RENEWED_AFTER = 1 / 30


def lease(dataset: Dataset, user: User, now: datetime, finding: int | None = None) -> Case | None:
    """The case `user` is to answer next, theirs from now on; None when nothing is left for `user`."""
    return next(iter(hand_out(dataset, user, now, finding=finding)), None)


@bulk.persistent
def hand_out(dataset: Dataset, user: User, now: datetime, n: int = 1, finding: int | None = None) -> list[Case]:
    """The first `n` cases that `user` holds, in the order they were handed out, topped up from the queue.

    Every so often one is of the audit instead, an item of known label, or one of `user`'s own again; nothing about it
    tells. Somebody who has a test to pass gets its questions, and somebody who is paused nothing.
    """
    found = _handed_out(dataset, user, now, n, finding, wait=False)
    if found is None:
        open_arrays(dataset)
        found = _handed_out(dataset, user, now, n, finding, wait=True)
    return found or []


def _handed_out(
    dataset: Dataset, user: User, now: datetime, n: int, finding: int | None, wait: bool
) -> list[Case] | None:  # fmt: skip
    """None, unless the caller did `wait` for it, where what ranking reads has to be read first: nothing is locked
    while that goes on."""
    with transaction.atomic():
        standing = standing_of(dataset, user, now)
        if standing.measured and not wait and open_arrays(dataset, may_read=False) is None:
            return None
        ready = READY if standing.clear else readiness(dataset, user)
        if ready.next_test:
            return _of_test(ready.next_test, user, now, n)
        if ready.bar:
            return []
        held = _renewed(_held(dataset, user, now, finding, n), now) if standing.holds else []
        while len(held) < n and not _enough_today(dataset, user, standing.rules, len(held), now):
            case = next_case(dataset, user, ready, standing, len(held), now, finding)
            if case is None:
                break
            case.dataset = dataset
            # a moment later each, so that they keep this order
            hold(case, user, now, since=now + timedelta(milliseconds=len(held)))
            held.append(case)
        return held


def _held(dataset: Dataset, user: User, now: datetime, finding: int | None, n: int) -> list[Case]:
    """The first `n` cases `user` holds and may still have; not what is out in a spreadsheet."""
    found = held_by(dataset, user, now)
    # checks are asked about too, though nothing bars one: what is held must not tell by the time it takes what it is
    barred = barred_of([case.pk for case in found], user)
    real = {case.pk for case in found if case.kind not in Case.CHECKS and case.awaits == Case.EXPERTS}
    may = real - barred
    if finding and may:
        may &= set(dataset.cases.filter(pk__in=may).of_finding(finding).values_list("id", flat=True))
    # a check stays on the queue of a finding too: by being missing there it would tell what it is
    return [case for case in found if case.pk in may or case.kind in Case.CHECKS][:n]


def _renewed(held: list[Case], now: datetime) -> list[Case]:
    """Theirs for LEASE_MINUTES again, where more than a moment of that is over."""
    full = timedelta(minutes=settings.LEASE_MINUTES)
    until = now + full
    older = [case for case in held if case.leased_until is None or case.leased_until < until - RENEWED_AFTER * full]
    for case in older:
        case.leased_until = until
    if older:
        Case.objects.filter(pk__in=[case.pk for case in older]).update(leased_until=until)
    return held


def _of_test(test: QualificationTest, user: User, now: datetime, n: int) -> list[Case]:
    start_test(test, user, now)
    cases = list(test.cases.filter(reserved_for=user, status=Case.OPEN).order_by("id")[:n])
    for place, case in enumerate(cases):
        hold(case, user, now, since=now + timedelta(milliseconds=place))
    return cases


def _enough_today(dataset: Dataset, user: User, rules: RoutingRules, n_held: int, now: datetime) -> bool:
    if rules.load_cap is None:
        return False
    return decided_today(dataset, user, now) + n_held >= rules.load_cap


def hold(case: Case, user: User, now: datetime, since: datetime | None = None) -> None:
    """Give `case` to `user` until LEASE_MINUTES from `now`. The time it was first handed out is kept while held."""
    if not case.held_by(user, now):
        case.leased_at = since or now
    case.leased_to, case.leased_until = user, now + timedelta(minutes=settings.LEASE_MINUTES)
    often.update(case, "leased_to_id", "leased_at", "leased_until")


def hold_first(case: Case, user: User, now: datetime) -> None:
    """Ahead of what `user` holds already, as that is in the order it was handed out."""
    held = Case.objects.filter(dataset=case.dataset, leased_to=user, leased_until__gt=now).exclude(pk=case.pk)
    first = held.order_by("leased_at").values_list("leased_at", flat=True).first()
    hold(case, user, now, since=min(now, first - timedelta(seconds=1)) if first else now)


@bulk.persistent
def renew(dataset: Dataset, user: User, ids: Collection[int], now: datetime) -> list[Case]:
    """Those of the cases `ids` that are `user`'s until LEASE_MINUTES from `now`: held, or run out and taken by nobody.

    One that ran out stays in its place among those held."""
    with transaction.atomic():
        away = OfflineRow.objects.kept_by(user, now).values("case")
        open_now = dataset.cases.filter(pk__in=ids, status=Case.OPEN).exclude(pk__in=away)
        held = set(open_now.filter(leased_to=user, leased_until__gt=now).values_list("id", flat=True))
        lapsed = open_now.filter(leased_to=user).exclude(pk__in=held)
        free = set(dataset.cases.waiting_for(user, now).filter(pk__in=lapsed).values_list("id", flat=True))
        free -= barred_from(user, sorted(free))
        checks = dataset.cases.checks_of(user).filter(pk__in=lapsed).values_list("id", flat=True)
        cases = list(open_now.filter(pk__in=held | free | set(checks)).order_by("leased_at", "id"))
        for case in cases:
            hold(case, user, now, since=case.leased_at)
        return cases


def release(case: Case) -> None:
    """Give the case up, in whatever status it now is and whoever it waits for."""
    case.leased_to = case.leased_until = case.leased_at = None
    often.update(case, "status", "awaits", "leased_to_id", "leased_at", "leased_until")
