from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import lease
from annotation.actions.queue.skip import skip
from annotation.actions.queue.undo import undo
from annotation.models import Annotator, Case, Detection, Finding, FindingItem, Item
from tests.factories import answer, open_case, small_dataset
from tests.people import emil, erin
from tests.threads import in_threads

pytestmark = pytest.mark.django_db

NOW = timezone.now()
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def dataset(tmp_path):
    return small_dataset(tmp_path)


def test_the_most_suspicious_case_comes_first(dataset):
    open_case(dataset, "s1", score=0.2)
    doubtful = open_case(dataset, "s2", score=0.9)
    case = lease(dataset, erin(dataset), NOW)
    assert case == doubtful
    assert case.held_by(erin(dataset), NOW)
    assert case.leased_at == NOW


def test_asking_again_gives_the_same_case_and_keeps_when_it_was_handed_out(dataset):
    open_case(dataset, "s1"), open_case(dataset, "s2")
    first = lease(dataset, erin(dataset), NOW)
    again = lease(dataset, erin(dataset), NOW + timedelta(minutes=5))
    assert again == first
    assert again.leased_at == NOW
    assert again.leased_until > first.leased_until


def test_two_experts_get_two_cases(dataset):
    open_case(dataset, "s1"), open_case(dataset, "s2")
    assert lease(dataset, erin(dataset), NOW) != lease(dataset, emil(dataset), NOW)


def test_nothing_is_left_when_others_hold_it(dataset):
    open_case(dataset, "s1")
    lease(dataset, emil(dataset), NOW)
    assert lease(dataset, erin(dataset), NOW) is None


def test_an_expired_lease_goes_back_to_the_queue(dataset):
    case = open_case(dataset, "s1")
    lease(dataset, erin(dataset), NOW)
    taken = lease(dataset, emil(dataset), LATER)
    assert taken == case
    assert taken.held_by(emil(dataset), LATER)
    assert taken.leased_at == LATER
    assert lease(dataset, erin(dataset), LATER) is None


def test_a_case_is_never_offered_to_who_labelled_one_of_its_items(dataset):
    """ann1 of the file is Erin: a lead linked them."""
    Annotator.objects.filter(dataset=dataset, name="ann1").update(user=erin(dataset))
    case = open_case(dataset, "s1", "s2")
    assert lease(dataset, erin(dataset), NOW) is None
    assert lease(dataset, emil(dataset), NOW) == case


def test_a_case_is_never_offered_to_who_decided_on_one_of_its_items(dataset):
    decide(open_case(dataset, "s1"), erin(dataset), answer(dataset, "access"), NOW)
    again = open_case(dataset, "s1")
    assert lease(dataset, erin(dataset), NOW) is None
    assert lease(dataset, emil(dataset), NOW) == again


@pytest.mark.parametrize("outcome", ["ambiguous", "bad_input", "different"])
def test_a_case_is_never_offered_to_who_answered_without_a_label(dataset, outcome):
    # members called different blind are asked about one by one; with the labels shown that is the end of it
    decide(open_case(dataset, "s1", "s2"), erin(dataset), answer(dataset, outcome, blind=outcome != "different"), NOW)
    again = open_case(dataset, "s2")
    assert lease(dataset, erin(dataset), NOW) is None
    assert lease(dataset, emil(dataset), NOW) == again


def test_an_answer_taken_back_does_not_bar_its_expert(dataset):
    decision = decide(open_case(dataset, "s1"), erin(dataset), answer(dataset, "ambiguous"), NOW)
    undo(decision, erin(dataset), uuid4(), NOW)
    assert lease(dataset, erin(dataset), LATER) == decision.case


def test_a_skipped_case_goes_to_somebody_else(dataset):
    emil(dataset), open_case(dataset, "s1", score=0.9), open_case(dataset, "s2", score=0.1)
    first = lease(dataset, erin(dataset), NOW)
    skip(first, erin(dataset), NOW)
    assert lease(dataset, erin(dataset), NOW) != first
    assert lease(dataset, emil(dataset), NOW) == first
    assert lease(dataset, erin(dataset), LATER) != first, "not offered again, however late"


def test_settled_and_withdrawn_cases_are_not_offered(dataset):
    for name, status in (("s1", Case.SETTLED), ("s2", Case.WITHDRAWN)):
        case = open_case(dataset, name)
        Case.objects.filter(pk=case.pk).update(status=status)
    assert lease(dataset, erin(dataset), NOW) is None


def test_a_finding_narrows_the_queue(dataset):
    open_case(dataset, "s1", score=0.9)
    covered = open_case(dataset, "s2", score=0.1)
    detection = Detection.objects.create(
        dataset=dataset, n_items=6, n_groups=0, n_conflicts=0, n_flags=0, n_findings=1, arrays="-", seconds=0
    )
    finding = Finding.objects.create(
        dataset=dataset,
        detection=detection,
        kind="class_pair",
        key="k",
        title="t",
        reason="r",
        rule={},
        n=1,
        value=1,
        low=1,
        high=1,
    )
    FindingItem.objects.create(finding=finding, item=Item.objects.get(dataset=dataset, external_id="s2"))
    assert lease(dataset, erin(dataset), NOW, finding.pk) == covered


@pytest.mark.fault("twice as many experts as cases ask at once")
@pytest.mark.django_db(transaction=True)
def test_two_experts_never_hold_the_same_case(dataset):
    """Twelve experts ask at the same time for six cases."""
    for name in ("s1", "s2", "s3", "s4", "s5", "s6"):
        open_case(dataset, name)
    people = [get_user_model().objects.create(username=f"expert{number}") for number in range(12)]

    def pull(number):
        case = lease(dataset, people[number], timezone.now())
        return case and case.pk

    handed_out = [pk for pk in in_threads(pull, each=range(12)) if pk]
    assert len(handed_out) == len(set(handed_out)), "one case, two experts"
    assert len(handed_out) == 6, "every case found somebody"
