import json

import numpy as np
import pytest

from annotation.core.crowd.expert_skill import ExpertAnswers, below_bar, from_json, measure


def answers(*rows, n_experts=None, n_classes=2, n_sources=0):
    """Answers out of (expert, item, label, source, known) rows."""
    expert, item, label, source, known = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    return ExpertAnswers(
        expert, item, label, source, known, int(n_experts or expert.max(initial=-1) + 1), n_classes, n_sources
    )


def checked(right, n, expert=0, true=0, source=-1, first=0):
    """`n` answers of one expert to gold items of class `true`, the first `right` of them right."""
    return [(expert, first + i, true if i < right else 1 - true, source, true) for i in range(n)]


def team(seed, chance, n_items=600, per_item=2, gold=0.1):
    """(answers, shares of class and source) of experts whose chance (E, K, S) of a right answer is known."""
    rng = np.random.default_rng(seed)
    n_experts, k, s = chance.shape
    true, source = rng.integers(0, k, n_items), rng.integers(0, s, n_items)
    expert = rng.permuted(np.tile(np.arange(n_experts), (n_items, 1)), axis=1)[:, :per_item].ravel()
    item = np.repeat(np.arange(n_items), per_item)
    right = rng.random(len(item)) < chance[expert, true[item], source[item]]
    label = np.where(right, true[item], (true[item] + rng.integers(1, k, len(item))) % k)
    known = np.where(rng.random(n_items) < gold, true, -1)[item]
    return ExpertAnswers(expert, item, label, source[item], known, n_experts, k, s)


def unlike(seed, n_experts=5, k=4, s=3):
    rng = np.random.default_rng(seed)
    parts = rng.normal(1.4, 0.7, (n_experts, 1, 1)), rng.normal(0, 0.6, (n_experts, k, 1))
    return 1 / (1 + np.exp(-sum(parts) - rng.normal(0, 0.5, (n_experts, 1, s))))


def test_many_checks_give_the_share_that_was_right():
    skill = measure(answers(*checked(450, 500), *checked(450, 500, true=1, first=500)))
    found = skill.overall.interval(0)
    assert found.value == pytest.approx(0.9, abs=0.01)
    # four binomial standard errors wide: 4 · √(.9 · .1 / 1000) = .038
    assert found.high - found.low == pytest.approx(0.038, abs=0.008)
    assert found.n == 1000


def test_few_checks_are_drawn_towards_everybody():
    rows = [row for expert in range(6) for row in checked(80, 100, expert, first=100 * expert)]
    skill = measure(answers(*rows, *checked(0, 2, expert=6, first=1000), n_experts=8))
    assert skill.overall.value[:6] == pytest.approx([0.8] * 6, abs=0.02)
    assert 0.5 < skill.overall.value[6] < skill.overall.value[7] < 0.85
    assert skill.overall.n.tolist() == [100] * 6 + [2, 0]
    width = skill.overall.high - skill.overall.low
    assert min(width[6], width[7]) > 2 * width[0]


def test_what_one_is_on_a_class_and_on_a_source_is_told_apart():
    rows, first = [], 0
    for expert, weak_class, weak_source in ((0, 1, -1), (1, -1, 0), (2, -1, -1)):
        for true in (0, 1):
            for source in (0, 1):
                right = 50 if weak_class == true or weak_source == source else 90
                rows += checked(right, 100, expert, true, source, first)
                first += 100
    skill = measure(answers(*rows, n_sources=2))
    assert skill.by_class.value[0] == pytest.approx([0.9, 0.5], abs=0.03)
    assert skill.by_source.value[1] == pytest.approx([0.5, 0.9], abs=0.03)
    assert skill.by_class.n.tolist() == [[200, 200]] * 3
    assert skill.chance_right(np.eye(2), np.array([0, 0]))[0] == pytest.approx([0.9, 0.5], abs=0.04)
    # the mean over both classes
    assert skill.chance_right(np.full((1, 2), 0.5), np.array([-1]))[0] == pytest.approx([0.7], abs=0.04)


def test_nobody_looks_worse_for_being_handed_the_hard_items():
    # both are right on 9 of 10 easy and on half of the hard; one had mostly hard ones
    rows = checked(90, 100, 0) + checked(200, 400, 0, true=1, first=100)
    rows += checked(360, 400, 1, first=500) + checked(50, 100, 1, true=1, first=900)
    skill = measure(answers(*rows))
    assert skill.overall.value[0] == pytest.approx(skill.overall.value[1], abs=0.02)


def test_without_gold_the_others_say_who_errs():
    chance = np.array([0.95, 0.9, 0.9, 0.85, 0.5])[:, None, None] * np.ones((1, 3, 1))
    found = measure(team(1, chance, n_items=400, per_item=3, gold=0)).overall
    assert found.value == pytest.approx([0.95, 0.9, 0.9, 0.85, 0.5], abs=0.06)


def test_an_answer_is_no_proof_of_itself():
    alone = answers((0, 0, 1, -1, -1), (0, 1, 0, -1, -1))
    nothing = measure(answers(n_experts=1)).overall
    assert measure(alone).overall.n.tolist() == [0]
    assert measure(alone).overall.value == pytest.approx(nothing.value)
    # two who always differ: each is judged by the other alone, and neither is taken to be right
    differing = [(expert, item, expert, -1, -1) for item in range(40) for expert in (0, 1)]
    low, high = np.sort(measure(answers(*differing)).overall.value)
    assert high < 0.75 and low == pytest.approx(high, abs=0.02)


def test_limits_hold_the_true_skill_nineteen_times_in_twenty():
    inside = []
    for seed in range(8):
        chance = unlike(seed)
        skill = measure(team(seed, chance))
        for found, true in ((skill.overall, chance.mean(axis=(1, 2))), (skill.by_class, chance.mean(axis=2)),
                            (skill.by_source, chance.mean(axis=1))):  # fmt: skip
            inside += ((found.low <= true) & (true <= found.high)).ravel().tolist()
    assert 0.9 <= np.mean(inside) <= 0.99


def test_an_unknown_truth_tells_less_than_gold():
    chance = unlike(3)
    sure, unsure = (measure(team(3, chance, gold=gold)).overall for gold in (1.0, 0.0))
    assert ((unsure.high - unsure.low) > (sure.high - sure.low)).all()


def test_a_declared_field_raises_the_prior_there_and_nothing_else():
    rows = answers(*checked(8, 10, 0), *checked(8, 10, 1, first=10), n_classes=2)
    plain, declared = measure(rows), measure(rows, declared_classes=np.array([[0.0, 1.0], [0.0, 0.0]]))
    gain = declared.chance[:, :, -1] - plain.chance[:, :, -1]
    assert gain[0, 1] > 0.05
    assert np.abs(gain[[0, 1, 1], [0, 0, 1]]).max() < 0.02
    # many answers outweigh it
    many = answers(*checked(500, 1000, 0, true=1))
    assert measure(many, declared_classes=np.array([[0.0, 1.0]])).by_class.value[0, 1] == pytest.approx(0.5, abs=0.03)


def test_likelihood_is_the_chance_on_the_true_class_or_the_share_of_the_mistake():
    skill = measure(team(2, unlike(2)))
    total = sum(skill.likelihood(1, label, 2) for label in range(4))
    assert total == pytest.approx([1] * 4)
    assert skill.likelihood(1, 3, 2)[3] == skill.chance[1, 3, 2]


def test_what_is_stored_is_read_back():
    skill = measure(team(2, unlike(2)))
    again = from_json(json.loads(json.dumps(skill.as_json())))
    assert again.overall.value == pytest.approx(skill.overall.value, abs=1e-4)
    assert again.by_class.n.tolist() == skill.by_class.n.tolist()
    assert again.chance == pytest.approx(skill.chance, abs=1e-3)
    assert again.likelihood(0, 1) == pytest.approx(skill.likelihood(0, 1), abs=2e-3)


@pytest.mark.parametrize(
    "given", [answers(n_experts=0), answers(n_experts=3), answers((0, 0, 0, -1, 0), n_classes=1),
              answers((0, 0, 0, -1, 0), (1, 0, 1, -1, -1), n_sources=2)]
)  # fmt: skip
def test_next_to_nothing_is_no_error(given):
    skill = measure(given)
    assert skill.overall.value.shape == (given.n_experts,)
    assert ((skill.chance > 0) & (skill.chance < 1)).all()
    assert (skill.overall.low <= skill.overall.value).all() and (skill.overall.value <= skill.overall.high).all()


def test_the_same_answers_give_the_same_skill():
    one, other = (measure(team(5, unlike(5))).chance for _ in range(2))
    assert (one == other).all()


@pytest.mark.parametrize(
    ("right", "n", "below"),
    # P(skill < .7) by the Beta posterior: .973 for 3 of 8, .889 for 4 of 8, .999 for 55 of 100
    [(3, 8, True), (4, 8, False), (8, 8, False), (0, 3, True), (0, 0, False), (55, 100, True), (66, 100, False)],
)
def test_below_the_bar(right, n, below):
    assert below_bar(right, n, 0.7) is below


def test_the_chance_to_be_below_a_bar_is_a_half_in_the_middle_of_the_limits():
    skill = measure(answers(*checked(50, 100, 0), *checked(90, 100, 1, first=100)))
    low, high = skill.overall.low, skill.overall.high
    assert skill.chance_below(high[0])[0] == pytest.approx(0.975, abs=1e-3)
    assert skill.chance_below(low[1])[1] == pytest.approx(0.025, abs=1e-3)
    assert skill.chance_below(0.7).round(3).tolist() == [1.0, 0.0]
    assert from_json(skill.as_json()).chance_below(0.6) == pytest.approx(skill.chance_below(0.6), abs=5e-3)
