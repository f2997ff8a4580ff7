"""Which case an expert gets next: one kept for them, a check, one of the audit or drawn from production, or the first
of the order for them."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime

from annotation import bulk
from annotation.actions.queue.checks import open_gold, open_repeat
from annotation.models import AuditItem, Case, CaseItem, Dataset, Decision, RoutingRules, Skip, User
from annotation.models.review import CaseQuerySet
from annotation.reading.experts.free_cases import barred_from, free_in_order
from annotation.reading.experts.open_arrays import offer_no_more
from annotation.reading.experts.readiness import Readiness
from annotation.reading.experts.routed import ranked_cases

# One hand-out in so many is a case of the audit, as long as there are any.
AUDIT_EVERY = 10
# One in so many is drawn from production, as long as there are any; they come last in the order itself.
PRODUCTION_EVERY = 3
# Of the cases offered so many are looked at together: the first few are nearly always an expert's to have.
FEW = 20
# Of an expert's answers so many are read to pass over what they answered of a draw.
LATEST = 5_000


def next_case(
    dataset: Dataset, user: User, rules: RoutingRules, ready: Readiness, n_held: int, now: datetime,
    finding: int | None,
) -> Case | None:  # fmt: skip
    """A case that `user` does not hold yet, its row locked; inside a transaction."""
    waiting = dataset.cases.waiting_for(user, now).exclude(leased_to=user, leased_until__gt=now)
    if finding:
        return _first(waiting, free_in_order(waiting.of_finding(finding).in_order(), user, ready.closed_classes))
    if kept := _reserved(dataset, user, waiting):
        return kept
    turn = _turn(user, n_held)
    case = _check(dataset, user, rules, turn, now)
    if case is None and turn[0] % AUDIT_EVERY == 0:
        case = _of_audit(dataset, user, ready, waiting)
    if case is None and turn[0] // AUDIT_EVERY % PRODUCTION_EVERY == 0:
        case = _of_production(user, waiting)
    return case or _routed(dataset, user, rules, ready, waiting) or _in_order(dataset, user, ready, waiting, now)


def _first(waiting: CaseQuerySet, ids: Iterable[int]) -> Case | None:
    """The first that no colleague has taken since it was looked at, nor is taking."""
    found = (bulk.without_waiting(waiting.filter(pk=pk)).first() for pk in ids)
    return next((case for case in found if case is not None), None)


def _first_allowed(waiting: CaseQuerySet, user: User, ids: Iterable[int], closed: Collection[int] = ()) -> Case | None:
    """The first of `ids` that nothing bars `user` from, be it a class (id) among `closed`; a few are looked at
    together, as the first nearly always is."""
    for few in bulk.in_batches(ids, FEW):
        barred = barred_from(user, few, closed)
        if case := _first(waiting, (pk for pk in few if pk not in barred)):
            return case
    return None


def _reserved(dataset: Dataset, user: User, waiting: CaseQuerySet) -> Case | None:
    """The first case kept for `user`; asked by their index, as there are few of them among very many."""
    kept = dataset.cases.filter(reserved_for=user, status=Case.OPEN).exclude(kind__in=Case.CHECKS)
    ids = list(kept.in_order().values_list("id", flat=True))
    return _first_allowed(waiting, user, ids)


def _in_order(dataset: Dataset, user: User, ready: Readiness, waiting: CaseQuerySet, now: datetime) -> Case | None:
    found = _first(waiting, free_in_order(waiting.in_order(), user, ready.closed_classes))
    # an expert who labelled thousands of the first ones: the database looks through the rest
    free = waiting.filter(pk__in=dataset.cases.free_for(user, now).values("pk"))
    return found or (None if ready.closed_classes else bulk.without_waiting(free.in_order()).first())


def _routed(dataset: Dataset, user: User, rules: RoutingRules, ready: Readiness, waiting: CaseQuerySet) -> Case | None:
    """The best for `user`, where anything is known of the experts."""
    for offered in ranked_cases(dataset, user, rules, ready):
        still = set(waiting.filter(pk__in=offered).order_by().values_list("id", flat=True))
        offer_no_more(dataset, set(offered) - still)
        if case := _first_allowed(waiting, user, [pk for pk in offered if pk in still], ready.closed_classes):
            return case
    return None


def _of_audit(dataset: Dataset, user: User, ready: Readiness, waiting: CaseQuerySet) -> Case | None:
    """The first case in the order the newest audit drew them."""
    newest = dataset.audits.order_by("-id").first()
    drawn = (
        list(AuditItem.objects.filter(audit=newest).order_by("id").values_list("item_id", flat=True)) if newest else []
    )
    holding = CaseItem.objects.filter(item__in=drawn, case__status=Case.OPEN).order_by("-case_id")
    case_of = dict(holding.values_list("item_id", "case_id")) if drawn else {}
    ids = list(dict.fromkeys(case_of[item] for item in drawn if item in case_of))
    still = set(waiting.filter(pk__in=ids).order_by().values_list("id", flat=True))
    return _first_allowed(waiting, user, [pk for pk in ids if pk in still], ready.closed_classes)


def _of_production(user: User, waiting: CaseQuerySet) -> Case | None:
    """The first in the order they were drawn in: in any other the first answered would be a choice of somebody's."""
    # their score is 0, by which the index of the queue finds them
    drawn = waiting.filter(kind=Case.PRODUCTION, score=0).order_by("id")
    # what the expert said of those that wait for a colleague, read once: one by one they are hundreds
    said = Decision.objects.filter(expert=user).order_by("-id").values("case")[:LATEST]
    return _first(waiting, free_in_order(drawn.exclude(pk__in=said), user))


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
