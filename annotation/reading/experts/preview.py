"""Who would get which of the first open cases by given rules, and which of them nobody may have."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from annotation import bulk
from annotation.models import Case, CaseItem, Dataset, Membership, RoutingRules
from annotation.reading.cases import excerpt_of
from annotation.reading.experts.open_arrays import open_arrays
from annotation.reading.experts.readiness import readiness
from annotation.reading.experts.routed import present_experts, ranked
from annotation.reading.experts.routing_rules import answered_by_each, answers_wanted, who_may_answer_each

FIRST, LISTED = 60, 12


@dataclass(frozen=True)
class PreviewLine:
    """n_may: of the cases looked at those the expert may have; n_gets: those that would come to them if all pulled in
    turn. bar: why they are handed nothing, "" = nothing stands in the way."""

    user: str
    n_may: int
    n_gets: int
    bar: str


@dataclass(frozen=True)
class PreviewCase:
    excerpt: str
    wanted: int
    goes_to: str


@dataclass(frozen=True)
class RoutingPreview:
    """n: the first cases in order that were looked at; n_nobody: of them those that no expert may have."""

    n: int
    n_nobody: int
    lines: Sequence[PreviewLine]
    cases: Sequence[PreviewCase]


def preview(dataset: Dataset, rules: RoutingRules) -> RoutingPreview:
    """By `rules`, saved or not, for the experts of the dataset as they stand; nothing is handed out."""
    members = Membership.objects.filter(dataset=dataset, role=Membership.EXPERT).select_related("user")
    experts = {one.user_id: one.user for one in members.order_by("user__username")}
    bars = {pk: readiness(dataset, user).bar for pk, user in experts.items()}
    cases = list(dataset.cases.open().filter(awaits=Case.EXPERTS).in_order().select_related("dataset")[:FIRST])
    with bulk.looked_up():
        able, answered = who_may_answer_each(cases), answered_by_each(cases[:LISTED])
    may = {case: users & {pk for pk, bar in bars.items() if not bar} for case, users in able.items()}
    for case in cases:
        if case.reserved_for_id:
            may[case.pk] &= {case.reserved_for_id}
    gets = _in_turn(cases, may, _preferences(dataset, list(experts), rules))
    counts = Counter(gets.values())
    lines = [
        PreviewLine(user.get_username(), sum(pk in one for one in may.values()), counts[pk], bars[pk])
        for pk, user in experts.items()
    ]
    excerpts = _excerpts(dataset, cases[:LISTED])
    listed = [
        PreviewCase(
            excerpts.get(case.pk, ""), answers_wanted(case, rules, n_able=len(answered[case.pk] | able[case.pk])),
            str(experts[gets[case.pk]] if case.pk in gets else ""),
        )
        for case in cases[:LISTED]
    ]  # fmt: skip
    return RoutingPreview(len(cases), sum(not one for one in may.values()), lines, listed)


def _preferences(dataset: Dataset, experts: Sequence[int], rules: RoutingRules) -> dict[int, dict[int, int]]:
    """expert → case → its place in what they would be offered; empty where only the order itself decides."""
    arrays = open_arrays(dataset)
    if arrays is None:
        return {}
    here = set(present_experts(dataset)) | set(experts)
    users = {one.user_id: one.user for one in Membership.objects.filter(dataset=dataset).select_related("user")}
    return {
        pk: {
            int(case): place
            for place, case in enumerate(
                arrays.case[ranked(arrays, pk, sorted(here), rules, readiness(dataset, users[pk]))]
            )
        }
        for pk in experts
        if pk in arrays.skill.place
    }


def _in_turn(cases: Sequence[Case], may: dict[int, set[int]], preferences: dict[int, dict[int, int]]) -> dict[int, int]:
    """case → expert: the experts pull in turn, each the case that comes first for them."""
    left = {case.pk: place for place, case in enumerate(cases)}
    experts = sorted({pk for one in may.values() for pk in one})
    gets: dict[int, int] = {}
    while left:
        given = len(gets)
        for expert in experts:
            mine = [pk for pk in left if expert in may[pk]]
            if mine:
                liked = preferences.get(expert, {})
                # what is not offered to the expert at all comes last, in the order of the queue
                first = min(mine, key=lambda pk: (liked.get(pk, len(liked) + 1), left[pk]))
                gets[first] = expert
                del left[first]
        if len(gets) == given:
            break
    return gets


def _excerpts(dataset: Dataset, cases: Sequence[Case]) -> dict[int, str]:
    """case id → the beginning of its first item."""
    pairs = CaseItem.objects.filter(case__in=[case.pk for case in cases]).order_by("-item_id")
    first = dict(pairs.values_list("case_id", "item__content"))
    return {case: excerpt_of(dataset, content) for case, content in first.items()}
