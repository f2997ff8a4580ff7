import numpy as np
import pytest

from modeling.core.proving.evaluation import log_loss
from modeling.core.telling.reliability import (
    cooled,
    equal_mass,
    fit_temperature,
    pivotal,
    reliability,
    temperature_scaled,
)


def two(confidence, right):
    """truth (n,) and probabilities (n, 2): class 0 is predicted with this confidence."""
    confidence = np.asarray(confidence, dtype=float)
    return np.where(right, 0, 1), np.column_stack([confidence, 1 - confidence])


def drawn(n, temperature, n_classes=3, seed=0):
    """Labels drawn from probabilities, and those probabilities made surer by a temperature below 1."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 2, (n, n_classes))
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (random.random(n)[:, None] > true.cumsum(axis=1)).sum(axis=1)
    sharp = np.exp(logits / temperature)
    return truth, sharp / sharp.sum(axis=1, keepdims=True)


def test_two_bins_by_hand():
    # 20 rows at .6 of which 12 are right, 20 at .9 of which 14 are: |12 − 12| + |14 − 18| of 40
    truth, probabilities = two([0.6] * 20 + [0.9] * 20, [True] * 12 + [False] * 8 + [True] * 14 + [False] * 6)
    found = reliability(truth, probabilities)
    assert [one.right.n for one in found.bins] == [20, 20]
    assert [one.right.value for one in found.bins] == [0.6, 0.7]
    assert found.error.value == pytest.approx(0.1) and found.error.low <= 0.1 <= found.error.high
    assert found.gap.value == pytest.approx(0.1) and found.n == 40
    assert found.loss == pytest.approx(log_loss(truth, probabilities))
    # a bin of 20 rows at .9 shows 14 or fewer once in 400 times; the two together show .1 about once in eight
    assert 0.02 < found.by_chance < 0.1 and 0.03 < found.p < 0.3


def test_a_calibrated_model_shows_what_chance_explains():
    errors = [reliability(*drawn(2000, 1.0, seed=seed)) for seed in range(20)]
    assert sum(one.p < 0.05 for one in errors) <= 3
    assert np.mean([one.error.value / one.by_chance for one in errors]) == pytest.approx(1, abs=0.15)


def test_the_interval_of_a_real_error_covers_it():
    big = reliability(*drawn(200_000, 0.5)).error.value
    found = [reliability(*drawn(2000, 0.5, seed=seed)).error for seed in range(1, 41)]
    assert sum(one.low <= big <= one.high for one in found) >= 34
    calibrated = [reliability(*drawn(2000, 1.0, seed=seed)).error for seed in range(1, 41)]
    assert sum(one.low < 0.003 for one in calibrated) >= 36


def test_equal_confidences_share_a_bin():
    assert equal_mass(np.array([1.0, 1.0, 1.0, 0.5]), 4).tolist() == [1, 1, 1, 0]
    assert equal_mass(np.ones(7), 5).tolist() == [0] * 7
    assert np.bincount(equal_mass(np.arange(100.0), 10)).tolist() == [10] * 10


def test_one_row_and_certainty():
    found = reliability(np.array([0]), np.array([[1.0, 0.0]]))
    assert found.error.value == 0 and found.p == 1 and len(found.bins) == 1


def test_the_temperature_that_was_put_in_comes_out():
    truth, probabilities = drawn(20_000, 0.5)
    assert fit_temperature(truth, np.log(probabilities)) == pytest.approx(2.0, rel=0.05)
    flat = drawn(20_000, 2.0)
    assert fit_temperature(flat[0], np.log(flat[1])) == pytest.approx(0.5, rel=0.05)


def test_the_temperature_is_the_least_loss_on_a_grid():
    truth, probabilities = drawn(500, 0.7, seed=3)
    grid = np.linspace(0.3, 4, 2000)
    losses = [log_loss(truth, cooled(probabilities, one)) for one in grid]
    assert fit_temperature(truth, np.log(probabilities)) == pytest.approx(grid[np.argmin(losses)], abs=0.01)


def test_rows_that_are_all_right_take_the_coldest_temperature():
    truth, probabilities = two([0.8] * 30, [True] * 30)
    assert fit_temperature(truth, np.log(probabilities)) == pytest.approx(0.05)


def test_cooled_by_hand():
    # .8² : .2² = .64 : .04
    assert cooled(np.array([[0.8, 0.2]]), 0.5)[0] == pytest.approx([0.64 / 0.68, 0.04 / 0.68])
    assert cooled(np.array([[1.0, 0.0]]), 2.0)[0] == pytest.approx([1.0, 0.0], abs=1e-5)


def test_scaling_is_fitted_without_the_row_it_scales():
    truth, probabilities = drawn(1000, 0.5)
    found = temperature_scaled(truth, probabilities, np.arange(1000))
    assert found.least <= found.temperature <= found.most and found.least < found.most
    assert (found.probabilities.argmax(axis=1) == probabilities.argmax(axis=1)).all()
    assert reliability(truth, found.probabilities).error.value < reliability(truth, probabilities).error.value / 2
    again = temperature_scaled(truth, probabilities, np.arange(1000))
    assert (again.probabilities == found.probabilities).all()


def test_one_group_is_not_scaled():
    truth, probabilities = drawn(40, 0.5)
    found = temperature_scaled(truth, probabilities, np.zeros(40, dtype=int))
    assert np.allclose(found.probabilities, probabilities, atol=1e-6)


def test_a_pivotal_interval_by_hand():
    # resamples from 3 to 5 around a value of 2: the value is 2 too large as likely as not
    resampled = np.linspace(3.0, 5.0, 1001)
    found = pivotal(2.0, resampled, 50)
    assert (found.low, found.high) == (0.0, 2.0)
    # around a value of 4 they reach as far up as down
    found = pivotal(4.0, resampled, 50)
    assert (found.low, found.high) == (pytest.approx(3.05), pytest.approx(4.95))
