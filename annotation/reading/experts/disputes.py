"""Cases that wait for an adjudicator or the lead, and what experts said of them: never what the items carry."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotation import bulk
from annotation.models import Case, CaseItem, Dataset, Decision, Membership, Skip, User
from annotation.reading.experts.readiness import adjudicators
from annotation.reading.experts.routing_rules import answered_by_each, labelled_by, rules_of

PLACES = ("First", "Second", "Third", "Fourth", "Fifth")
# Cases that are looked at together at first.
LEAST = 20


@dataclass(frozen=True)
class GivenAnswer:
    """An expert's answer to a case in dispute; `who` is their name, or a place in order where names stay hidden."""

    decision: Decision
    who: str
    n_items: int

    @property
    def said(self) -> str:
        return self.decision.said


@dataclass(frozen=True)
class Dispute:
    """`skips`: who passed it on, with reason and note. `names_hidden`: the lead chose so."""

    case: Case
    answers: Sequence[GivenAnswer]
    skips: Sequence[Skip]
    names_hidden: bool

    @property
    def differs(self) -> bool:
        return self.case.awaits == Case.ADJUDICATOR


def disputes_for(dataset: Dataset, user: User, most: int, case: int | None = None) -> list[Case]:
    """The first `most` open cases `user` may settle, those in conflict longest first: those on which experts differ;
    for a lead also those nobody without a part in them may, and those passed on and set aside. case: its id, where only
    that one is wanted."""
    waiting = dataset.cases.open().exclude(awaits=Case.EXPERTS).order_by("awaits", "id").select_related("dataset")
    lead = dataset.role_of(user) == Membership.LEAD
    waiting = waiting if lead else waiting.filter(awaits=Case.ADJUDICATOR)
    waiting = waiting.filter(pk=case) if case else waiting
    judges, found, start, many = adjudicators(dataset), list[Case](), 0, max(most, LEAST)
    while len(found) < most:
        looked_at = list(waiting[start : start + many])
        with bulk.looked_up():
            found += _settled_by(user, judges, looked_at, lead=lead)
        if len(looked_at) < many:
            break
        start, many = start + many, 4 * many
    return found[:most]


def _settled_by(user: User, judges: set[int], cases: Sequence[Case], *, lead: bool) -> list[Case]:
    """Those of the cases that `user` may settle, as `may_adjudicate` says of one."""
    differing = [case for case in cases if case.awaits == Case.ADJUDICATOR]
    involved = answered_by_each(differing)
    pairs = CaseItem.objects.filter(case__in=[case.pk for case in differing]).values_list("case_id", "item_id")
    labelled = labelled_by({item for _, item in pairs})
    for case, item in pairs:
        involved[case] |= labelled.get(item, set())
    return [
        case for case in cases
        if case.awaits != Case.ADJUDICATOR or user.pk not in involved[case.pk]
        or (lead and not judges - involved[case.pk])
    ]  # fmt: skip


def dispute_about(case: Case) -> Dispute:
    hidden = rules_of(case.dataset).names_hidden
    standing = Decision.objects.standing().filter(case=case).select_related("expert", "label_class", "guideline")
    answers = [
        GivenAnswer(
            one, f"{PLACES[min(place, len(PLACES) - 1)]} answer" if hidden else one.expert.get_username(),
            one.items.count(),
        )
        for place, one in enumerate(standing.prefetch_related("reasons").order_by("id"))
    ]  # fmt: skip
    skips = Skip.objects.standing().filter(case=case).select_related("expert")
    return Dispute(case, answers, list(skips.order_by("id")), hidden)
