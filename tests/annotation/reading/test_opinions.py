import numpy as np
import pytest
from django.utils import timezone

from annotation.actions.queue.decide import decide
from annotation.core.order.learned_order import learn, predicted_chance
from annotation.core.order.prior_evidence import Factor, PriorEvidence, with_opinions
from annotation.models import Decision, Opinion, OpinionRound, OpinionSwitch
from annotation.reading.learned_order import learn_from_decisions, prior_evidence_of
from annotation.reading.opinions import measured_skill, opinion_on, opinions_in_use
from tests.annotation.actions.fake_detectors import Says, detect, use
from tests.factories import answer, apart, imported, open_case
from tests.people import erin, leo

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    rows = [{"id": f"s{n}", "text": apart("word", n), "label": ("access", "payment")[n % 2]} for n in range(16)]
    return imported(tmp_path, rows)


def switch(dataset, on=True):
    OpinionSwitch.objects.create(dataset=dataset, on=on, host="llm")


def says(dataset, by_item, model="m1"):
    asked = OpinionRound.objects.create(
        dataset=dataset, host="llm", model=model, n_cases=9, n_known=0, calls=9, tokens=9
    )
    for name, label in by_item.items():
        item = dataset.items.get(external_id=name)
        Opinion.objects.create(round=asked, item=item, label_class=dataset.label_classes.get(name=label))


def decided(dataset, name, label, **more):
    return decide(open_case(dataset, name), erin(dataset), answer(dataset, label, **more), timezone.now(), learn=False)


def test_it_is_judged_by_blind_decisions_that_stand_and_settled(dataset):
    switch(dataset)
    says(dataset, {"s1": "access", "s2": "access", "s3": "payment", "s4": "payment", "s5": "access"})
    decided(dataset, "s1", "access")
    decided(dataset, "s2", "payment")
    decided(dataset, "s3", "payment", blind=False)
    Decision.objects.filter(pk=decided(dataset, "s4", "payment").pk).update(blind=False)
    case = decided(dataset, "s5", "access").case
    case.status = "open"
    case.save()
    skill = measured_skill(dataset)
    assert (skill.right.n, skill.right.value) == (2, 0.5) and skill.confused == (("access", "payment", 1),)


def test_only_the_model_asked_last_and_its_latest_word_count(dataset):
    switch(dataset)
    says(dataset, {"s1": "access"}, model="old")
    says(dataset, {"s2": "access"})
    says(dataset, {"s2": "payment"})
    assert {item: one.label for item, one in opinions_in_use(dataset).items()} == {
        dataset.items.get(external_id="s2").pk: "payment"
    }


def test_off_by_the_lead_or_below_chance_it_says_nothing(dataset):
    item = dataset.items.get(external_id="s1")
    says(dataset, {f"s{n}": ("access", "payment")[n % 2] for n in range(16)})
    assert opinions_in_use(dataset) == {} and opinion_on(dataset, item) is None
    switch(dataset)
    assert opinion_on(dataset, item).label == "payment"
    for n in range(8, 16):
        decided(dataset, f"s{n}", ("payment", "access")[n % 2])
    assert measured_skill(dataset).is_below_chance and opinion_on(dataset, item) is None
    switch(dataset, on=False)
    assert opinions_in_use(dataset) == {}


# the order


def evidence(n, labels):
    given = Factor(np.arange(n), np.array(labels), ("access", "payment"))
    return PriorEvidence(np.arange(100, 100 + n), np.full(n, 0.3), {}, {"class": given})


def test_a_difference_counts_as_far_as_decisions_bear_it_out():
    n = 60
    prior = evidence(n, [0] * n)
    said = {100 + at: ("payment" if at % 2 else "access") for at in range(n)}
    told = with_opinions(prior, said)
    assert told.factors["opinion"].names == ("agrees", "differs")
    # before any decision it moves nothing
    assert np.array_equal(predicted_chance(learn(told, np.zeros(0, bool)), told), prior.score)
    wrong = np.arange(n) % 2 == 1
    chance = predicted_chance(learn(told, wrong), told)
    assert chance[1] > chance[0] + 0.2
    tossed = np.random.default_rng(0).random(n) < 0.3
    level = predicted_chance(learn(told, tossed), told)
    assert abs(level[1] - level[0]) < abs(chance[1] - chance[0]) / 2


def test_items_without_a_label_or_elsewhere_are_left_out():
    prior = PriorEvidence(
        np.array([1, 2, 3]), np.ones(3) / 2, {}, {"class": Factor(np.array([0]), np.array([1]), ("a", "b"))}
    )
    told = with_opinions(prior, {1: "b", 2: "a", 9: "a"}).factors["opinion"]
    assert (told.items.tolist(), told.levels.tolist()) == ([0], [0])
    assert len(with_opinions(prior, {}).factors["opinion"].items) == 0


def test_the_order_learns_from_opinions_only_while_they_count(dataset, monkeypatch):
    use(monkeypatch, says=Says({"word": 0.5}))
    detection = detect(dataset)
    prior = prior_evidence_of(detection)
    says(dataset, {"s1": "access"})
    decided_one = dataset.cases.open().get(case_items__item__external_id="s2")
    decide(decided_one, leo(dataset), answer(dataset, "access"), timezone.now(), learn=False)
    assert "opinion" not in learn_from_decisions(dataset, prior).prior.factors
    switch(dataset)
    assert "opinion" in learn_from_decisions(dataset, prior).prior.factors
