import numpy as np
import pytest

from annotation.core.intervals import Interval, wilson
from modeling.core.telling.overconfidence import Limit, confidence_limit, confidently_wrong, memory


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
