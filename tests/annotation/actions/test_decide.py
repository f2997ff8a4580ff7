from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from annotation import frames
from annotation.actions.queue.decide import Answer, UnableToDecide, decide
from annotation.actions.queue.lease import lease
from annotation.actions.queue.skip import skip
from annotation.actions.queue.undo import last_decision, undo
from annotation.models import Annotator, Case, ClosedPair, CurrentLabel, Decision, Guideline, Item, Label
from tests.factories import answer, imported, open_case, small_dataset
from tests.people import emil, erin
from tests.threads import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    return small_dataset(tmp_path)


@pytest.fixture
def case(dataset):
    return open_case(dataset, "s1")


@pytest.fixture
def group(dataset):
    """s1 and s5 carry access, s2 payment."""
    return open_case(dataset, "s1", "s2", "s5")


def now():
    return timezone.now()


def item(dataset, external_id):
    return Item.objects.get(dataset=dataset, external_id=external_id)


def current(dataset, external_id):
    """(class, state, basis) in force."""
    row = CurrentLabel.objects.in_force().get(item=item(dataset, external_id))
    return row.label_class and row.label_class.name, row.state, row.basis


def take_back(decision, user):
    return undo(decision, user, uuid4(), now())


def test_it_works(dataset, case):
    person = erin(dataset)
    Guideline.objects.create(dataset=dataset, version=3, text="Read to the end.")
    decision = decide(case, person, answer(dataset, "payment", note="a card", confidence="unsure", seconds=4.5), now())
    case.refresh_from_db()
    assert (case.status, case.leased_to) == (Case.SETTLED, None)
    assert current(dataset, "s1") == ("payment", "labelled", "decision")
    assert (decision.note, decision.confidence, decision.seconds, decision.blind) == ("a card", "unsure", 4.5, True)
    assert decision.guideline.version == 3
    label = Label.objects.counting().get(item=item(dataset, "s1"), annotator__user=person)
    assert (label.label_class.name, label.origin, label.seconds) == ("payment", "expert", 4.5)
    assert Label.objects.filter(item=item(dataset, "s1")).count() == 2, "the annotator's label stays"


@pytest.mark.parametrize("outcome", ["ambiguous", "bad_input"])
def test_an_answer_that_is_no_class_takes_the_item_out(dataset, case, outcome):
    decide(case, erin(dataset), answer(dataset, outcome), now())
    assert current(dataset, "s1") == (None, outcome, "decision")


def test_a_double_submit_is_one_decision(dataset, case):
    person, said = erin(dataset), answer(dataset, "payment")
    first, second = decide(case, person, said, now()), decide(case, person, said, now())
    assert first == second
    assert Decision.objects.count() == 1
    assert CurrentLabel.objects.filter(item=item(dataset, "s1")).count() == 2


def test_a_second_answer_to_a_settled_case_is_refused_with_a_sentence(dataset, case):
    decide(case, erin(dataset), answer(dataset, "payment"), now())
    with pytest.raises(UnableToDecide, match="settled in the meantime; your answer was not recorded"):
        decide(case, emil(dataset), answer(dataset, "access"), now())
    assert Decision.objects.count() == 1


def test_who_labelled_an_item_can_not_answer_it_blindly(dataset, case):
    person = erin(dataset)
    Annotator.objects.filter(dataset=dataset, name="ann1").update(user=person)
    with pytest.raises(UnableToDecide, match="You labelled an item"):
        decide(case, person, answer(dataset, "payment"), now())
    decide(case, person, answer(dataset, "payment", blind=False), now())
    assert not Decision.objects.get().blind


# ---- groups


def test_one_decision_for_a_whole_group(dataset, group):
    decision = decide(group, erin(dataset), answer(dataset, "access"), now())
    assert {current(dataset, name) for name in ("s1", "s2", "s5")} == {("access", "labelled", "decision")}
    assert decision.items.count() == 3
    assert not dataset.cases.open().exists()


def test_a_partial_answer_leaves_the_rest_as_its_own_case(dataset, group):
    ticked = [item(dataset, "s1").pk, item(dataset, "s5").pk]
    decide(group, erin(dataset), answer(dataset, "access", items=ticked), now())
    rest = dataset.cases.open().get()
    assert [one.item.external_id for one in rest.case_items.all()] == ["s2"]
    assert (rest.group_digest, rest.score) == ("", group.score), "one item alone is no group"
    assert current(dataset, "s2") == ("payment", "labelled", "import")


def test_items_of_another_case_are_refused(dataset, group):
    with pytest.raises(UnableToDecide, match="Tick at least one item"):
        decide(group, erin(dataset), answer(dataset, "access", items=[item(dataset, "s6").pk]), now())
    assert not Decision.objects.exists()


def test_legitimately_different_with_the_labels_shown_closes_the_pairs_and_changes_no_label(dataset, group):
    before = CurrentLabel.objects.count()
    decide(group, erin(dataset), answer(dataset, "different", blind=False), now())
    assert CurrentLabel.objects.count() == before
    assert not Label.objects.filter(origin=Label.EXPERT).exists()
    digests = {name: item(dataset, name).digest for name in ("s1", "s2", "s5")}
    expected = {tuple(sorted((digests["s1"], digests["s2"]))), tuple(sorted((digests["s2"], digests["s5"])))}
    assert set(ClosedPair.objects.values_list("first", "second")) == expected, "s1 and s5 agree: nothing to close"
    assert Case.objects.get(pk=group.pk).status == Case.SETTLED


def test_legitimately_different_needs_two_items(dataset, case):
    with pytest.raises(UnableToDecide, match="at least two"):
        decide(case, erin(dataset), answer(dataset, "different"), now())


# ---- taking back


def test_undo_is_a_new_fact_and_restores_label_and_basis(dataset, case):
    person = erin(dataset)
    decision = decide(case, person, answer(dataset, "payment"), now())
    again = take_back(decision, person)
    assert current(dataset, "s1") == ("access", "labelled", "import")
    assert [one.outcome for one in Decision.objects.order_by("id")] == ["label", "undo"]
    assert Decision.objects.get(outcome="undo").undoes == decision
    assert CurrentLabel.objects.filter(item=item(dataset, "s1")).count() == 3, "nothing was deleted"
    assert again.pk == case.pk
    assert again.status == Case.OPEN
    assert again.held_by(person, now())
    assert not Label.objects.counting().filter(annotator__user=person).exists()


def test_undo_twice_is_undo_once(dataset, case):
    person = erin(dataset)
    decision = decide(case, person, answer(dataset, "payment"), now())
    assert take_back(decision, person) == take_back(decision, person)
    assert Decision.objects.filter(outcome="undo").count() == 1


def test_undo_brings_back_that_there_was_no_label(tmp_path):
    rows = [
        {"id": "1", "text": "is it broken?", "a": "yes", "b": "no"},
        {"id": "2", "text": "fine", "a": "no", "b": "no"},
    ]
    dataset = imported(tmp_path, rows, "tie", label=None, wide=("a", "b"))
    before = current(dataset, "1")
    person, case = erin(dataset), open_case(dataset, "1")
    take_back(decide(case, person, answer(dataset, "yes"), now()), person)
    assert current(dataset, "1") == before
    assert before[:2] == (None, "contested")


def test_undo_gives_the_expert_their_earlier_answer_back(dataset, case):
    person = erin(dataset)
    decide(case, person, answer(dataset, "payment", blind=False), now())
    later = decide(open_case(dataset, "s1"), person, answer(dataset, "access", blind=False), now())
    take_back(later, person)
    assert current(dataset, "s1") == ("payment", "labelled", "decision")
    label = Label.objects.counting().get(annotator__user=person)
    assert label.label_class.name == "payment"


def test_undo_of_legitimately_different_opens_the_pairs_again(dataset, group):
    person = erin(dataset)
    decision = decide(group, person, answer(dataset, "different", blind=False), now())
    assert frames.closed_pairs(dataset)
    take_back(decision, person)
    assert not frames.closed_pairs(dataset)
    assert current(dataset, "s2") == ("payment", "labelled", "import")


def test_undo_by_another_expert_is_refused(dataset, case):
    decision = decide(case, erin(dataset), answer(dataset, "payment"), now())
    with pytest.raises(UnableToDecide, match="Only the expert who gave"):
        take_back(decision, emil(dataset))
    assert current(dataset, "s1") == ("payment", "labelled", "decision")


def test_any_of_ones_own_answers_is_taken_back_and_comes_first(dataset, case):
    person = erin(dataset)
    first = decide(case, person, answer(dataset, "payment"), now())
    second = decide(open_case(dataset, "s2"), person, answer(dataset, "access"), now())
    third = open_case(dataset, "s5")
    assert lease(dataset, person, now()) == third
    take_back(first, person)
    assert last_decision(dataset.pk, person) == second
    assert lease(dataset, person, now()) == case
    take_back(second, person)
    assert lease(dataset, person, now()) == second.case
    assert last_decision(dataset.pk, person) is None


def test_undo_is_refused_once_somebody_else_decided_on_the_item(dataset, case):
    first = decide(case, erin(dataset), answer(dataset, "payment"), now())
    decide(open_case(dataset, "s1"), emil(dataset), answer(dataset, "access"), now())
    with pytest.raises(UnableToDecide, match="decided on this item since"):
        take_back(first, erin(dataset))
    assert current(dataset, "s1") == ("access", "labelled", "decision")
    assert not Decision.objects.filter(outcome="undo").exists(), "a refusal leaves nothing behind"


def test_undo_of_a_partial_answer_takes_the_rest_back_in(dataset, group):
    person = erin(dataset)
    audit = open_case(dataset, "s2")
    Case.objects.filter(pk=audit.pk).update(kind=Case.AUDIT)
    decision = decide(group, person, answer(dataset, "access", items=[item(dataset, "s1").pk]), now())
    take_back(decision, person)
    assert set(dataset.cases.open()) == {group, audit}, "an audit of a member stays"
    assert dataset.cases.filter(status=Case.WITHDRAWN).count() == 1


def test_undo_of_a_partial_answer_is_refused_while_somebody_has_the_rest(dataset, group):
    person = erin(dataset)
    decision = decide(group, person, answer(dataset, "access", items=[item(dataset, "s1").pk]), now())
    rest = lease(dataset, emil(dataset), now())
    with pytest.raises(UnableToDecide, match="started on the rest"):
        take_back(decision, person)
    decide(rest, emil(dataset), answer(dataset, "payment"), now())
    with pytest.raises(UnableToDecide, match="started on the rest"):
        take_back(decision, person)
    assert current(dataset, "s1") == ("access", "labelled", "decision")


def test_an_answer_after_the_reveal_is_not_blind(dataset, case):
    person = erin(dataset)
    take_back(decide(case, person, answer(dataset, "payment"), now()), person)
    again = decide(case, person, answer(dataset, "access"), now())
    assert not again.blind
    assert decide(open_case(dataset, "s2"), person, answer(dataset, "access"), now()).blind


def test_an_item_revealed_in_one_case_is_not_blind_in_another(dataset, case):
    person = erin(dataset)
    take_back(decide(case, person, answer(dataset, "payment"), now()), person)
    Case.objects.filter(pk=case.pk).update(status=Case.WITHDRAWN)
    assert not decide(open_case(dataset, "s1"), person, answer(dataset, "access"), now()).blind


# ---- leases


def test_a_late_answer_is_refused_when_somebody_else_has_the_case(dataset, case):
    start = now()
    lease(dataset, erin(dataset), start)
    late = start + timedelta(hours=1)
    assert lease(dataset, emil(dataset), late) == case
    with pytest.raises(UnableToDecide, match="went to somebody else when your time for it ran out"):
        decide(case, erin(dataset), answer(dataset, "payment"), late)
    assert current(dataset, "s1") == ("access", "labelled", "import")


def test_a_late_answer_counts_as_long_as_nobody_else_took_the_case(dataset, case):
    start = now()
    lease(dataset, erin(dataset), start)
    decide(case, erin(dataset), answer(dataset, "payment"), start + timedelta(hours=1))
    assert current(dataset, "s1") == ("payment", "labelled", "decision")


def test_a_case_passed_on_does_not_take_the_lease_of_who_has_it_now(dataset, case):
    start = now()
    stale = lease(dataset, erin(dataset), start)
    late = start + timedelta(hours=1)
    lease(dataset, emil(dataset), late)
    skip(stale, erin(dataset), late)
    skip(stale, erin(dataset), late)
    case.refresh_from_db()
    assert case.held_by(emil(dataset), late)
    assert case.skips.count() == 1


# ---- at the same time


@pytest.mark.fault("one token in four requests at once")
@pytest.mark.django_db(transaction=True)
def test_the_same_submit_four_times_at_once_is_one_decision(dataset, case):
    person, token, access = erin(dataset), uuid4(), dataset.label_classes.get(name="access")
    found = in_threads(lambda _: decide(case, person, Answer("label", token, access), now()).pk, each=range(4))
    assert len(set(found)) == 1


@pytest.mark.fault("two experts decide on one case at once")
@pytest.mark.django_db(transaction=True)
def test_two_experts_deciding_at_once_make_one_decision(dataset, case):
    people = [erin(dataset), emil(dataset)]
    said = answer(dataset, "access"), answer(dataset, "payment")

    def give(number):
        try:
            return decide(case, people[number], said[number], now()).pk
        except UnableToDecide:
            return None

    found = in_threads(give, each=range(2))
    assert sorted(pk is None for pk in found) == [False, True]
