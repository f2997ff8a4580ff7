import numpy as np
import pytest

from annotation.core.order.allocation import allocate
from annotation.core.order.production_draw import LEAST_DRAWN, draw_units, effective_rows


def alone(n):
    return np.arange(n), np.zeros(n, dtype=np.int64)


def test_at_random_every_item_weighs_alike():
    drawn = draw_units(*alone(500), 100, seed=1)
    assert len(set(drawn.chosen.tolist())) == 100 and (drawn.weight == 1).all()
    assert drawn.chosen.tolist() != sorted(drawn.chosen.tolist())
    assert (drawn.items.tolist(), drawn.drawn.tolist()) == ([500], [100])
    assert (draw_units(*alone(500), 100, seed=1).chosen == drawn.chosen).all()
    assert set(draw_units(*alone(500), 100, seed=2).chosen) != set(drawn.chosen)


def test_near_copies_are_drawn_once_and_stand_for_all():
    group = np.array([0] * 90 + list(range(1, 11)))
    drawn = draw_units(group, np.zeros(100, dtype=np.int64), 11, seed=0)
    assert sorted(group[drawn.chosen]) == list(range(11))
    assert drawn.weight[group[drawn.chosen] == 0] == pytest.approx(90 * 11 / 100)
    assert drawn.weight.mean() == pytest.approx(1)
    assert effective_rows(drawn.weight) < 2


def test_a_small_source_is_asked_about_and_weighs_less():
    stratum = np.array([0] * 980 + [1] * 20)
    drawn = draw_units(np.arange(1000), stratum, 100, seed=3)
    assert drawn.drawn.tolist() == [100 - LEAST_DRAWN, LEAST_DRAWN]
    small, large = drawn.weight[drawn.stratum == 1], drawn.weight[drawn.stratum == 0]
    assert small[0] / large[0] == pytest.approx((20 / 10) / (980 / 90))


def test_what_the_weights_give_is_unbiased():
    """The share of a property that goes with copies and with the source, over many draws."""
    rng = np.random.default_rng(0)
    group = np.concatenate([np.repeat(np.arange(60), 5), np.arange(60, 360)])
    stratum = np.where(group < 90, 1, 0)
    truth = (group % 3 == 0) | (stratum == 1) & (rng.random(600) < 0.0)
    found = []
    for seed in range(400):
        drawn = draw_units(group, stratum, 80, seed)
        found.append(float((drawn.weight * truth[drawn.chosen]).sum() / drawn.weight.sum()))
    assert abs(np.mean(found) - truth.mean()) < 3 * np.std(found) / 20 + 0.005


def test_more_than_there_are_is_all_of_them():
    drawn = draw_units(*alone(7), 300, seed=0)
    assert sorted(drawn.chosen.tolist()) == list(range(7))
    nothing = draw_units(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), 5, seed=0)
    assert len(nothing.chosen) == 0 and effective_rows(nothing.weight) == 0


def test_allocation_keeps_to_its_limits():
    items, least = np.array([3, 50, 400]), np.array([3, 5, 5])
    shares = allocate(np.array([0.7, 11.0, 88.3]), items, least, 100)
    assert sum(shares) == 100 and shares[0] == 3
    assert allocate(np.array([1.0, 1.0]), np.array([1, 1]), np.array([1, 1]), 5) == [1, 1]
