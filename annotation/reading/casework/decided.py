"""What can still be done about a decided case, and where it was asked about again."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotation.models import Case, Decision, User
from annotation.reading.experts.routing_rules import answered_by, who_may_answer


@dataclass(frozen=True)
class Decided:
    """A settled case. `decision`: the standing answer that says what is held true. asked_again: the newer cases over
    its items, the newest last. may_answer: experts who can still answer it blind. answered: experts whose answers
    stand. own: whoever looks gave one of them."""

    decision: Decision
    asked_again: Sequence[Case]
    may_answer: Sequence[User]
    answered: Sequence[User]
    own: bool

    @property
    def goes_on(self) -> bool:
        """What is held true is settled, or asked about, in a newer case: this one is history."""
        return any(case.status != Case.WITHDRAWN for case in self.asked_again)


def decided(case: Case, user: User) -> Decided | None:
    """None for a case that is not settled, or that only tests somebody."""
    if case.status != Case.SETTLED or case.kind in Case.CHECKS:
        return None
    said = Decision.objects.standing().filter(case=case).select_related("label_class", "expert").order_by("-id").first()
    if said is None:
        return None
    newer = case.dataset.cases.work().filter(pk__gt=case.pk, case_items__item__in=said.items.all()).distinct()
    answered = answered_by(case)
    may = User.objects.filter(pk__in=who_may_answer(case)).order_by("username")
    who = User.objects.filter(pk__in=answered).order_by("username")
    return Decided(said, list(newer.order_by("id")), list(may), list(who), user.pk in answered)
