"""Asking again about what was settled, in a new case that names the old one; and moving on what waits for the lead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from annotation import bulk
from annotation.actions.queue.lease import release
from annotation.core.refusal import Refusal
from annotation.models import Case, CaseItem, Dataset, Decision, User
from annotation.reading.experts.routing_rules import who_may_answer


class UnableToReopen(Refusal):
    """There is nothing to ask again, or nobody to ask."""


@dataclass(frozen=True)
class Reopened:
    """cases: opened now; already_open: decisions whose items an open case holds; for_lead: of the cases those that no
    expert may answer, as all of them labelled an item or passed it on."""

    cases: Sequence[Case]
    already_open: int
    for_lead: int

    @property
    def sentence(self) -> str:
        n = len(self.cases)
        said = f"{n:,} case{'' if n == 1 else 's'} opened again"
        if self.already_open:
            said += f"; {self.already_open:,} were open already"
        if self.for_lead:
            said += f"; {self.for_lead:,} wait for you, as no expert is left who has not answered them"
        return said + "."


def reopen(
    dataset: Dataset, decisions: Sequence[Decision], reason: str, now: datetime, reserved_for: User | None = None
) -> Reopened:
    """Open a new case over the items of each decision; the old ones stay as they were decided.

    It goes to another expert: never back to whoever labelled an item. Raises UnableToReopen for none at all.
    """
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        there = CaseItem.objects.filter(case__in=dataset.cases.open()).values_list("item_id", flat=True)
        taken, opened, already, for_lead = set(there), [], 0, 0
        for decision in decisions:
            items = set(decision.items.values_list("id", flat=True))
            if items & taken:
                already += 1
                continue
            taken |= items
            opened.append(_opened(decision, items, reason, now, reserved_for))
            for_lead += opened[-1].awaits == Case.LEAD
        if not opened and not already:
            raise UnableToReopen("Tick at least one answer to ask about again.")
        return Reopened(opened, already, for_lead)


def _opened(decision: Decision, items: set[int], reason: str, now: datetime, reserved_for: User | None) -> Case:
    old = decision.case
    kind = Case.PRODUCTION if old.kind == Case.PRODUCTION else Case.REVIEW
    case = Case.objects.create(
        dataset=old.dataset, kind=kind, group_digest=old.group_digest if len(items) > 1 else "",
        score=old.score, probability=old.probability, opened_at=now, reopens=old, reopen_reason=reason[:200],
        reserved_for=reserved_for,
    )  # fmt: skip
    CaseItem.objects.bulk_create(CaseItem(case=case, item_id=item) for item in sorted(items))
    may = who_may_answer(case)
    if not may or (reserved_for and reserved_for.pk not in may):
        case.awaits = Case.LEAD
        case.save(update_fields=["awaits"])
    return case


def send_back(case: Case, to: User | None, now: datetime) -> None:
    """Give a case that waits for the lead to the experts, or to one; raises UnableToReopen where none may have it."""
    with transaction.atomic():
        case = bulk.locked(Case.objects.all()).get(pk=case.pk)
        if case.status != Case.OPEN or case.awaits == Case.EXPERTS:
            raise UnableToReopen("This case does not wait for you any more.")
        may = who_may_answer(case)
        if (to and to.pk not in may) or not may:
            whom = to.get_username() if to else "No expert"
            raise UnableToReopen(f"{whom} can't have this case: an answer, a label or a pass of theirs is in it.")
        case.awaits, case.reserved_for = Case.EXPERTS, to
        case.save(update_fields=["reserved_for"])
        release(case)


def set_aside(case: Case) -> None:
    """Nobody is asked about an open case until the lead sends it back."""
    with transaction.atomic():
        case = bulk.locked(Case.objects.all()).get(pk=case.pk)
        if case.status != Case.OPEN:
            raise UnableToReopen("This case is settled by now.")
        case.awaits = Case.NOBODY
        release(case)
