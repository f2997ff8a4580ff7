"""Which case an expert gets next: one kept for them, a check, one of the audit or drawn from production, or the first
of the order for them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from annotation import bulk
from annotation.access import unforeseen
from annotation.actions.queue.checks import open_gold, open_repeat
from annotation.models import AuditItem, Case, Dataset, Decision, RoutingRules, User
from annotation.models.review import CaseQuerySet
from annotation.reading.answering.asked import (
    HEAD,
    StandingOf,
    first_taken,
    first_waiting,
    still_waiting,
    taken,
)
from annotation.reading.experts.free_cases import barred_from, free_in_order
from annotation.reading.experts.open_arrays import offer_no_more
from annotation.reading.experts.readiness import Readiness
from annotation.reading.experts.routed import ranked_cases

# One hand-out in so many is a case of the audit, as long as there are any.
AUDIT_EVERY = 10
# One in so many is drawn from production, as long as there are any; they come last in the order itself.
PRODUCTION_EVERY = 3
# Of the cases offered the first are nearly always an expert's to have, and are looked at one by one; then so many
# together.
ALONE, FEW = 8, 20
# Of an expert's answers so many are read to pass over what they answered of a draw.
LATEST = 5_000


def next_case(
    dataset: Dataset, user: User, ready: Readiness, standing: StandingOf, n_held: int, now: datetime,
    finding: int | None,
) -> Case | None:  # fmt: skip
    """A case that `user` does not hold yet, its row locked; inside a transaction."""
    if finding:
        waiting = _waiting(dataset, user, now)
        return _first(user, now, free_in_order(waiting.of_finding(finding).in_order(), user, ready.closed_classes))
    if standing.kept and (kept := _reserved(dataset, user, now)):
        return kept
    rules, turn = standing.rules, _turn(user, standing, n_held)
    case = _check(dataset, user, rules, turn, now)
    if case is None and turn[0] % AUDIT_EVERY == 0 and standing.audited:
        case = _of_audit(dataset, user, ready, now)
    if case is None and turn[0] // AUDIT_EVERY % PRODUCTION_EVERY == 0 and standing.drawn:
        case = _of_production(dataset, user, now)
    return case or _routed(dataset, user, rules, ready, now) or _in_order(dataset, user, ready, now)


def _waiting(dataset: Dataset, user: User, now: datetime) -> CaseQuerySet:
    return dataset.cases.in_no_hands(user, now)


def _first(user: User, now: datetime, ids: Iterable[int]) -> Case | None:
    """The first that no colleague has taken since it was looked at, nor is taking."""
    for pk in ids:
        # by its key alone: any other condition could lead a database to read all that is open
        case = next(iter(bulk.without_waiting(Case.objects.filter(pk=pk))), None)
        if case is not None and case.waits_for(user, now):
            return case
    return None


def _first_allowed(user: User, now: datetime, ids: Sequence[int], closed: Collection[int] = ()) -> Case | None:
    """The first of `ids` that nothing bars `user` from, be it a class (id) among `closed`."""
    alone = 0 if closed else ALONE
    for pk in ids[:alone]:
        found = taken(pk, user, now)
        if found and not found.barred:
            return found.case
    for few in bulk.in_batches(ids[alone:], FEW):
        barred_few = barred_from(user, few, closed)
        if case := _first(user, now, (pk for pk in few if pk not in barred_few)):
            return case
    return None


def _reserved(dataset: Dataset, user: User, now: datetime) -> Case | None:
    """The first case kept for `user`; asked by their index, as there are few of them among very many."""
    kept = dataset.cases.filter(reserved_for=user, status=Case.OPEN).exclude(kind__in=Case.CHECKS)
    ids = list(kept.in_order().values_list("id", flat=True))
    return _first_allowed(user, now, ids)


def _in_order(dataset: Dataset, user: User, ready: Readiness, now: datetime) -> Case | None:
    if not ready.closed_classes:
        first = first_taken(dataset, user, now)
        if first is None:
            return None
        if not first.barred:
            return first.case
    head = first_waiting(dataset, user, now)
    found = _first_allowed(user, now, head, ready.closed_classes)
    if found or len(head) < HEAD:
        return found
    waiting = _waiting(dataset, user, now)
    found = _first(user, now, free_in_order(waiting.in_order(), user, ready.closed_classes))
    if found or ready.closed_classes:
        return found
    # an expert who labelled thousands of the first ones: the database looks through the rest
    free = waiting.filter(pk__in=dataset.cases.free_for(user, now).values("pk"))
    return bulk.without_waiting(free.in_order()).first()


def _routed(dataset: Dataset, user: User, rules: RoutingRules, ready: Readiness, now: datetime) -> Case | None:
    """The best for `user`, where anything is known of the experts."""
    for offered in ranked_cases(dataset, user, rules, ready):
        still = still_waiting(offered, user, now)
        offer_no_more(dataset, set(offered) - still)
        if case := _first_allowed(user, now, [pk for pk in offered if pk in still], ready.closed_classes):
            return case
    return None


def _of_audit(dataset: Dataset, user: User, ready: Readiness, now: datetime) -> Case | None:
    """The first case in the order the newest audit drew them."""
    newest = dataset.audits.order_by("-id").values_list("id", flat=True).first()
    if newest is None:
        return None
    drawn = AuditItem.objects.filter(audit=newest, item__case_items__case__status=Case.OPEN)
    # an item in several open cases is asked about in the latest
    rows = drawn.order_by("id", "item__case_items__case").values_list("id", "item__case_items__case")
    cases = list(dict.fromkeys(dict(rows).values()))
    still = still_waiting(cases, user, now)
    return _first_allowed(user, now, [pk for pk in cases if pk in still], ready.closed_classes)


def _of_production(dataset: Dataset, user: User, now: datetime) -> Case | None:
    """The first in the order they were drawn in: in any other the first answered would be a choice of somebody's."""
    # their score is 0, by which the index of the queue finds them
    drawn = _waiting(dataset, user, now).filter(kind=Case.PRODUCTION, score=0).order_by("id")
    # what the expert said of those that wait for a colleague, read once: one by one they are hundreds
    said = Decision.objects.filter(expert=user).order_by("-id").values("case")[:LATEST]
    return _first(user, now, free_in_order(drawn.exclude(pk__in=said), user))


def _turn(user: User, standing: StandingOf, n_held: int) -> tuple[int, float, float]:
    """A number and two shares in [0, 1), always the same for the same answers and skips, and not to be foreseen: an
    expert who knows the numbers of all they said does not know the site's key.

    Drawn from the last answer and the last skip: both are read at the end of an index, however many there are."""
    drawn = unforeseen(user.pk, standing.answered, standing.passed, n_held)
    number, share, place = (int.from_bytes(drawn[start : start + 8]) for start in (0, 8, 16))
    return number, share / 2**64, place / 2**64


def _check(
    dataset: Dataset, user: User, rules: RoutingRules, turn: tuple[int, float, float], now: datetime
) -> Case | None:
    _, share, place = turn
    if share >= rules.gold_share + rules.repeat_share:
        return None
    checks = dataset.cases.checks_of(user).filter(status=Case.OPEN).exclude(kind=Case.QUALIFICATION)
    waiting = checks.exclude(leased_to=user, leased_until__gt=now).first()
    if waiting:
        return waiting
    if share < rules.gold_share:
        return open_gold(dataset, user, place, now)
    return open_repeat(dataset, user, place, now)
