"""Two labels × two settings by hand, and the intervals around what each gained."""

import numpy as np
import pytest
from scipy.stats import t as student

from modeling.core.proving.attribution import attribute


def fits(old, tuned, fixed, both, n=100, seeds=1):
    """Fits that predict the first so many of n rows rightly, by old and new labels and old and new settings."""
    of = [np.arange(n) < right for right in (old, tuned, fixed, both)]
    return np.repeat(np.array(of).reshape(2, 2, 1, n), seeds, axis=2)


def test_both_orders_count_alike():
    # labels first 60 → 80, second 70 → 84; settings first 60 → 70, second 80 → 84
    found = attribute(fits(60, 70, 80, 84), np.arange(100))
    values = {name: one["value"] for name, one in found.gains().items()}
    assert values == pytest.approx({
        "whole": 0.24, "labels": 0.17, "settings": 0.07, "interaction": -0.06, "over": 0.1, "labels_first": 0.2,
        "labels_second": 0.14, "settings_first": 0.1, "settings_second": 0.04,
    })  # fmt: skip
    assert values["labels"] + values["settings"] == pytest.approx(values["whole"])
    assert [cell.value for side in found.cells for cell in side] == pytest.approx([0.6, 0.7, 0.8, 0.84])


def test_the_interval_is_that_of_a_mean_over_rows_with_two_more():
    found = attribute(fits(60, 60, 80, 80), np.arange(100)).labels
    # 20 rows gained, none lost; one made row gained and one lost: 21 of 102 up, 1 down
    mean, n = 20 / 102, 102
    deviations = np.concatenate([np.ones(21), -np.ones(1), np.zeros(80)]) - mean
    se = ((deviations / (1 - 1 / n)) ** 2).sum() ** 0.5 * ((n - 1) / n) ** 0.5 / n
    half = student.ppf(0.975, 101) * se
    assert (found.value, found.low, found.high) == pytest.approx((0.2, mean - half, mean + half))
    assert found.n == 100


def test_no_flip_is_no_certainty():
    found = attribute(fits(60, 60, 60, 60), np.arange(100))
    assert found.labels.value == 0 and found.labels.low < 0 < found.labels.high
    assert found.interaction.high - found.interaction.low > found.labels.high - found.labels.low


def test_near_copies_are_one_unit():
    right = fits(60, 62, 80, 81)
    alone, grouped = attribute(right, np.arange(100)), attribute(right, np.arange(100) // 5)
    assert (alone.labels.n, grouped.labels.n) == (100, 20)
    assert grouped.labels.high - grouped.labels.low > 1.5 * (alone.labels.high - alone.labels.low)


def test_weights_count_rows_as_often_as_they_stand_for_others():
    right = fits(10, 10, 10, 20, n=40)
    weights = np.where(np.arange(40) < 20, 3.0, 1.0)
    assert attribute(right, np.arange(40), weights).whole.value == pytest.approx(10 * 3 / 80)


def test_the_spread_between_seeds_widens_the_interval():
    same = attribute(fits(120, 128, 160, 164, n=200, seeds=3), np.arange(200))
    apart = fits(120, 128, 160, 164, n=200, seeds=3)
    for seed, lost in enumerate((20, 0, 0)):
        apart[1, :, seed, 150 - lost : 150] = False
    spread = attribute(apart, np.arange(200))
    assert spread.labels.value < same.labels.value
    assert spread.labels.high - spread.labels.low > 2 * (same.labels.high - same.labels.low)
    one = attribute(fits(120, 128, 160, 164, n=200), np.arange(200))
    assert same.labels == one.labels


def test_accuracies_of_several_seeds_stay_shares():
    cells = attribute(fits(100, 100, 100, 100, seeds=2), np.arange(100)).cells
    assert cells[0][0].value == 1.0 and 0.9 < cells[0][0].low < cells[0][0].high == 1.0
