"""No case waits for somebody who can't have it, and nobody gives a case two answers or settles it against the rest."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from annotation.actions.people.change_people import remove_member
from annotation.actions.people.pause import pause, resume
from annotation.actions.queue.decide import UnableToDecide, decide
from annotation.actions.queue.lease import lease
from annotation.actions.queue.reopen import reopen
from annotation.actions.queue.reserve import reserve
from annotation.actions.queue.skip import skip
from annotation.actions.queue.undo import undo
from annotation.models import Annotator, Case, CurrentLabel, Label, Membership, RoutingRules, Skip
from annotation.reading.experts.disputes import disputes_for
from tests.factories import answer, open_case, small_dataset
from tests.people import emil, erin, eve, leo, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    made = small_dataset(tmp_path)
    erin(made), emil(made), leo(made)
    return made


def rules(dataset, version=1, **changed):
    return RoutingRules.objects.create(dataset=dataset, version=version, gold_share=0, repeat_share=0, **changed)


def now():
    return timezone.now()


def says(case, person, name, **extra):
    return decide(Case.objects.get(pk=case.pk), person, answer(case.dataset, name, **extra), now())


def state(case):
    case.refresh_from_db()
    return case.status, case.awaits


def test_a_case_kept_for_an_expert_goes_on_once_they_answered(dataset):
    rules(dataset, overlap=2)
    case = open_case(dataset, "s1")
    Case.objects.update(reserved_for=erin(dataset))
    says(case, erin(dataset), "access")
    assert lease(dataset, emil(dataset), now()) == case


def test_who_called_members_different_is_not_waited_for_again(dataset):
    rules(dataset, on_disagreement="expert", most_answers=3)
    case = open_case(dataset, "s1", "s2")
    says(case, erin(dataset), "different")
    says(case, emil(dataset), "payment")
    assert state(case) == (Case.OPEN, Case.ADJUDICATOR), "nobody is left who could answer"


@pytest.mark.parametrize("name", ["ambiguous", "different"])
def test_nobody_answers_a_case_twice(dataset, name):
    case = open_case(dataset, "s1", "s2")
    says(case, erin(dataset), name)
    with pytest.raises(UnableToDecide, match="answered this case before"):
        says(case, erin(dataset), name)
    assert state(case) == (Case.OPEN, Case.EXPERTS)


def test_two_who_agree_settle_what_nobody_doubts(dataset):
    eve(dataset)
    rules(dataset, overlap=2, overlap_doubtful=3)
    case = open_case(dataset, "s1")
    says(case, erin(dataset), "payment")
    says(case, emil(dataset), "payment")
    assert state(case)[0] == Case.SETTLED


def test_a_last_answer_that_the_others_outvote_settles_nothing(dataset):
    eve(dataset)
    rules(dataset, overlap=3, overlap_doubtful=3, on_disagreement="expert")
    case = open_case(dataset, "s1")
    says(case, erin(dataset), "access")
    says(case, emil(dataset), "access")
    rules(dataset, 2, overlap=2, on_disagreement="expert")
    says(case, eve(dataset), "payment")
    assert state(case) == (Case.OPEN, Case.ADJUDICATOR)
    assert CurrentLabel.objects.in_force().get(item__external_id="s1").label_class.name == "access"


# ---- reservations, pauses and people who leave


def test_nothing_is_kept_for_somebody_who_may_not_have_it(dataset):
    open_case(dataset, "s1"), open_case(dataset, "s3"), open_case(dataset, "s5")
    ann = dataset.annotators.get(name="ann1")
    answered, passed, fresh = dataset.cases.order_by("id")
    Label.objects.create(
        item=answered.case_items.get().item, annotator=Annotator.objects.of_user(dataset, emil(dataset)),
        label_class=dataset.label_classes.get(name="access"), origin=Label.EXPERT,
    )  # fmt: skip
    skip(passed, emil(dataset), now())
    assert reserve(dataset, emil(dataset), ann, None, leo(dataset), now()) == 1
    assert list(dataset.cases.filter(reserved_for=emil(dataset))) == [fresh]


@pytest.mark.parametrize("leaves", [True, False])
def test_what_was_kept_for_somebody_who_leaves_or_is_paused_is_anybodys(dataset, leaves):
    case = open_case(dataset, "s1")
    reserve(dataset, erin(dataset), None, dataset.label_classes.get(name="access"), leo(dataset), now())
    person, colleague, lead = erin(dataset), emil(dataset), leo(dataset)
    assert lease(dataset, colleague, now()) is None
    if leaves:
        remove_member(dataset, person)
    else:
        pause(dataset, person, lead, "we talk first", now())
    open_case(dataset, "s3")
    assert lease(dataset, colleague, now()) == case
    assert not dataset.cases.exclude(reserved_for=None).exists()
    if not leaves:
        resume(dataset, person, lead, now())
        assert dataset.cases.filter(reserved_for=person).count() == 1, "all but what is held"


def test_a_case_half_answered_is_adjudicated_when_the_other_expert_leaves(dataset):
    rules(dataset, overlap=2)
    half, passed = open_case(dataset, "s1"), open_case(dataset, "s3")
    says(half, erin(dataset), "access")
    skip(passed, erin(dataset), now())
    remove_member(dataset, emil(dataset))
    assert state(half) == (Case.OPEN, Case.ADJUDICATOR)
    assert state(passed) == (Case.OPEN, Case.LEAD)


def test_what_a_lone_expert_passes_on_comes_to_the_lead(dataset):
    remove_member(dataset, emil(dataset))
    case = open_case(dataset, "s1")
    skip(case, erin(dataset), now())
    assert state(case) == (Case.OPEN, Case.LEAD)


def test_nobody_passes_on_what_they_answered_or_a_colleague_holds(dataset):
    rules(dataset, overlap=2)
    case = open_case(dataset, "s1")
    says(case, erin(dataset), "access")
    skip(case, erin(dataset), now(), Skip.BAD_INPUT)
    held = open_case(dataset, "s3")
    assert lease(dataset, emil(dataset), now()) in (case, held)
    Case.objects.filter(pk=held.pk).update(leased_to=emil(dataset), leased_until=now() + timedelta(hours=1))
    skip(held, erin(dataset), now(), Skip.UNCLEAR)
    assert state(case) == state(held) == (Case.OPEN, Case.EXPERTS)


# ---- adjudicators


def test_where_both_leads_had_a_part_either_settles(dataset):
    rules(dataset, overlap=3)
    second = user("lisa")
    Membership.objects.create(dataset=dataset, user=second, role=Membership.LEAD)
    case = open_case(dataset, "s1")
    says(case, leo(dataset), "payment")
    assert not disputes_for(dataset, second, 9)
    says(case, second, "access")
    assert disputes_for(dataset, leo(dataset), 9) == disputes_for(dataset, second, 9) == [case]
    says(case, second, "access", cause="slip")
    assert state(case)[0] == Case.SETTLED


def test_a_lead_is_shown_no_dispute_that_an_adjudicator_without_a_part_has_to_settle(dataset):
    judge = eve(dataset)
    Membership.objects.filter(user=judge).update(adjudicates=True)
    rules(dataset, overlap=2)
    case = open_case(dataset, "s1")
    says(case, leo(dataset), "payment")
    says(case, erin(dataset), "access")
    assert not disputes_for(dataset, leo(dataset), 9)
    assert disputes_for(dataset, judge, 9) == [case]
    pause(dataset, judge, leo(dataset), "we talk first", now())
    assert disputes_for(dataset, leo(dataset), 9) == [case], "who is paused adjudicates nothing"
    with pytest.raises(UnableToDecide, match="not yours to settle"):
        says(case, judge, "access", cause="slip")


def test_no_expert_settles_a_dispute_of_their_own(dataset):
    Membership.objects.filter(user=erin(dataset)).update(adjudicates=True)
    case = open_case(dataset, "s1", "s2")
    says(case, leo(dataset), "payment")
    says(case, erin(dataset), "access")
    with pytest.raises(UnableToDecide, match="not yours to settle"):
        says(case, erin(dataset), "access", cause="slip")


def test_an_answer_is_not_taken_back_while_its_items_are_asked_about_again(dataset):
    case = open_case(dataset, "s1")
    decision = says(case, erin(dataset), "payment")
    reopen(dataset, [decision], "looked at again", now())
    with pytest.raises(UnableToDecide, match="asked again"):
        undo(decision, erin(dataset), uuid4(), now())
    assert dataset.cases.open().count() == 1
