"""Pausing an expert, and letting them go on; both are facts that stay."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from annotation.actions.people.notify import leads_of, notify
from annotation.actions.queue.reserve import give_up_reserved, keep_reserved
from annotation.models import Case, Dataset, Membership, Pause, User
from annotation.reading.experts.measured_skill import skill_now
from annotation.reading.experts.routing_rules import paused_in, rules_of

# Answers judged before anybody is paused for their skill, and how sure it has to be that they are below the bar.
LEAST_JUDGED, SURE = 20, 0.95


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
        if lead is None:
            text = f"{user.get_username()} is paused: {reason}. Their last decisions can be looked at again."
            notify(dataset, leads_of(dataset), text, reverse("expert_record", args=[dataset.slug, user.pk]), now)
        notify(dataset, [user.pk], f"You are paused: {reason}.", reverse("queue", args=[dataset.slug]), now)
    return made


def pause_below_bar(dataset: Dataset, now: datetime) -> None:
    """Pause the experts whose skill, as last measured from checks and agreement together, is almost surely below the
    bar."""
    measured, bar = skill_now(dataset), rules_of(dataset).bar
    if measured is None:
        return
    below, overall = measured.skill.chance_below(bar), measured.skill.overall
    experts = Membership.objects.filter(dataset=dataset, role=Membership.EXPERT).select_related("user")
    for member in experts.exclude(user__in=paused_in(dataset.pk)).order_by("user_id"):
        place = measured.place.get(member.user_id)
        if place is not None and overall.n[place] >= LEAST_JUDGED and below[place] >= SURE:
            about = f"{overall.value[place]:.0%} of your answers seem right, and {bar:.0%} are needed"
            pause(dataset, member.user, None, about, now)


def resume(dataset: Dataset, user: User, lead: User, now: datetime) -> None:
    """Let a paused expert go on; checks before this no longer count against them."""
    with transaction.atomic():
        Pause.objects.create(dataset=dataset, user=user, paused=False, lead=lead, created_at=now)
        keep_reserved(dataset, now)
        notify(dataset, [user.pk], "You can go on: cases wait for you.", reverse("queue", args=[dataset.slug]), now)
