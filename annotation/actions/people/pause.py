"""Pausing an expert, and letting them go on; both are facts that stay."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from annotation.actions.people.notify import leads_of, notify
from annotation.models import Case, Dataset, Pause, User


def pause(dataset: Dataset, user: User, lead: User | None, reason: str, now: datetime) -> Pause:
    """Hand `user` no more cases; those they hold go back to the queue. `lead` None: the bar did, and leads are told."""
    with transaction.atomic():
        made = Pause.objects.create(
            dataset=dataset, user=user, paused=True, reason=reason[:300], lead=lead, created_at=now
        )
        held = Case.objects.filter(dataset=dataset, status=Case.OPEN, leased_to=user)
        held.update(leased_to=None, leased_at=None, leased_until=None)
        if lead is None:
            text = f"{user.get_username()} is paused: {reason}. Their last decisions can be looked at again."
            notify(dataset, leads_of(dataset), text, reverse("expert_record", args=[dataset.slug, user.pk]), now)
        notify(dataset, [user.pk], f"You are paused: {reason}.", reverse("queue", args=[dataset.slug]), now)
    return made


def resume(dataset: Dataset, user: User, lead: User, now: datetime) -> None:
    """Let a paused expert go on; checks before this no longer count against them."""
    with transaction.atomic():
        Pause.objects.create(dataset=dataset, user=user, paused=False, lead=lead, created_at=now)
        notify(dataset, [user.pk], "You can go on: cases wait for you.", reverse("queue", args=[dataset.slug]), now)
