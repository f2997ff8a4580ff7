"""Invitations: a link by which one person becomes a member, and stands before the test at once."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from annotation.actions.people.change_people import UnableToChange
from annotation.models import Dataset, Invitation, Membership, User

DAYS = 14


def invite(dataset: Dataset, role: str, name: str, lead: User, now: datetime) -> str:
    """Make an invitation good for DAYS days and one person; returns its secret, which is kept nowhere."""
    secret = secrets.token_urlsafe(24)
    Invitation.objects.create(
        dataset=dataset, digest=_digest(secret), role=role, name=name, lead=lead, created_at=now,
        expires_at=now + timedelta(days=DAYS),
    )  # fmt: skip
    return secret


def invitation_of(secret: str, now: datetime) -> Invitation:
    """The invitation that can still be used; raises UnableToChange with why not."""
    found = Invitation.objects.filter(digest=_digest(secret)).select_related("dataset", "lead", "used_by").first()
    if found is None:
        raise UnableToChange("This invitation does not exist. Check the link, or ask for a new one.")
    if found.used_at is not None:
        raise UnableToChange("This invitation was used already. Log in, or ask for a new one.")
    if found.expires_at <= now:
        raise UnableToChange("This invitation has run out. Ask for a new one.")
    return found


def accept(secret: str, user: User, now: datetime) -> Dataset:
    """Make `user` a member as invited; one who is a member already keeps their role and the invitation its use."""
    with transaction.atomic():
        invitation = invitation_of(secret, now)
        used = Invitation.objects.filter(pk=invitation.pk, used_at=None)
        if not Membership.objects.filter(dataset=invitation.dataset, user=user).exists():
            if not used.update(used_at=now, used_by=user):
                raise UnableToChange("This invitation was used already. Log in, or ask for a new one.")
            Membership.objects.create(dataset=invitation.dataset, user=user, role=invitation.role)
        return invitation.dataset


def withdraw(invitation: Invitation, now: datetime) -> None:
    """An invitation not used yet can't be used any more."""
    Invitation.objects.filter(pk=invitation.pk, used_at=None).update(expires_at=now)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
