"""Asking experts again about the changed labels nearest to a row that flipped, recorded as use of the set."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from annotation import bulk
from annotation.actions.queue.reopen import Reopened, UnableToReopen, reopen
from annotation.models import User
from modeling.models import Comparison, Steering
from modeling.reading.comparing.between import relabelled_rows
from modeling.reading.comparing.traces import decisions_on


@transaction.atomic
def reopen_flips(comparison: Comparison, items: Sequence[int], lead: User | None, now: datetime) -> Reopened:
    """A new case over each decision that changed the label of one of `items`, naming the old one; a Steering names the
    cases opened. From then on what this production set says, and what a set that shares rows with it says, is
    exploratory. Raises UnableToReopen where an item's label was not changed between the two sides, or by no decision.
    """
    dataset = comparison.snapshot.dataset
    bulk.lock_dataset(dataset)
    before, after = comparison.before_run, comparison.after_run
    wanted = set(items)
    if not wanted:
        raise UnableToReopen("Tick at least one label to ask about again.")
    if before is None or after is None:
        raise UnableToReopen("A side of this comparison is no run, so nobody knows which labels it learned from.")
    changed = relabelled_rows(before, after).filter(item__in=wanted).count()
    if changed < len(wanted):
        raise UnableToReopen("Only labels that differ between the two runs are asked about again from here.")
    decisions = {one.pk: one for one in decisions_on(comparison, sorted(wanted)).values()}
    if not decisions:
        raise UnableToReopen(
            "No decision changed these labels, so there is no case to open again: new labels or other classes did."
        )
    reason = f"rows like it flipped in comparison {comparison.pk}"
    done = reopen(dataset, list(decisions.values()), reason, now)
    if done.cases:
        steering = Steering.objects.create(comparison=comparison, lead=lead, created_at=now)
        steering.cases.set(done.cases)
    return done
