"""Costs as the deciding metric: lower is better, and a difference above 0 still means that after is better."""

import numpy as np
import pytest

from modeling.core.proving.proof import DECIDING, EXPECTED_COST, Losses, UnableToCompare, compare


def proof(before, after, **options):
    """Rows that cost so much before and after; the predictions themselves are all right."""
    right = np.zeros(len(before), dtype=int)
    largest = float(max(np.max(before), np.max(after)))
    losses = Losses(np.asarray(before, float), np.asarray(after, float), "EUR per 1,000 items", largest)
    return compare(right, right, right, 2, EXPECTED_COST, 1, losses=losses, **options)


def test_what_is_saved_is_above_zero_and_better():
    found = proof([5] * 60 + [0] * 340, [0] * 60 + [1] * 20 + [0] * 320)
    # (300 − 20) / 400 rows, per thousand items
    assert found.difference["metric"] == "expected_cost" and found.difference["value"] == 700
    assert found.difference["unit"] == "EUR per 1,000 items"
    assert 0 < found.difference["low_planned"] <= found.difference["low"] < 700 < found.difference["high"]
    assert found.verdict == "better"


def test_what_costs_more_is_below_zero_and_worse():
    found = proof([0] * 400, [5] * 60 + [0] * 340)
    assert found.difference["value"] == -750 and found.verdict == "worse"
    assert found.difference["high_planned"] < 0


def test_one_is_the_mirror_of_the_other():
    rng = np.random.default_rng(0)
    before, after = rng.choice([0, 1, 5], 300), rng.choice([0, 1, 5], 300)
    one, other = proof(before, after), proof(after, before)
    assert one.difference["value"] == -other.difference["value"]
    assert one.difference["low"] == pytest.approx(-other.difference["high"])


def test_the_same_costs_twice_are_not_distinguishable():
    found = proof([1, 5, 0] * 50, [1, 5, 0] * 50)
    assert (found.difference["value"], found.verdict) == (0, "not distinguishable")


def test_few_changed_rows_prove_nothing_however_much_they_save():
    found = proof([1000] * 5 + [0] * 995, [0] * 1000)
    assert found.difference["value"] == 5000
    assert found.difference["low_planned"] <= 0 and found.verdict == "not distinguishable"


def test_the_interval_is_close_to_resampling_rows():
    rng = np.random.default_rng(5)
    before, after = rng.choice([0.0, 1, 5], 400), rng.choice([0.0, 1, 2], 400)
    found = proof(before, after)
    drawn = rng.integers(400, size=(4000, 400))
    low, high = np.quantile(1000 * (before - after)[drawn].mean(axis=1), [0.025, 0.975])
    assert found.difference["low"] == pytest.approx(low, abs=30)
    assert found.difference["high"] == pytest.approx(high, abs=30)


def test_no_difference_is_seldom_taken_for_one():
    rng = np.random.default_rng(9)
    taken = 0
    for _ in range(200):
        both = rng.choice([0, 1, 5], size=(2, 150), p=[0.7, 0.2, 0.1])
        taken += proof(*both, planned_looks=1).verdict != "not distinguishable"
    assert taken <= 20


def test_accuracy_stands_beside_and_has_its_own_sign():
    """Fewer rows right, and cheaper for it."""
    truth = np.array([0] * 380 + [1] * 20)
    before, after = np.zeros(400, int), np.array([1] * 40 + [0] * 340 + [1] * 20)
    costs = np.array([[0, 1], [9, 0]])
    losses = Losses(costs[truth, before], costs[truth, after], "EUR per 1,000 items", 9.0)
    found = compare(truth, before, after, 2, EXPECTED_COST, 1, losses=losses)
    assert found.verdict == "better" and found.difference["value"] == 350
    assert found.difference["accuracy"] == pytest.approx(-0.05)
    assert compare(truth, before, after, 2, "accuracy", 1, planned_looks=1, losses=losses).verdict == "worse"


def test_without_costs_they_cannot_decide():
    one = np.zeros(3, int)
    with pytest.raises(UnableToCompare, match="Nobody has said what errors cost"):
        compare(one, one, one, 2, EXPECTED_COST, 1)
    assert EXPECTED_COST in DECIDING
