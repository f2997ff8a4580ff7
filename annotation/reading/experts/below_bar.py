"""Whose skill is almost surely below the bar, as an estimate says."""

from collections.abc import Sequence

from annotation.core.crowd.expert_skill import from_json
from annotation.models import Dataset, Membership, SkillEstimate, User
from annotation.reading.experts.routing_rules import paused_in, rules_of

# Answers judged before anybody is paused for their skill, and how sure it has to be that they are below the bar.
LEAST_JUDGED, SURE = 20, 0.95


def surely_below_bar(dataset: Dataset, estimate: SkillEstimate | None) -> Sequence[tuple[User, str]]:
    """The experts to pause and why, in words for them; by checks and agreement together."""
    if estimate is None or not estimate.skill["classes"]:
        return ()
    skill, bar = from_json(estimate.skill["measured"]), rules_of(dataset).bar
    below, overall = skill.chance_below(bar), skill.overall
    experts = Membership.objects.filter(dataset=dataset, role=Membership.EXPERT, user__in=estimate.experts)
    found = []
    for member in experts.exclude(user__in=paused_in(dataset.pk)).select_related("user").order_by("user_id"):
        place = estimate.experts.index(member.user_id)
        if overall.n[place] >= LEAST_JUDGED and below[place] >= SURE:
            about = f"{overall.value[place]:.0%} of your answers seem right, and {bar:.0%} are needed"
            found.append((member.user, about))
    return found
