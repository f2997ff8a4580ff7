"""A pass taken back: the case is the expert's again, unless somebody else has it; and no case is left to nobody."""

import pytest
from django.utils import timezone

from annotation.actions.people.add_member import add_member
from annotation.actions.people.change_people import remove_member
from annotation.actions.people.pause import pause
from annotation.actions.queue.decide import UnableToDecide, decide
from annotation.actions.queue.lease import lease
from annotation.actions.queue.reopen import send_back, set_aside
from annotation.actions.queue.skip import skip
from annotation.actions.queue.stuck import sweep_stuck
from annotation.actions.queue.take_back_skip import take_back_skip
from annotation.models import Case, Notice, Skip, SkipUndo
from annotation.reading.experts.routing_rules import who_may_answer
from tests.factories import answer, open_case, small_dataset
from tests.people import emil, erin, eve, leo, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    made = small_dataset(tmp_path)
    erin(made), emil(made), leo(made)
    return made


def now():
    return timezone.now()


def passed(dataset, *people, reason=""):
    case = open_case(dataset, "s1")
    for person in people:
        skip(case, person, now(), reason)
    return case


def awaits(case):
    case.refresh_from_db()
    return case.awaits


def test_the_case_is_the_experts_again_and_the_pass_stays_told(dataset):
    case = passed(dataset, erin(dataset))
    assert lease(dataset, erin(dataset), now()) is None
    take_back_skip(case, erin(dataset), now())
    assert lease(dataset, erin(dataset), now()) == case
    assert Skip.objects.count() == SkipUndo.objects.count() == 1
    assert not Skip.objects.standing().exists()


def test_twice_is_once_and_it_can_be_passed_on_again(dataset):
    case = passed(dataset, erin(dataset))
    take_back_skip(case, erin(dataset), now())
    take_back_skip(case, erin(dataset), now())
    assert SkipUndo.objects.count() == 1
    skip(case, erin(dataset), now())
    assert Skip.objects.standing().count() == 1
    assert lease(dataset, erin(dataset), now()) is None


@pytest.mark.parametrize("reason", ["", Skip.UNCLEAR, Skip.BAD_INPUT])
def test_what_the_pass_brought_to_the_lead_or_aside_waits_for_experts_again(dataset, reason):
    case = passed(dataset, emil(dataset), erin(dataset), reason="") if not reason else passed(
        dataset, erin(dataset), reason=reason)  # fmt: skip
    assert awaits(case) != Case.EXPERTS
    take_back_skip(case, erin(dataset), now())
    assert awaits(case) == Case.EXPERTS
    assert who_may_answer(case) == ({erin(dataset).pk} if not reason else {erin(dataset).pk, emil(dataset).pk})


def test_what_the_lead_set_aside_stays_there(dataset):
    case = passed(dataset, erin(dataset))
    set_aside(case)
    with pytest.raises(UnableToDecide, match="your pass stands"):
        take_back_skip(case, erin(dataset), now())
    assert Skip.objects.standing().count() == 1


@pytest.mark.parametrize("by", ["held", "settled", "reserved", "unclear"])
def test_what_somebody_else_has_stays_with_them(dataset, by):
    case = passed(dataset, erin(dataset))
    if by == "held":
        assert lease(dataset, emil(dataset), now()) == case
    elif by == "settled":
        decide(case, emil(dataset), answer(dataset, "access"), now())
    elif by == "unclear":
        skip(case, emil(dataset), now(), Skip.UNCLEAR)
    else:
        Case.objects.update(reserved_for=emil(dataset))
    with pytest.raises(UnableToDecide, match="your pass stands"):
        take_back_skip(case, erin(dataset), now())
    assert not SkipUndo.objects.exists()


def test_who_is_paused_takes_nothing_back(dataset):
    case = passed(dataset, erin(dataset))
    pause(dataset, erin(dataset), leo(dataset), "away", now())
    with pytest.raises(UnableToDecide, match="paused"):
        take_back_skip(case, erin(dataset), now())


def test_a_check_comes_back_like_any_other_case(dataset):
    case = open_case(dataset, "s1")
    Case.objects.update(kind=Case.GOLD, reserved_for=erin(dataset))
    skip(case, erin(dataset), now())
    take_back_skip(case, erin(dataset), now())
    case.refresh_from_db()
    assert (case.status, case.kind) == (Case.OPEN, Case.GOLD)
    assert case.held_by(erin(dataset), now())


@pytest.mark.parametrize("how", ["leaves", "paused", "deactivated"])
def test_a_case_whose_last_expert_goes_comes_to_the_lead(dataset, how):
    case = passed(dataset, erin(dataset))
    if how == "leaves":
        remove_member(dataset, emil(dataset))
    elif how == "paused":
        pause(dataset, emil(dataset), leo(dataset), "away", now())
    else:
        person = emil(dataset)
        person.is_active = False
        person.save()
        assert sweep_stuck(now()) == 1
    assert awaits(case) == Case.LEAD
    assert Notice.objects.filter(user=leo(dataset), text__startswith="1 case waits for you").exists()
    assert sweep_stuck(now()) == 0


def test_who_joins_later_can_have_what_everybody_passed_on(dataset):
    case = passed(dataset, erin(dataset), emil(dataset))
    assert awaits(case) == Case.LEAD
    add_member(dataset, "eve", "expert")
    send_back(case, user("eve"), now())
    assert lease(dataset, eve(dataset), now()) == case
