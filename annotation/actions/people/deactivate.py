"""An account is switched off, and on again. What its owner decided stays."""

from datetime import datetime

from django.db import transaction

from annotation.actions.people.change_people import UnableToChange, pass_on_stuck
from annotation.actions.people.sessions import end_sessions
from annotation.actions.queue.reserve import give_up_reserved
from annotation.models import Case, Dataset, Membership, OfflineRow, User


def deactivate(user: User, by: User | None, now: datetime) -> None:
    """Log `user` out for good; the cases they hold, or have taken out, go back. `by` None: by command.

    Raises UnableToChange for oneself, for whom only the operator may switch off, and for the only lead of a dataset.
    """
    with transaction.atomic():
        _refuse(user, by)
        User.objects.filter(pk=user.pk).update(is_active=False)
        Case.objects.filter(leased_to=user).update(leased_to=None, leased_at=None, leased_until=None)
        OfflineRow.objects.out().filter(batch__user=user).update(back_at=now)
        for dataset in Dataset.objects.for_user(user):
            give_up_reserved(dataset, user)
            pass_on_stuck(dataset, now)
        end_sessions(user)


def reactivate(user: User, by: User | None) -> None:
    """Let them log in again, with the password they had."""
    if by is not None and not (by.is_superuser or by.is_staff):
        raise UnableToChange("Only those who run the site switch accounts on and off.")
    User.objects.filter(pk=user.pk).update(is_active=True)


def _refuse(user: User, by: User | None) -> None:
    if by is not None and by.pk == user.pk:
        raise UnableToChange("You can't deactivate yourself.")
    if by is not None and not (by.is_superuser or (by.is_staff and not user.is_staff and not user.is_superuser)):
        raise UnableToChange(f"Only those who run the site can deactivate {user.get_username()}.")
    for dataset in Dataset.objects.filter(membership__user=user, membership__role=Membership.LEAD):
        leads = Membership.objects.filter(dataset=dataset, role=Membership.LEAD, user__is_active=True)
        if not leads.exclude(user=user).exists():
            raise UnableToChange(
                f"{user.get_username()} is the only lead of {dataset.name}; make somebody else a lead first."
            )
