"""Money by hand: matrices, the cheapest class, thresholds, intervals."""

import numpy as np
import pytest

from modeling.core.proving.costs import (
    CHEAPEST,
    CHOSEN,
    CONSTANT,
    LIKELIEST,
    UnableToPrice,
    cheapest,
    cost_matrix,
    losses,
    money_on,
    per_thousand,
    price,
)
from modeling.core.proving.thresholds import NEVER, by_theory, choose_threshold, more_costly_to_miss

# A good customer refused costs 1, a bad one accepted 5.
CREDIT = cost_matrix(["good", "bad"], 1, [("bad", "good", 5)])


def test_a_matrix_has_the_default_off_its_diagonal_and_the_pairs_where_they_belong():
    assert CREDIT.tolist() == [[0, 1], [5, 0]]
    three = cost_matrix(["a", "b", "c"], 2, [("a", "c", 7), ("b", "b", 0.5)])
    assert three.tolist() == [[0, 2, 7], [2, 0.5, 2], [2, 2, 0]]


@pytest.mark.parametrize(
    ("classes", "default", "pairs", "sentence"),
    [
        (["a"], 1, [], "need at least two classes"),
        (["a", "b"], -1, [], "Any error cannot cost -1; give a number from 0 to 1e+12."),
        (["a", "b"], 1e308, [], "Any error cannot cost 1e+308; give a number from 0 to 1e+12."),
        (["a", "b"], float("nan"), [], "Any error cannot cost nan"),
        (["a", "b"], 1, [("a", "b", float("inf"))], "'a' predicted as 'b' cannot cost inf"),
        (["a", "b"], 1, [("a", "c", 1)], "'c' is none of the classes: a, b."),
        (["a", "b"], 1, [("a", "b", 1), ("a", "b", 2)], "'a' predicted as 'b' is given twice"),
        (["a", "b"], 0, [], "Every prediction would cost the same"),
        (["a", "b"], 1, [("a", "a", 3)], "'a' predicted correctly would cost more than 'a' predicted as 'b'"),
    ],
)
def test_costs_that_make_no_sense_are_a_sentence(classes, default, pairs, sentence):
    with pytest.raises(UnableToPrice) as refused:
        cost_matrix(classes, default, pairs)
    assert sentence in str(refused.value)


def test_the_cheapest_class_is_the_one_of_least_expected_cost():
    # accepting costs 5 p(bad), refusing costs p(good): refuse from p(bad) = 1/6 on
    probabilities = np.array([[0.9, 0.1], [0.84, 0.16], [0.83, 0.17], [0.2, 0.8]])
    assert cheapest(probabilities, CREDIT).tolist() == [0, 0, 1, 1]
    assert by_theory(CREDIT, 1) == pytest.approx(1 / 6)


def test_where_every_error_costs_the_same_the_cheapest_class_is_the_likeliest():
    probabilities = np.random.default_rng(0).dirichlet(np.ones(5), 500)
    even = cost_matrix(list("abcde"), 3)
    assert np.array_equal(cheapest(probabilities, even), probabilities.argmax(axis=1))
    assert cheapest(np.full((1, 5), 0.2), even).tolist() == [0]


def test_money_is_the_mean_cost_of_a_thousand_items_and_the_sum_of_all():
    truth, predicted = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    assert losses(truth, predicted, CREDIT).tolist() == [0, 1, 5, 0]
    found = money_on(truth, predicted, CREDIT)
    assert (found.per_thousand.value, found.total.value, found.accuracy.value, found.n) == (1500, 6, 0.5, 4)
    assert found.per_thousand.low <= 1500 <= found.per_thousand.high


def test_rows_that_err_together_make_a_wider_interval():
    loss = np.repeat([0.0, 1.0], 100)
    alone = per_thousand(loss, np.arange(200))
    together = per_thousand(loss, np.arange(200) // 10)
    assert alone.value == together.value == 500
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_the_interval_covers_what_is_true():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        drawn = rng.choice([0.0, 1.0, 5.0], size=300, p=[0.8, 0.15, 0.05])
        interval = per_thousand(drawn, np.arange(300), n_resamples=500)
        covered += interval.low <= 400 <= interval.high
    assert covered >= 180


def test_no_cost_seen_is_no_zero_proven():
    assert per_thousand(np.zeros(10), np.arange(10)).high == 0
    found = money_on(np.zeros(100, int), np.zeros(100, int), CREDIT)
    # Wilson's upper limit of 0 in 100 is 3.70 %, and the dearest error costs 5.
    assert found.per_thousand.value == found.total.low == 0
    assert found.per_thousand.high == pytest.approx(5 * 36.99, abs=0.1)
    assert found.total.high == pytest.approx(5 * 3.699, abs=0.01)


def chances(n, seed=0):
    """p (n,) of a class that is there with just that chance, and whether it is."""
    rng = np.random.default_rng(seed)
    p = rng.beta(1, 2, n)
    return p, rng.random(n) < p


def test_a_threshold_chosen_on_true_chances_is_that_of_the_theory():
    p, there = chances(40_000)
    found, _ = choose_threshold(p, there, CREDIT, 1, np.arange(len(p)))
    assert found.chosen.value == pytest.approx(1 / 6, abs=0.04)
    assert found.chosen.low <= 1 / 6 + 0.02 and found.chosen.high >= 1 / 6 - 0.02
    assert found.applied(np.array([found.chosen.value, found.chosen.value - 1e-9])).tolist() == [1, 0]


def test_the_curve_is_the_cost_of_every_threshold():
    p, there = chances(300)
    found, _ = choose_threshold(p, there, CREDIT, 1, np.arange(300))
    for threshold, cost in zip(found.tried, found.cost, strict=True):
        predicted = (p >= threshold).astype(int)
        assert cost == pytest.approx(losses(there.astype(int), predicted, CREDIT).mean())
    assert found.cost.min() == found.cost[found.tried == found.chosen.value]


def test_the_positive_class_may_be_the_first():
    costs = CREDIT[::-1, ::-1]
    assert (more_costly_to_miss(CREDIT), more_costly_to_miss(costs)) == (1, 0)
    p, there = chances(300)
    one, crossed = choose_threshold(p, there, CREDIT, 1, np.arange(300))
    other, mirrored = choose_threshold(p, there, costs, 0, np.arange(300))
    assert one.chosen == other.chosen and np.array_equal(crossed, 1 - mirrored)


def test_a_class_nobody_should_predict_gets_a_threshold_no_probability_reaches():
    p = np.full(50, 0.9)
    found, crossed = choose_threshold(p, np.zeros(50, bool), CREDIT, 1, np.arange(50))
    assert found.chosen.value == NEVER and not crossed.any()


def test_cross_fitting_is_by_whole_groups_and_exposes_a_lucky_threshold():
    """Probabilities that mean nothing: the threshold fits its own rows, and other groups pay for it."""
    rng = np.random.default_rng(3)
    groups = np.arange(120) // 3
    p, there = np.repeat(rng.random(40), 3), np.repeat(rng.random(40) < 0.5, 3)
    even = cost_matrix(["a", "b"], 1)
    found, crossed = choose_threshold(p, there, even, 1, groups)
    fitted = losses(there.astype(int), found.applied(p), even).mean()
    honest = losses(there.astype(int), crossed, even).mean()
    assert fitted < 0.5 <= honest + 0.1 and honest > fitted
    for group in range(40):
        assert len(set(crossed[groups == group])) == 1


def test_a_run_is_priced_by_every_rule_side_by_side():
    p, there = chances(2_000)
    probabilities, truth = np.column_stack([1 - p, p]), there.astype(int)
    sure = np.column_stack([1 - there, there]).astype(float)
    report = price(truth, probabilities, sure, CREDIT, np.arange(2_000))
    by = {one.rule: one for one in report.rules}
    assert list(by) == [LIKELIEST, CHEAPEST, CHOSEN, CONSTANT]
    assert by[LIKELIEST].train.per_thousand.value == 0 and by[LIKELIEST].saved.value == 0
    saved = by[CHEAPEST].saved
    gap = by[LIKELIEST].validation.per_thousand.value - by[CHEAPEST].validation.per_thousand.value
    assert saved.value == pytest.approx(gap) and saved.low > 0
    assert by[CHEAPEST].validation.accuracy.value < by[LIKELIEST].validation.accuracy.value
    assert by[CHOSEN].validation.per_thousand.value == pytest.approx(
        by[CHEAPEST].validation.per_thousand.value, rel=0.1
    )
    share = there.mean()
    assert by[CONSTANT].validation.per_thousand.value == pytest.approx(1000 * min(5 * share, 1 - share))


def test_more_than_two_classes_have_no_threshold():
    rng = np.random.default_rng(0)
    probabilities, truth = rng.dirichlet(np.ones(3), 60), rng.integers(3, size=60)
    report = price(truth, probabilities, probabilities, cost_matrix(list("abc"), 1), np.arange(60))
    assert report.threshold is None and [one.rule for one in report.rules] == [LIKELIEST, CHEAPEST, CONSTANT]
    assert report.rules[0].validation == report.rules[1].validation


def test_the_same_twice():
    p, there = chances(200)
    probabilities = np.column_stack([1 - p, p])
    one, other = (price(there.astype(int), probabilities, probabilities, CREDIT, np.arange(200)) for _ in range(2))
    assert one.rules == other.rules and one.threshold.chosen == other.threshold.chosen
