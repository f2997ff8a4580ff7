import numpy as np
import pytest

from annotation.core.intervals import Interval, wilson
from modeling.core.proving.evaluation import paired_interval
from modeling.core.telling.overconfidence import (
    Limit,
    confidence_limit,
    confidently_wrong,
    confidently_wrong_change,
    memory,
)


def test_the_limit_by_hand():
    # drawn towards ½: (18 + 2) / (96 + 4) = .2 ; two classes: e = (1 − √(1 − .4)) / 2 = .1127
    assert confidence_limit(wilson(18, 96), 0.7, 2).value == pytest.approx(0.5 + 0.6**0.5 / 2)
    # three classes: 1 − (1 − e)² − e²/2 = .2 has e = (1 − √(1 − .3)) / 1.5
    found = confidence_limit(wilson(18, 96), 0.7, 3).value
    wrong = 1 - found
    assert 1 - (1 - wrong) ** 2 - wrong**2 / 2 == pytest.approx(0.2)


def test_the_limit_is_what_labels_drawn_at_that_rate_are_right_at():
    random, n, classes, rate = np.random.default_rng(0), 200_000, 4, 0.15
    truth = random.integers(0, classes, n)
    given = [(truth + np.where(random.random(n) < rate, random.integers(1, classes, n), 0)) % classes for _ in range(2)]
    limit = confidence_limit(wilson(int((given[0] != given[1]).sum()), n), 0.5, classes)
    assert limit.value == pytest.approx(1 - rate, abs=0.003)


def test_no_answers_and_endless_disagreement():
    assert confidence_limit(wilson(0, 0), 0.5, 2).value == 0.9
    assert confidence_limit(wilson(0, 10), 0.5, 2).value < 0.95 < confidence_limit(wilson(0, 1000), 0.5, 2).value
    assert confidence_limit(wilson(100, 100), 0.4, 2).value == 0.5
    assert confidence_limit(wilson(100, 100), 0.1, 4).value == pytest.approx(0.25)


def test_labels_a_model_gives_unseen_are_no_accident():
    found = confidence_limit(wilson(27, 27), 0.88, 2)
    assert (found.value, found.basis) == (0.88, "accuracy")
    assert confidence_limit(wilson(18, 96), 0.88, 2).basis == "disagreement"
    assert confidence_limit(wilson(0, 0), 0.95, 2).value == 0.95


def test_rows_surer_than_that_of_another_class():
    probabilities = np.array([[0.95, 0.05], [0.97, 0.03], [0.2, 0.8], [0.01, 0.99], [0.9, 0.1]])
    truth = np.array([1, 1, 0, 1, 0])
    contested = np.array([True, True, False, False, False])
    found = confidently_wrong(truth, probabilities, contested, Limit(0.9, Interval(0.1, 0, 1, 10), 0.8, "disagreement"))
    assert found.rows.tolist() == [1, 0]
    assert (found.wrong.value, found.wrong.n) == (0.4, 5)
    assert (found.contested_wrong.value, found.calm_wrong.value) == (1.0, 0.0)
    # .9 itself is allowed
    assert found.contested_sure.value == 1 and found.calm_sure.value == pytest.approx(1 / 3)


def test_memory_by_hand():
    # of five wrong labels four come back from the rows themselves, one of them unseen too
    old, new = np.zeros(5, dtype=int), np.array([1, 1, 2, 1, 1])
    found = memory(old, new, np.array([0, 0, 0, 0, 1]), np.array([0, 1, 1, 2, 1]))
    assert (found.fitted.value, found.held_out.value, found.corrected_share.value) == (0.8, 0.2, 0.2)
    assert found.by_heart.value == pytest.approx(0.6) and found.by_heart.n == 5


def test_nothing_was_corrected():
    none = np.zeros(0, dtype=int)
    found = memory(none, none, none, none)
    assert found.fitted.n == 0 and np.isnan(found.by_heart.value)


def sure_of(codes, confidence, n_classes=3):
    """Probabilities whose likeliest class is `codes` with that confidence."""
    found = np.full((len(codes), n_classes), (1 - confidence)[:, None] / (n_classes - 1))
    found[np.arange(len(codes)), codes] = confidence
    return found


def test_surely_wrong_before_and_after_by_hand():
    truth, right = np.zeros(100, dtype=int), np.arange(100)
    # of 100 rows 20 are wrong before, 12 of them surely; after 10 are, 4 of them surely, all of those before too
    was = sure_of((right < 20).astype(int), np.where(right < 12, 0.95, 0.8))
    now = sure_of((right < 10).astype(int), np.where(right < 4, 0.95, 0.8))
    found = confidently_wrong_change(truth, was, now, right)
    whole = found["all"]
    assert (whole["before"]["value"], whole["after"]["value"], whole["rows"]) == (0.12, 0.04, 100)
    assert whole["change"]["value"] == pytest.approx(-0.08) and whole["change"]["high"] < 0
    plain = paired_interval(0, 8, 100)
    assert whole["change"]["low"] == pytest.approx(plain.low, abs=0.01)
    assert found["above"] == 0.9 and found["contested"] is None
    assert confidently_wrong_change(truth, was, now, right, above=0.5)["all"]["before"]["value"] == 0.2


def test_surely_wrong_goes_by_group_and_says_contested_apart():
    truth, group = np.tile([0, 0, 0, 1], 30), np.arange(120) // 4
    wrong = np.repeat(np.arange(30) < 6, 4)
    was, now = sure_of(np.where(wrong, 2, truth), np.full(120, 0.95)), sure_of(truth, np.full(120, 0.95))
    found = confidently_wrong_change(truth, was, now, group)
    assert found["all"]["before"]["n"] == 30 == found["contested"]["before"]["n"]
    assert found["contested"] == found["all"], "every group carries two labels"
    alone = confidently_wrong_change(truth, was, now, np.arange(120))
    width = {name: one["all"]["change"]["high"] - one["all"]["change"]["low"] for name, one in
             (("groups", found), ("rows", alone))}  # fmt: skip
    assert width["groups"] > 1.5 * width["rows"] and alone["contested"] is None
    marked = confidently_wrong_change(truth, was, now, np.arange(120), contested=np.arange(120) < 12)
    assert (marked["contested"]["rows"], marked["contested"]["before"]["value"]) == (12, 1.0)
    heavy = confidently_wrong_change(truth, was, now, group, weights=np.where(wrong, 3.0, 1.0))
    assert heavy["all"]["before"]["value"] == pytest.approx(18 / 42)
