"""Cases that want several answers: who is asked next, what settles them, and who settles what experts differ on."""

from uuid import uuid4

import pytest
from django.utils import timezone

from annotation.actions.queue.decide import UnableToDecide, decide
from annotation.actions.queue.lease import lease
from annotation.actions.queue.undo import undo
from annotation.models import Case, CurrentLabel, Decision, Item, Label, Membership, RoutingRules
from tests.factories import answer, open_case, small_dataset
from tests.people import emil, erin, eve, leo

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    made = small_dataset(tmp_path)
    erin(made), emil(made), leo(made)
    return made


def rules(dataset, **changed):
    return RoutingRules.objects.create(dataset=dataset, version=1, gold_share=0, repeat_share=0, **changed)


def now():
    return timezone.now()


def says(case, person, name, **extra):
    return decide(Case.objects.get(pk=case.pk), person, answer(case.dataset, name, **extra), now())


def held_true(dataset, external_id):
    row = CurrentLabel.objects.in_force().get(item__dataset=dataset, item__external_id=external_id)
    return row.label_class and row.label_class.name, row.basis


def state(case):
    case.refresh_from_db()
    return case.status, case.awaits


def test_one_answer_settles_a_case_nobody_doubts(dataset):
    case = open_case(dataset, "s1")
    says(case, erin(dataset), "payment")
    assert state(case)[0] == Case.SETTLED


@pytest.mark.parametrize("doubt", ["unsure", "probability", "contested"])
def test_a_doubtful_case_wants_a_second_expert(dataset, doubt):
    members = ("s1", "s2") if doubt == "contested" else ("s1",)
    case = open_case(dataset, *members)
    if doubt == "probability":
        Case.objects.update(probability=0.5)
    says(case, erin(dataset), "payment", confidence="unsure" if doubt == "unsure" else "sure")
    assert state(case) == (Case.OPEN, Case.EXPERTS)
    assert held_true(dataset, "s1") == ("access", "import"), "nothing is held true yet"
    assert lease(dataset, erin(dataset), now()) is None, "never back to whoever answered"
    assert lease(dataset, emil(dataset), now()) == case
    says(case, emil(dataset), "payment")
    assert state(case)[0] == Case.SETTLED
    assert held_true(dataset, "s1") == ("payment", "decision")
    assert Label.objects.counting().filter(item__external_id="s1", origin=Label.EXPERT).count() == 2


def test_an_answer_with_the_labels_on_the_page_settles_at_once(dataset):
    rules(dataset, overlap=2)
    case = open_case(dataset, "s1", "s2")
    says(case, erin(dataset), "payment", blind=False)
    assert state(case)[0] == Case.SETTLED


def test_with_one_expert_one_answer_has_to_do(dataset):
    Membership.objects.filter(user=emil(dataset)).delete()
    case = open_case(dataset, "s1", "s2")
    says(case, erin(dataset), "payment")
    assert state(case)[0] == Case.SETTLED


def test_two_who_differ_go_to_an_adjudicator(dataset):
    case = open_case(dataset, "s1", "s2")
    says(case, erin(dataset), "payment")
    says(case, emil(dataset), "access")
    assert state(case) == (Case.OPEN, Case.ADJUDICATOR)
    assert lease(dataset, eve(dataset), now()) is None, "no expert is asked"
    with pytest.raises(UnableToDecide, match="not yours to settle"):
        says(case, eve(dataset), "access", cause="slip")
    with pytest.raises(UnableToDecide, match="not yours to settle"):
        Membership.objects.filter(user=erin(dataset)).update(adjudicates=True)
        says(case, erin(dataset), "access", cause="slip")
    says(case, leo(dataset), "access", cause="guideline_gap")
    assert state(case)[0] == Case.SETTLED
    assert held_true(dataset, "s2") == ("access", "adjudication")
    assert Decision.objects.settling().last().cause == "guideline_gap"


def test_an_adjudication_is_taken_back_to_the_adjudicator(dataset):
    case = open_case(dataset, "s1", "s2")
    says(case, erin(dataset), "payment")
    says(case, emil(dataset), "access")
    settled = says(case, leo(dataset), "access", cause="slip")
    undo(settled, leo(dataset), uuid4(), now())
    assert state(case) == (Case.OPEN, Case.ADJUDICATOR)
    assert held_true(dataset, "s2") == ("payment", "import")


def test_another_expert_while_they_disagree(dataset):
    rules(dataset, on_disagreement="expert", most_answers=3)
    eve(dataset)
    case = open_case(dataset, "s1", "s2")
    says(case, erin(dataset), "payment")
    says(case, emil(dataset), "access")
    assert state(case) == (Case.OPEN, Case.EXPERTS)
    says(case, eve(dataset), "access")
    assert state(case)[0] == Case.SETTLED
    assert held_true(dataset, "s2") == ("access", "decision")


def test_a_first_answer_taken_back_leaves_the_second_waiting(dataset):
    case = open_case(dataset, "s1", "s2")
    first = says(case, erin(dataset), "payment")
    says(case, emil(dataset), "access")
    undo(first, erin(dataset), uuid4(), now())
    assert state(case) == (Case.OPEN, Case.EXPERTS)
    assert lease(dataset, erin(dataset), now()) == case
    says(case, erin(dataset), "access")
    assert held_true(dataset, "s1") == ("access", "decision")
    assert not Decision.objects.filter(expert=erin(dataset), undone_by=None).latest("id").blind


def test_members_ticked_apart_are_a_disagreement(dataset):
    case = open_case(dataset, "s1", "s2", "s5")
    s1, s5 = (Item.objects.get(external_id=name).pk for name in ("s1", "s5"))
    says(case, erin(dataset), "payment", items=[s1, s5])
    says(case, emil(dataset), "payment", items=[s1])
    assert state(case) == (Case.OPEN, Case.ADJUDICATOR)
    says(case, leo(dataset), "payment", items=[s1, s5], cause="slip")
    rest = dataset.cases.open().get()
    assert (rest.part_of, [one.item.external_id for one in rest.case_items.all()]) == (case, ["s2"])


# ---- legitimately different


def test_different_given_blind_asks_for_each_member(dataset):
    rules(dataset, overlap_doubtful=1)
    case = open_case(dataset, "s1", "s2")
    blessing = says(case, erin(dataset), "different")
    parts = list(dataset.cases.open().order_by("id"))
    assert [(one.reserved_for, one.case_items.count()) for one in parts] == [(erin(dataset), 1)] * 2
    assert lease(dataset, emil(dataset), now()) is None
    assert lease(dataset, erin(dataset), now()) == parts[0]
    assert held_true(dataset, "s1") == ("access", "import"), "nothing was blessed"
    undo(blessing, erin(dataset), uuid4(), now())
    assert list(dataset.cases.open()) == [case]


def test_different_goes_on_to_a_view_with_the_labels_where_the_lead_chose_so(dataset):
    rules(dataset, overlap_doubtful=1, on_different="second_view")
    says(open_case(dataset, "s1", "s2"), erin(dataset), "different")
    second = lease(dataset, erin(dataset), now())
    assert (second.labels_shown, second.case_items.count()) == (True, 2)
    assert not says(second, erin(dataset), "different").blind
    assert dataset.closedpair_set.count() == 1
    assert not dataset.cases.open().exists()
