"""Pausing an expert, and letting them go on; both are facts that stay."""

from datetime import datetime

from django.db import transaction

from annotation.actions.people.notify import leads_of, notify, page_path
from annotation.actions.queue.reserve import give_up_reserved, keep_reserved
from annotation.actions.queue.stuck import pass_on_stuck
from annotation.models import Case, Dataset, Pause, User


def pause(dataset: Dataset, user: User, lead: User | None, reason: str, now: datetime) -> Pause:
    """Hand `user` no more cases; those they hold, or that are kept for them, go back to the queue. `lead` None: the bar
    did, and leads are told."""
    with transaction.atomic():
        made = Pause.objects.create(
            dataset=dataset, user=user, paused=True, reason=reason[:300], lead=lead, created_at=now
        )
        held = Case.objects.filter(dataset=dataset, status=Case.OPEN, leased_to=user)
        held.update(leased_to=None, leased_at=None, leased_until=None)
        give_up_reserved(dataset, user)
        if lead:
            # where the bar did, an answer is being recorded: the reaper sees to the rest
            pass_on_stuck(dataset, now)
        if lead is None:
            text = f"{user.get_username()} is paused: {reason}. Their last decisions can be looked at again."
            notify(dataset, leads_of(dataset), text, page_path(dataset, "experts", user.pk), now)
        notify(dataset, [user.pk], f"You are paused: {reason}.", page_path(dataset, "queue"), now)
    return made


def resume(dataset: Dataset, user: User, lead: User, now: datetime) -> None:
    """Let a paused expert go on; checks before this no longer count against them."""
    with transaction.atomic():
        Pause.objects.create(dataset=dataset, user=user, paused=False, lead=lead, created_at=now)
        keep_reserved(dataset, now)
        notify(dataset, [user.pk], "You can go on: cases wait for you.", page_path(dataset, "queue"), now)
