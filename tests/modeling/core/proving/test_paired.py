import numpy as np
import pytest
from scipy.stats import t as student

from modeling.core.proving.evaluation import paired_interval
from modeling.core.proving.paired import estimate, exchange_p, paired_by_group, ratio_by_group, share_by_group


def alone(n):
    return np.arange(n)


def test_single_rows_are_nearly_bonett_and_price():
    before, after = np.zeros(200, dtype=bool), np.zeros(200, dtype=bool)
    after[:9], before[9:13] = True, True
    found, peer = paired_by_group(before, after, alone(200)), paired_interval(9, 4, 200)
    assert found.value == peer.value
    assert found.low == pytest.approx(peer.low, abs=0.001) and found.high == pytest.approx(peer.high, abs=0.001)


def test_groups_by_hand():
    # two groups of two rows and two made ones, each of size 2: sums 2, 0, +2, -2 around a mean of 2/8
    values, groups = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0, 0, 1, 1])
    found = estimate(values, groups)
    residuals = (np.array([2, 0, 2, -2]) - 0.25 * 2) / (1 - 2 / 8)
    assert (found.value, found.centre, found.df, found.n_units) == (0.5, 0.25, 3.0, 2)
    assert found.se == pytest.approx((np.sum(residuals**2) * 3 / 4) ** 0.5 / 8)
    limits = found.interval(0.9)
    assert limits.high == pytest.approx(0.25 + student.ppf(0.95, 3) * found.se)


def test_copies_widen_it_and_nothing_changed_has_width():
    values = np.tile([1.0, -1.0, 0.0, 0.0, 0.0], 40)
    groups = np.repeat(alone(40), 5)
    order = np.argsort(np.tile(alone(5), 40), kind="stable")
    narrow, wide = ratio_by_group(values, alone(200)), ratio_by_group(values[order], groups)
    assert wide.high - wide.low > 1.8 * (narrow.high - narrow.low)
    still = ratio_by_group(np.zeros(50), alone(50))
    assert still.low < 0 < still.high


def test_weights_and_seeds():
    values, groups = np.array([1.0, 0.0, 0.0, -1.0]), alone(4)
    assert ratio_by_group(values, groups, np.array([3.0, 1.0, 1.0, 1.0])).value == pytest.approx(2 / 6)
    plain = estimate(np.tile(values, 50), alone(200))
    seeds = estimate(np.tile(values, 50), alone(200), between=np.array([0.0, 0.1, -0.1]))
    assert seeds.se > plain.se and seeds.df < plain.df


def test_shares_of_groups():
    right = np.repeat(np.arange(60) % 4 > 0, 5)
    single, grouped = share_by_group(right, alone(300)), share_by_group(right, np.repeat(alone(60), 5))
    assert single.value == grouped.value == 0.75
    assert grouped.high - grouped.low > 2 * (single.high - single.low)
    all_right = share_by_group(np.ones(20, dtype=bool), np.repeat(alone(4), 5))
    assert all_right.low < 0.6 and all_right.high == 1.0


def test_exchange_of_whole_groups():
    values = np.array([1.0] * 8 + [-1.0] * 2)
    assert exchange_p(values, alone(10)) == pytest.approx(0.109375)
    drawn = exchange_p(values * 0.7, alone(10), n_draws=20_000)
    assert drawn == pytest.approx(0.109375, abs=0.01), "the same test, where sums are no whole numbers"
    assert (
        exchange_p(values, np.repeat(alone(2), [8, 2])) == 1.0 or exchange_p(values, np.repeat(alone(2), [8, 2])) > 0.4
    )
    assert exchange_p(np.zeros(5), alone(5)) == 1.0


def test_it_covers_where_near_copies_change_together():
    rng, held = np.random.default_rng(3), 0
    for _ in range(300):
        sizes = rng.integers(1, 21, size=40)
        state = rng.choice([1.0, -1.0, 0.0], p=[0.1, 0.1, 0.8], size=40)
        found = ratio_by_group(np.repeat(state, sizes), np.repeat(alone(40), sizes))
        held += found.low <= 0 <= found.high
    assert held >= 279
