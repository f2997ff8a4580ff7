import pytest
from django.utils import timezone

from annotation.actions.production.draw_production import UnableToDrawProduction
from annotation.actions.queue.decide import UnableToDecide, decide
from annotation.actions.queue.lease import lease
from annotation.actions.queue.reopen import reopen
from annotation.models import Case, CurrentLabel, Decision, Item, Label, Membership, ProductionItem, RoutingRules
from annotation.reading.production.draws import n_undrawn, progress_of
from tests.annotation.production_world import both_say, cases, drawn, say, world
from tests.factories import answer, imported, open_case
from tests.people import emil, erin, eve, leo

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    return world(tmp_path)


def state(case):
    """(class, state, basis) of its item."""
    row = CurrentLabel.objects.in_force().filter(item__case_items__case=case).first()
    return row and (row.label_class and row.label_class.name, row.state, row.basis)


def test_it_works(dataset):
    made = drawn(dataset, 10, seed=4)
    assert (made.name, made.n_items, made.n_drawn, made.answers_each) == ("draw 1", 40, 10, 2)
    opened = cases(dataset)
    assert len(opened) == 10 and {case.score for case in opened} == {0} and n_undrawn(dataset) == 30
    case = opened[0]
    say(case, erin(dataset), "access")
    assert (case.status, case.awaits, state(case)) == (Case.OPEN, Case.EXPERTS, None)
    say(case, emil(dataset), "access")
    assert (case.status, state(case)) == (Case.SETTLED, ("access", "labelled", "decision"))
    now = progress_of(made)
    assert (now.labelled, now.begun, now.untouched, now.waiting, now.is_over) == (1, 0, 9, 9, False)
    assert now.by_expert == [("emil", 1), ("erin", 1)] or now.by_expert == [("erin", 1), ("emil", 1)]


def test_two_who_differ_go_to_an_adjudicator(dataset):
    made, case = drawn(dataset), cases(dataset)[0]
    both_say(dataset, case, "access", "payment")
    assert (case.awaits, state(case), progress_of(made).for_adjudicator) == (Case.ADJUDICATOR, None, 1)
    say(case, leo(dataset), "payment", cause=Decision.SLIP, blind=False)
    assert state(case) == ("payment", "labelled", "adjudication")


def test_who_was_not_sure_sends_it_to_an_adjudicator(dataset):
    drawn(dataset)
    case = cases(dataset)[0]
    say(case, erin(dataset), "access", confidence="unsure")
    assert case.awaits == Case.EXPERTS
    say(case, emil(dataset), "access")
    assert case.awaits == Case.ADJUDICATOR


@pytest.mark.parametrize("outcome", ["ambiguous", "bad_input"])
def test_what_both_call_no_label_is_taken_out(dataset, outcome):
    made, case = drawn(dataset), cases(dataset)[0]
    both_say(dataset, case, outcome, outcome)
    assert state(case) == (None, outcome, "decision") and progress_of(made).taken_out == 1


def test_every_answer_wanted_is_heard_whatever_the_rules(dataset):
    """One answer is enough for the pool here, two for what is drawn; of three, two alike end nothing."""
    RoutingRules.objects.create(dataset=dataset, version=1, overlap=1, overlap_doubtful=1, most_answers=2)
    eve(dataset)
    drawn(dataset, 5)
    drawn(dataset, 5, answers_each=3)
    two, three = cases(dataset)[0], cases(dataset)[5]
    for case in (two, three):
        both_say(dataset, case, "access", "access")
    assert (two.status, three.status, three.awaits) == (Case.SETTLED, Case.OPEN, Case.EXPERTS)
    say(three, eve(dataset), "payment")
    assert three.awaits == Case.ADJUDICATOR


def test_with_nobody_left_to_ask_an_adjudicator_looks(dataset):
    drawn(dataset)
    case = cases(dataset)[0]
    Membership.objects.filter(user=emil(dataset)).update(role=Membership.LEAD)
    say(case, erin(dataset), "access")
    assert case.awaits == Case.ADJUDICATOR


def test_it_is_never_answered_but_blind(dataset):
    drawn(dataset)
    with pytest.raises(UnableToDecide, match="answered blind, from the queue"):
        decide(cases(dataset)[0], erin(dataset), answer(dataset, "access", blind=False), timezone.now())


def test_it_never_goes_to_whoever_labelled_the_item(dataset):
    drawn(dataset)
    case = cases(dataset)[0]
    item = Item.objects.get(case_items__case=case)
    mine = dataset.annotators.create(name="file", user=erin(dataset))
    Label.objects.create(item=item, annotator=mine, label_class=dataset.label_classes.first(), origin=Label.IMPORT)
    handed = {lease(dataset, erin(dataset), timezone.now()).pk}
    with pytest.raises(UnableToDecide, match="labelled an item"):
        say(case, erin(dataset), "access")
    assert case.pk not in handed


def test_they_come_mixed_in_and_the_first_drawn_first(dataset, settings):
    """A third of what is handed out while the pool has cases, then the rest in the order of the draw."""
    RoutingRules.objects.create(dataset=dataset, version=1, gold_share=0, repeat_share=0)
    drawn(dataset, 10)
    for n in range(20):
        open_case(dataset, f"i{n}", score=0.5)
    order, person = [], erin(dataset)
    while case := lease(dataset, person, timezone.now()):
        order.append(case)
        say(case, person, "access")
    kinds = [case.kind for case in order]
    assert len(order) == 30 and Case.PRODUCTION in kinds[:15] and Case.REVIEW in kinds[:15]
    mine = [case.pk for case in order if case.kind == Case.PRODUCTION]
    assert mine == [case.pk for case in cases(dataset)]
    first = next(case for case in iter(lambda: lease(dataset, emil(dataset), timezone.now()), None) if case)
    assert first.pk == mine[0]


def test_near_copies_are_one_case_that_weighs_for_all(tmp_path):
    dataset = world(tmp_path, copies=9)
    made = drawn(dataset, 40)
    assert (made.n_items, made.n_drawn) == (49, 40)
    heavy = ProductionItem.objects.filter(draw=made).order_by("-weight")[0]
    assert heavy.item.external_id in {"p1", *(f"copy{n}" for n in range(9))}
    assert heavy.weight == pytest.approx(10 * 40 / 49)


def test_by_source_each_source_is_in_it(dataset):
    made = drawn(dataset, 20, stratified="source")
    assert made.strata == [{"name": "phone", "items": 10, "drawn": 10}, {"name": "web", "items": 30, "drawn": 10}]
    weights = dict(made.drawn.values_list("stratum", "weight"))
    assert weights["web"] / weights["phone"] == pytest.approx(3)


def test_a_second_draw_takes_others(dataset):
    first, second = drawn(dataset, 25), drawn(dataset, 25)
    assert second.n_drawn == 15 and second.name == "draw 2"
    assert not set(first.drawn.values_list("item", flat=True)) & set(second.drawn.values_list("item", flat=True))
    with pytest.raises(UnableToDrawProduction, match="were not drawn before"):
        drawn(dataset)


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"n": 0}, "at least 1"), ({"answers_each": 9}, "1 to 5"), ({"answers_each": 3}, "has 2"),
     ({"stratified": "class"}, "by source")],
)  # fmt: skip
def test_what_cannot_be_drawn(dataset, asked, said):
    with pytest.raises(UnableToDrawProduction, match=said):
        drawn(dataset, **{"n": 5, **asked})
    assert not dataset.production_draws.exists()


def test_a_name_is_given_once(dataset):
    drawn(dataset, 5, name="March")
    with pytest.raises(UnableToDrawProduction, match="has a draw 'March' already"):
        drawn(dataset, 5, name="March")


def test_labelled_production_is_not_drawn(tmp_path, dataset):
    imported(tmp_path, [{"id": "t1", "text": "mine", "label": "access", "from": "web"}], split="production",
             source="from")  # fmt: skip
    assert drawn(dataset, 100).n_drawn == 40


def test_asked_again_it_stays_a_case_of_production(dataset):
    drawn(dataset)
    case = cases(dataset)[0]
    both_say(dataset, case, "access", "access")
    eve(dataset)
    again = reopen(dataset, list(case.decisions.all()[:1]), "flipped", timezone.now()).cases[0]
    assert (again.kind, again.reopens) == (Case.PRODUCTION, case)
