"""Tests before real cases, hidden gold, own cases again, and being paused."""

from collections import Counter
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.people.notify import page_path
from annotation.actions.people.pause import pause, resume
from annotation.actions.queue.decide import UnableToDecide, decide
from annotation.actions.queue.lease import hand_out, lease
from annotation.actions.queue.skip import skip
from annotation.actions.queue.undo import undo
from annotation.models import Case, CurrentLabel, Decision, Gold, Item, Label, Notice, QualificationTest, RoutingRules
from annotation.reading.answering.to_check import own_again
from annotation.reading.experts.checks import gold_answers, self_agreement
from annotation.reading.experts.readiness import readiness
from tests.factories import answer, apart, imported, open_case, small_dataset
from tests.people import emil, erin, leo

pytestmark = pytest.mark.django_db


def now():
    return timezone.now()


@pytest.fixture
def dataset(tmp_path):
    made = small_dataset(tmp_path)
    leo(made)
    return made


@pytest.fixture
def many(tmp_path):
    """240 items, all of them access."""
    rows = [{"id": f"i{n}", "text": apart("log in", n), "label": ("access", "payment")[n == 0]} for n in range(240)]
    return imported(tmp_path, rows)


def says(case, person, name):
    return decide(case, person, answer(case.dataset, name), now())


def test_made_of(dataset, bar=0.7, names=("s1", "s2", "s3")):
    test = QualificationTest.objects.create(dataset=dataset, bar=bar)
    for name in names:
        item = Item.objects.get(dataset=dataset, external_id=name)
        row = CurrentLabel.objects.in_force().get(item=item)
        test.questions.create(item=item, label_class=row.label_class)
    return test


def answered(dataset, person, right):
    """Answer the whole test, `right` of it rightly."""
    for place in range(3):
        case = lease(dataset, person, now())
        truth = CurrentLabel.objects.in_force().get(item=case.case_items.get().item).label_class.name
        says(case, person, truth if place < right else {"access": "payment", "payment": "access"}[truth])


test_made_of.__test__ = False


def test_a_test_comes_before_real_cases_and_settles_nothing(dataset):
    test = test_made_of(dataset)
    real = open_case(dataset, "s4")
    person = erin(dataset)
    assert {case.kind for case in hand_out(dataset, person, now(), 5)} == {Case.QUALIFICATION}
    answered(dataset, person, right=3)
    result = test.results.get()
    assert (result.right, result.n, result.passed) == (3, 3, True)
    assert lease(dataset, person, now()) == real
    assert not Label.objects.filter(origin=Label.EXPERT).exists()
    assert not Decision.objects.settling().exists()
    assert not CurrentLabel.objects.filter(basis="decision").exists()


def test_a_failed_test_hands_out_nothing_until_the_lead_says_so(dataset):
    test = test_made_of(dataset)
    open_case(dataset, "s4")
    person = erin(dataset)
    answered(dataset, person, right=1)
    assert not test.results.get().passed
    assert lease(dataset, person, now()) is None
    assert "1 of 3 right" in readiness(dataset, person).bar


def test_leads_take_no_test(dataset):
    test_made_of(dataset)
    real = open_case(dataset, "s4")
    assert lease(dataset, leo(dataset), now()) == real


def test_a_question_can_be_neither_passed_on_nor_taken_back(dataset):
    test_made_of(dataset)
    person = erin(dataset)
    case = lease(dataset, person, now())
    skip(case, person, now())
    assert lease(dataset, person, now()) == case
    decision = says(case, person, "access")
    with pytest.raises(UnableToDecide, match="answers of a test stand"):
        undo(decision, person, uuid4(), now())


def test_the_test_of_a_class_keeps_its_cases_from_others(dataset):
    test = test_made_of(dataset)
    QualificationTest.objects.update(label_class=dataset.label_classes.get(name="payment"))
    payment, access = open_case(dataset, "s4", score=0.9), open_case(dataset, "s5", score=0.1)
    test.results.create(user=erin(dataset), right=0, n=3, passed=False)
    assert lease(dataset, erin(dataset), now()) == access
    test.results.create(user=emil(dataset), right=3, n=3, passed=True)
    assert lease(dataset, emil(dataset), now()) == payment


def test_hidden_gold_comes_at_its_share_and_never_twice(many):
    RoutingRules.objects.create(dataset=many, version=1, gold_share=0.1, repeat_share=0)
    person = erin(many)
    items = list(Item.objects.filter(dataset=many).order_by("id"))
    access = many.label_classes.get(name="access")
    for item in items[:40]:
        Gold.objects.create(dataset=many, item=item, label_class=access)
    for item in items[40:]:
        open_case(many, item.external_id)
    asked = [lease(many, person, now()) for _ in range(0)]
    for _ in range(150):
        case = lease(many, person, now())
        asked.append(case)
        says(case, person, "access")
    kinds = Counter(case.kind for case in asked)
    assert 6 <= kinds[Case.GOLD] <= 26
    assert len({case.case_items.get().item_id for case in asked}) == 150
    assert gold_answers(many, person) == (kinds[Case.GOLD], kinds[Case.GOLD])
    assert Decision.objects.settling().count() == 150 - kinds[Case.GOLD]


def test_ones_own_cases_come_back_after_fifty_others(many, django_assert_max_num_queries):
    RoutingRules.objects.create(dataset=many, version=1, gold_share=0, repeat_share=0.2)
    person = erin(many)
    for item in Item.objects.filter(dataset=many)[:120]:
        open_case(many, item.external_id)
    seen = []
    for _ in range(110):
        case = lease(many, person, now())
        item = case.case_items.get().item_id
        if case.kind == Case.REPEAT:
            assert item in seen[:-50]
        seen.append(item)
        says(case, person, "access")
    repeated = many.cases.filter(kind=Case.REPEAT).count()
    assert repeated >= 3
    with django_assert_max_num_queries(2):
        assert own_again(many, person, 0.5) in seen[:-50]
    again = self_agreement(many, person)
    assert (again.value, again.n) == (1.0, repeated)


def test_who_is_below_the_bar_is_paused_and_told(many):
    RoutingRules.objects.create(dataset=many, version=1, gold_share=0.5, repeat_share=0, bar=0.7)
    person, lead = erin(many), leo(many)
    items = list(Item.objects.filter(dataset=many).order_by("id"))
    for item in items[:60]:
        Gold.objects.create(dataset=many, item=item, label_class=many.label_classes.get(name="access"))
    for item in items[60:120]:
        open_case(many, item.external_id)
    n = 0
    while case := lease(many, person, now()):
        says(case, person, "payment")
        n += 1
    right, of = gold_answers(many, person)
    assert (right, of) == (0, 8), "no more than it takes"
    assert n < 40
    assert "0 of 8" in readiness(many, person).bar
    assert "Their last decisions" in Notice.objects.get(user=lead).text
    with pytest.raises(UnableToDecide, match="You are paused"):
        says(many.cases.open().first(), person, "access")
    resume(many, person, lead, now())
    assert lease(many, person, now())
    assert gold_answers(many, person) == (0, 0), "what was before no longer counts"


def test_a_pause_gives_up_what_was_held(dataset):
    case = open_case(dataset, "s4")
    lease(dataset, erin(dataset), now())
    pause(dataset, erin(dataset), leo(dataset), "we talk first", now())
    assert lease(dataset, erin(dataset), now()) is None
    assert lease(dataset, emil(dataset), now()) == case


def test_a_cap_on_the_day(dataset):
    RoutingRules.objects.create(dataset=dataset, version=1, load_cap=2, gold_share=0, repeat_share=0)
    cases = [open_case(dataset, name) for name in ("s1", "s2", "s3")]
    assert len(hand_out(dataset, erin(dataset), now(), 3)) == 2
    for case in cases[:2]:
        says(case, erin(dataset), "access")
    assert lease(dataset, erin(dataset), now()) is None
    assert lease(dataset, emil(dataset), now()) == cases[2]


def test_paths_that_a_worker_writes_are_those_of_the_pages(dataset):
    assert page_path(dataset, "queue") == reverse("queue", args=[dataset.slug])
    assert page_path(dataset, "experts", 7) == reverse("expert_record", args=[dataset.slug, 7])
