"""Cases that wait for an adjudicator or the lead, and what experts said of them: never what the items carry."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from annotation.models import Case, Dataset, Decision, Membership, Skip, User
from annotation.models.review import CaseQuerySet
from annotation.reading.experts.readiness import adjudicators
from annotation.reading.experts.routing_rules import rules_of

PLACES = ("First", "Second", "Third", "Fourth", "Fifth")


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


def disputes_for(dataset: Dataset, user: User) -> CaseQuerySet:
    """Open cases `user` may settle: those on which experts differ; for a lead also those nobody without a part in them
    may, and those passed on and set aside."""
    differing = dataset.cases.for_adjudicator(user)
    if dataset.role_of(user) != Membership.LEAD:
        return differing
    others = dataset.cases.open().filter(awaits__in=(Case.LEAD, Case.NOBODY))
    of_nobody = dataset.cases.open().filter(awaits=Case.ADJUDICATOR)
    for judge in User.objects.filter(pk__in=adjudicators(dataset)):
        of_nobody = of_nobody.exclude(pk__in=dataset.cases.for_adjudicator(judge).order_by().values("pk"))
    mine = Q(pk__in=differing.order_by().values("pk")) | Q(pk__in=of_nobody.values("pk"))
    return dataset.cases.filter(mine | Q(pk__in=others.values("pk"))).order_by("awaits", "id")


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
