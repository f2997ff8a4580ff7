import numpy as np
import pytest

from annotation.core.intervals import wilson
from annotation.core.judging.folds import grouped_folds
from modeling.core.fitting.learning_curve import Point, expect, fit_power, learning_curve, nested

ROWS = np.array([80.0, 160.0, 320.0, 560.0, 800.0])


def test_a_power_law_comes_out_as_it_went_in():
    found = fit_power(ROWS, np.array([0.05 + 2 * ROWS**-0.5, 3 * ROWS**-0.75, np.full(5, 0.2)]))
    assert found.floor == pytest.approx([0.05, 0.0, 0.2], abs=1e-6)
    assert found.scale[:2] == pytest.approx([2, 3], rel=1e-6) and found.power[:2] == pytest.approx([0.5, 0.75])
    assert found.at(3200)[0] == pytest.approx(0.05 + 2 * 3200**-0.5)


def test_errors_that_rise_are_a_flat_line():
    found = fit_power(ROWS, np.array([[0.1, 0.12, 0.14, 0.15, 0.2]]))
    assert found.scale[0] == 0 and found.floor[0] == pytest.approx(0.142)


def made(errors, n=4000, seed=0):
    """Points and right (n, 5) with these errors; a row that a small part gets right a larger one does too."""
    draw = np.random.default_rng(seed).random(n)
    right = draw[:, None] >= np.asarray(errors)
    points = [Point(0.2 * (at + 1), int(rows), wilson(int(right[:, at].sum()), n)) for at, rows in enumerate(ROWS)]
    return points, right


def test_what_more_labels_bring():
    points, right = made(0.02 + 2 * ROWS**-0.5)
    found = expect(points, right, np.arange(4000), 1000, 0)
    true = 2 * 1000**-0.5 - 2 * 1500**-0.5
    assert found.more == 500 and found.fits and found.rises
    assert found.gain.low <= true <= found.gain.high and found.gain.value == pytest.approx(true, abs=0.004)


def test_flat_points_promise_nothing():
    points, right = made(np.full(5, 0.1))
    found = expect(points, right, np.arange(4000), 1000, 0)
    assert not found.rises and found.gain.low <= 0.001


def test_points_off_every_power_law_predict_nothing():
    points, right = made([0.4, 0.1, 0.4, 0.1, 0.4])
    found = expect(points, right, np.arange(4000), 1000, 0)
    assert not found.fits and not found.rises


def test_near_copies_widen_the_interval():
    points, right = made(0.02 + 2 * ROWS**-0.5, n=400)
    alone = expect(points, right, np.arange(400), 1000, 0).gain
    copied = np.repeat(right, 10, axis=0)
    grouped = expect(points, copied, np.repeat(np.arange(400), 10), 1000, 0).gain
    assert grouped.high - grouped.low == pytest.approx(alone.high - alone.low, rel=0.1)


def test_parts_are_nested_and_keep_groups_whole():
    groups = np.repeat(np.arange(50), 2)
    among = np.arange(100) >= 20
    parts = list(nested(groups, among, (0.1, 0.4, 1.0), seed=1))
    assert [part.sum() for part in parts] == [8, 32, 80]
    assert (parts[0] <= parts[1]).all() and (parts[1] <= parts[2]).all() and not parts[2][:20].any()
    assert all(set(groups[part]).isdisjoint(groups[~part & among]) for part in parts)


def test_the_whole_curve_with_a_model_that_knows_only_how_much_it_saw():
    """Right about as many of the rows held out as it learned from, of 100."""
    labels, groups = np.zeros(100, dtype=int), np.arange(100)
    asked = []

    def refit(learned, out):
        assert not (learned & out).any()
        asked.append(int(learned.sum()))
        right = np.arange(out.sum()) < out.sum() * learned.sum() / 100
        return np.column_stack([right, ~right]).astype(float)

    fold = grouped_folds(groups, labels, 5, 0)
    said = []
    found = learning_curve(refit, labels, groups, fold, 0, lambda stage, share: said.append((stage, share)))
    # 10 % of 80 groups are too few
    assert [point.rows for point in found.points] == [16, 32, 56, 80]
    assert [point.right.value for point in found.points] == [0.2, 0.35, 0.6, 0.8]
    assert len(asked) == 20 and said[0] == ("learning from 20% of the labels, fold 1 of 5", 0.0)
