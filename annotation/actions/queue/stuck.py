"""Cases that no expert is left to go on with, so that none of them stays open for ever."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from annotation import bulk
from annotation.actions.people.notify import leads_of, notify, page_path
from annotation.models import Case, Dataset, Decision, Skip
from annotation.models.review import CaseQuerySet
from annotation.reading.experts.routing_rules import answered_by, who_may_answer


def pass_on_stuck(dataset: Dataset, now: datetime) -> int:
    """Cases begun that no expert is left to go on with: answered ones are adjudicated, others come to the lead, who is
    told. Returns how many; the caller holds the dataset."""
    to_lead = stuck = 0
    for case in bulk.locked(_begun(dataset)).order_by("id"):
        if who_may_answer(case):
            continue
        case.awaits = Case.ADJUDICATOR if answered_by(case) else Case.LEAD
        case.save(update_fields=["awaits"])
        stuck, to_lead = stuck + 1, to_lead + (case.awaits == Case.LEAD)
    if to_lead:
        n = "1 case waits" if to_lead == 1 else f"{to_lead:,} cases wait"
        notify(dataset, leads_of(dataset), f"{n} for you: no expert is left for it.", page_path(dataset, "cases"), now)
    return stuck


def sweep_stuck(now: datetime) -> int:
    """The same for every dataset in use, each in its own transaction; returns how many cases moved."""
    moved = 0
    for dataset in Dataset.objects.filter(archived_at=None).order_by("id"):
        if _begun(dataset).exists():
            with transaction.atomic():
                bulk.lock_dataset(dataset)
                moved += pass_on_stuck(dataset, now)
    return moved


def _begun(dataset: Dataset) -> CaseQuerySet:
    """Open cases that wait for any expert and that somebody answered or passed on."""
    waiting = dataset.cases.open().filter(awaits=Case.EXPERTS, reserved_for=None)
    answered = Decision.objects.standing().filter(case=OuterRef("pk"))
    passed = Skip.objects.standing().filter(case=OuterRef("pk"))
    return waiting.filter(Q(Exists(answered)) | Q(Exists(passed)))
