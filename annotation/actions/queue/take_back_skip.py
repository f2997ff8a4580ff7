"""Taking a pass back: a new fact, after which the case is the expert's again."""

from datetime import datetime

from django.db import transaction

from annotation import bulk
from annotation.actions.queue.decide import UnableToDecide
from annotation.actions.queue.lease import hold_first
from annotation.actions.queue.skip import way_of
from annotation.models import Case, Decision, Skip, SkipUndo, User
from annotation.often import ReadOften
from annotation.reading.experts.readiness import readiness
from annotation.reading.experts.routing_rules import rules_of

# One sentence for whatever became of a case: which it is would tell what colleagues said.
NOT_THEIRS = "Somebody else has this case by now, or it is settled, so your pass stands."

_newest = ReadOften(
    Skip,
    lambda dataset, user: Skip.objects.standing().filter(expert=user, case__dataset=dataset).order_by("-id")[:1],
    int, int,
)  # fmt: skip


@bulk.persistent
def take_back_skip(case: Case, user: User, now: datetime) -> Case:
    """The case that `user` passed on is first in their queue again. Twice is the same as once.

    Raises UnableToDecide where somebody is paused, or where the case is not open to `user` otherwise: settled, held or
    kept by somebody else, or passed on to the lead by a colleague.
    """
    with transaction.atomic():
        case = bulk.locked(Case.objects.select_related("dataset")).get(pk=case.pk)
        mine = Skip.objects.standing().filter(case=case, expert=user).order_by("-id").first()
        if mine is None:
            return case
        if bar := readiness(case.dataset, user).bar:
            raise UnableToDecide(f"{bar} Your pass stands.")
        SkipUndo.objects.create(skip=mine, created_at=now)
        if case.kind in Case.CHECKS:
            case.status = Case.OPEN
        else:
            _give_back_to_experts(case, mine)
        case.save(update_fields=["status", "awaits"])
        if case.kind not in Case.CHECKS and not _is_free(case, user, now):
            raise UnableToDecide(NOT_THEIRS)
        hold_first(case, user, now)
        return case


def _give_back_to_experts(case: Case, taken_back: Skip) -> None:
    """A case that waits for the lead or for nobody because of this pass alone waits for experts again."""
    rules = rules_of(case.dataset)
    others = [way_of(one.reason, rules) for one in Skip.objects.standing().filter(case=case)]
    by_others = any(way != Case.EXPERTS for way in others)
    by_lead = case.awaits == Case.NOBODY and way_of(taken_back.reason, rules) != Case.NOBODY
    if case.awaits in (Case.LEAD, Case.NOBODY) and not by_others and not by_lead:
        case.awaits = Case.EXPERTS


def _is_free(case: Case, user: User, now: datetime) -> bool:
    return case.dataset.cases.free_for(user, now).filter(pk=case.pk).exists()


def last_skip(dataset_id: int, user: User, decision: Decision | None) -> Skip | None:
    """The latest pass of `user` that stands; None where `decision`, their latest, came after it."""
    mine = next(iter(_newest.read(dataset_id, user.pk)), None)
    return mine if mine and (decision is None or mine.created_at >= decision.created_at) else None
