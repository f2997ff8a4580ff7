"""Whether an expert may be handed cases now, and what stands in the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from annotation.models import (
    Case,
    Dataset,
    Label,
    Membership,
    Pause,
    QualificationResult,
    QualificationTest,
    User,
)
from annotation.reading.answering.asked import in_the_way, n_decided_since
from annotation.reading.experts.routing_rules import answered_by, paused_in


@dataclass(frozen=True)
class Readiness:
    """`pause`: the one in force. to_pass: tests of the whole dataset that must be passed first; failed: of those, the
    ones with a failed result. of_class: tests of one class that are still to be taken, failed_of_class: those failed.
    closed_classes: ids of classes whose own test is not passed. archived: nobody is asked about the dataset."""

    pause: Pause | None
    to_pass: Sequence[QualificationTest]
    failed: Sequence[QualificationResult]
    closed_classes: frozenset[int]
    of_class: Sequence[QualificationTest] = ()
    failed_of_class: Sequence[QualificationResult] = ()
    archived: bool = False

    @property
    def next_test(self) -> QualificationTest | None:
        """What comes before any case; None where no test does, or a failed one bars everything."""
        waiting = self.to_pass or self.of_class
        return waiting[0] if waiting and not (self.pause or self.failed) else None

    @property
    def bar(self) -> str:
        """Why no case is handed out, as a sentence; "" where nothing stands in the way."""
        if self.archived:
            return "This dataset is archived, so nobody is asked about it."
        if self.pause:
            return f"You are paused: {self.pause.reason or 'the lead will tell you why'}."
        if self.failed:
            one = self.failed[0]
            return f"You had {one.right} of {one.n} right in the test; the lead decides whether you try again."
        return "A short test comes before real cases." if self.to_pass else ""


READY = Readiness(None, (), (), frozenset())


def readiness(dataset: Dataset, user: User) -> Readiness:
    """Leads take no test and are never paused."""
    tested, paused, archived = in_the_way(dataset, user)
    if archived:
        return Readiness(None, (), (), frozenset(), archived=True)
    if not (tested or paused):
        return READY
    latest = dataset.pauses.filter(user=user).order_by("-id").first()
    pause = latest if latest and latest.paused else None
    # of a class that became none there are no cases to be ready for
    ended = Q(label_class__retired_at__isnull=False, label_class__became=None)
    open_tests = dataset.tests.filter(retired_at=None).exclude(ended).select_related("label_class")
    tests = list(open_tests.order_by("id"))
    if not (pause or tests) or dataset.role_of(user) == Membership.LEAD:
        return READY
    results = {one.test_id: one for one in QualificationResult.objects.filter(test__in=tests, user=user).order_by("id")}
    missing = [test for test in tests if not (test.pk in results and results[test.pk].passed)]
    whole = [test for test in missing if test.label_class_id is None]
    failed = [results[test.pk] for test in whole if test.pk in results and not _under_way(test, user)]
    of_class = [test for test in missing if test.label_class_id is not None]
    closed = frozenset(one.label_class.became_id or one.label_class.pk for one in of_class if one.label_class)
    lost = [results[test.pk] for test in of_class if test.pk in results and not _under_way(test, user)]
    to_take = [test for test in of_class if test.pk not in {one.test_id for one in lost}]
    return Readiness(pause, whole, failed, closed, to_take, lost)


def _under_way(test: QualificationTest, user: User) -> bool:
    return test.cases.filter(reserved_for=user, status=Case.OPEN).exists()


def may_adjudicate(case: Case, user: User) -> bool:
    """Whether `user` may settle the case: a lead, or an expert who adjudicates, without a part in it.

    A lead with a part in it may where nobody else can: somebody has to.
    """
    judges = adjudicators(case.dataset)
    if user.pk not in judges or case.dataset.archived_at:
        return False
    involved = answered_by(case) | _who_labelled(case)
    return user.pk not in involved or (case.dataset.role_of(user) == Membership.LEAD and not judges - involved)


def adjudicators(dataset: Dataset) -> set[int]:
    """Ids of the leads, and of the experts who adjudicate and are not paused."""
    members, paused = Membership.objects.filter(dataset=dataset), paused_in(dataset.pk)
    leads = {one.user_id for one in members if one.role == Membership.LEAD}
    return leads | ({one.user_id for one in members if one.adjudicates} - paused)


def _who_labelled(case: Case) -> set[int]:
    given = Label.objects.counting().filter(item__case_items__case=case, annotator__user__isnull=False)
    return set(given.values_list("annotator__user_id", flat=True))


def decided_today(dataset: Dataset, user: User, now: datetime) -> int:
    """Standing decisions of `user` since midnight by the site's clock."""
    since = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return n_decided_since(dataset, user, since)
