"""Roles change and members leave, but a dataset always keeps a lead."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from annotation import bulk
from annotation.actions.queue.reserve import give_up_reserved
from annotation.actions.queue.stuck import pass_on_stuck
from annotation.core.refusal import Refusal
from annotation.models import Case, Dataset, Membership, OfflineRow, User


class UnableToChange(Refusal):
    """The change would leave the dataset in a state nobody can mend, or overtakes another; for the lead who asked."""


def change_role(dataset: Dataset, user: User, role: str) -> None:
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        if role != Membership.LEAD:
            _keep_a_lead(dataset, user)
        Membership.objects.filter(dataset=dataset, user=user).update(role=role)
        pass_on_stuck(dataset, timezone.now())


def remove_member(dataset: Dataset, user: User) -> None:
    """Take the membership away; what they decided stays, the cases they hold, have taken out or are kept for them go
    back to the queue."""
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        _keep_a_lead(dataset, user)
        Membership.objects.filter(dataset=dataset, user=user).delete()
        leased = Case.objects.open().filter(dataset=dataset, leased_to=user)
        leased.update(leased_to=None, leased_at=None, leased_until=None)
        OfflineRow.objects.out().filter(batch__dataset=dataset, batch__user=user).update(back_at=timezone.now())
        dataset.reservations.filter(user=user).delete()
        give_up_reserved(dataset, user)
        pass_on_stuck(dataset, timezone.now())


def _keep_a_lead(dataset: Dataset, leaving: Any) -> None:
    leads = Membership.objects.filter(dataset=dataset, role=Membership.LEAD)
    if not leads.exclude(user=leaving).exists():
        raise UnableToChange(
            f"{leaving.get_username()} is the only lead of {dataset.name}; make somebody else a lead first."
        )
