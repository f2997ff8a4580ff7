"""Roles change and members leave, but a dataset always keeps a lead."""

from typing import Any

from django.db import transaction

from annotation import bulk
from annotation.core.refusal import Refusal
from annotation.models import Case, Dataset, Membership, User


class UnableToChange(Refusal):
    """The change would leave the dataset in a state nobody can mend, or overtakes another; for the lead who asked."""


def change_role(dataset: Dataset, user: User, role: str) -> None:
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        if role != Membership.LEAD:
            _keep_a_lead(dataset, user)
        Membership.objects.filter(dataset=dataset, user=user).update(role=role)


def remove_member(dataset: Dataset, user: User) -> None:
    """Take the membership away; what they decided stays, the cases they hold go back to the queue."""
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        _keep_a_lead(dataset, user)
        Membership.objects.filter(dataset=dataset, user=user).delete()
        leased = Case.objects.open().filter(dataset=dataset, leased_to=user)
        leased.update(leased_to=None, leased_at=None, leased_until=None)


def _keep_a_lead(dataset: Dataset, leaving: Any) -> None:
    leads = Membership.objects.filter(dataset=dataset, role=Membership.LEAD)
    if not leads.exclude(user=leaving).exists():
        raise UnableToChange(
            f"{leaving.get_username()} is the only lead of {dataset.name}; make somebody else a lead first."
        )
