"""No case waits for somebody who can't have it, and nobody gives a case two answers or settles it against the rest."""

import pytest
from django.utils import timezone

from annotation.actions.queue.decide import UnableToDecide, decide
from annotation.actions.queue.lease import lease
from annotation.actions.queue.skip import skip
from annotation.models import Case, CurrentLabel, RoutingRules, Skip
from tests.factories import answer, open_case, small_dataset
from tests.people import emil, erin, eve, leo

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
