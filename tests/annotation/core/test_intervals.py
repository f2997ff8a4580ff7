import math

import numpy as np
import pytest

from annotation.core.intervals import bootstrap_interval, multinomial_bootstrap, wilson


def test_wilson_half_of_ten():
    # z² = 3.8415: centre (.5 + .19207) / 1.38415 = .5, half width 1.95996 / 1.38415 * sqrt(.025 + .0096037) = .26341
    interval = wilson(5, 10)
    assert interval.value == 0.5
    assert interval.low == pytest.approx(0.23659, abs=1e-5)
    assert interval.high == pytest.approx(0.76341, abs=1e-5)
    assert interval.n == 10


def test_wilson_at_the_edges():
    none, all_ = wilson(0, 10), wilson(10, 10)
    # z² / (n + z²) = 3.8415 / 13.8415
    assert (none.value, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx(0.27753, abs=1e-5)
    assert (all_.value, all_.high) == (1.0, 1.0)
    assert all_.low == pytest.approx(1 - 0.27753, abs=1e-5)


def test_wilson_without_units_knows_nothing():
    interval = wilson(0, 0)
    assert math.isnan(interval.value)
    assert (interval.low, interval.high, interval.n) == (0.0, 1.0, 0)


def test_wilson_widens_with_the_level():
    assert wilson(30, 100, level=0.99).low < wilson(30, 100).low < wilson(30, 100, level=0.8).low


def test_resamples_keep_the_number_of_units():
    resampled = multinomial_bootstrap(np.array([3, 0, 7]), 500, seed=1)
    assert resampled.shape == (500, 3)
    assert (resampled.sum(axis=1) == 10).all()
    assert (resampled[:, 1] == 0).all()
    assert np.array_equal(resampled, multinomial_bootstrap(np.array([3, 0, 7]), 500, seed=1))
    assert not np.array_equal(resampled, multinomial_bootstrap(np.array([3, 0, 7]), 500, seed=2))


def test_resampling_nothing_gives_nothing():
    assert multinomial_bootstrap(np.array([0, 0]), 4, seed=0).tolist() == [[0, 0]] * 4
    assert multinomial_bootstrap(np.array([], dtype=int), 4, seed=0).shape == (4, 0)


def test_bootstrap_of_a_share_agrees_with_its_standard_error():
    interval = bootstrap_interval(lambda rows: rows[:, 0] / rows.sum(axis=1), np.array([400, 600]), n_resamples=4000)
    # sqrt(.4 * .6 / 1000) = .01549, times 1.96 = .0304
    assert interval.value == 0.4
    assert interval.low == pytest.approx(0.4 - 0.0304, abs=0.003)
    assert interval.high == pytest.approx(0.4 + 0.0304, abs=0.003)
    assert interval.n == 1000


def test_bootstrap_in_blocks_is_the_bootstrap_at_once(monkeypatch):
    counts = np.array([5, 9, 2])
    at_once = bootstrap_interval(lambda rows: rows[:, 0] / rows.sum(axis=1), counts, n_resamples=101)
    monkeypatch.setattr("annotation.core.intervals._BLOCK", 30)
    assert bootstrap_interval(lambda rows: rows[:, 0] / rows.sum(axis=1), counts, n_resamples=101) == at_once


def test_bootstrap_leaves_undefined_resamples_out():
    def odds(rows):
        return np.divide(rows[:, 0], rows[:, 1], out=np.full(len(rows), np.nan), where=rows[:, 1] > 0)

    interval = bootstrap_interval(odds, np.array([2, 1]))
    assert interval.value == 2.0
    assert interval.low == 0.0
    assert interval.high == 2.0
    assert math.isnan(bootstrap_interval(odds, np.array([2, 0])).low)
