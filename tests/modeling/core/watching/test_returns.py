import numpy as np
import pytest

from annotation.core.intervals import Interval
from modeling.core.watching.returns import (
    LONGEST,
    AlongDecisions,
    Spent,
    cut_points,
    per_hour,
    project,
    stop_word,
    usable_seconds,
)


def along(rows_right, changed, decisions=(0, 50, 100), n=400):
    """So many of n rows predicted rightly at each point, the first ones."""
    right = np.stack([np.arange(n) < k for k in rows_right])
    return AlongDecisions(right, np.array(decisions), np.array(changed), np.arange(n))


def test_a_curve_says_what_decisions_gained():
    curve = along([200, 220, 236], [0, 20, 30])
    points = curve.points()
    assert [one["accuracy"]["value"] for one in points] == [0.5, 0.55, 0.59]
    assert points[0]["gain"] is None and points[2]["gain"]["value"] == pytest.approx(0.04)
    assert curve.per_hundred().value == pytest.approx(0.09)
    assert curve.per_hundred().low < 0.09 < curve.per_hundred().high


def test_the_next_are_projected_from_the_later_half_and_the_errors_left():
    curve = along([200, 220, 236], [0, 20, 30])
    found = project(curve, Interval(5, 3, 8, 100))
    # half of the 30 changed lies nearest to the 20 of the second point: 16 of 400 rows by 10 labels, five times
    assert found.per_error.value == pytest.approx(0.004) and found.gain.value == pytest.approx(0.02)
    assert found.gain.low < 0.02 < found.gain.high and found.cases == 100
    assert found.reach.low < found.gain.low and found.reach.high > found.gain.high
    wider = project(curve, Interval(5, 0, 30, 100)).gain
    assert wider.low < found.gain.low and wider.high > found.gain.high


def test_where_nothing_was_changed_nothing_is_projected():
    assert project(along([200, 200, 200], [0, 0, 0]), Interval(5, 3, 8, 100)) is None


def test_a_curve_that_stands_still_keeps_an_interval():
    gain = project(along([200, 200, 200], [0, 10, 20]), Interval(5, 3, 8, 100)).gain
    assert gain.low < 0 < gain.high and gain.value == 0


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(-0.01, 0.004, "stop"), (0.006, 0.02, "go on"), (0.005, 0.02, "go on"), (0.001, 0.02, "cannot tell yet")],
)
def test_the_rule_stops_where_even_the_upper_limit_is_less(low, high, word):
    assert stop_word(Interval((low + high) / 2, low, high, 100), 0.005) == word


def test_a_rate_has_exact_poisson_limits():
    """Garwood's limits of 4 events: 1.090 and 10.242."""
    found = per_hour(4, 1800)
    assert (found.value, found.n) == (8, 4)
    assert (found.low, found.high) == (pytest.approx(2.180, abs=1e-3), pytest.approx(20.483, abs=1e-3))
    none = Spent(10, 0, 3600).per_hour
    assert (none.value, none.low) == (0, 0) and none.high == pytest.approx(3.689, abs=1e-3)
    assert per_hour(3, float("nan")).high == float("inf")


def test_a_break_counts_as_ten_median_decisions_and_an_unknown_time_as_one():
    seconds = usable_seconds(np.array([10.0, 12.0, 8.0, 36_000.0, np.nan]))
    assert seconds.tolist() == [10, 12, 8, LONGEST * 11, 11]
    assert np.isnan(usable_seconds(np.array([np.nan]))).all()


def test_points_lie_evenly_and_none_twice():
    assert cut_points(100) == [0, 20, 40, 60, 80, 100] and cut_points(3) == [0, 1, 2, 3]


def test_the_spread_of_training_seeds_is_part_of_the_interval():
    alike = np.stack([np.stack([np.arange(400) < k for k in (200, 220, 236)])] * 2)
    apart = alike.copy()
    apart[1, 2] = np.arange(400) < 276
    points = np.array([0, 50, 100]), np.array([0, 20, 30]), np.arange(400)
    one, two = (AlongDecisions.of_seeds(right, *points) for right in (alike, apart))
    assert one.gain(0).value == pytest.approx(0.09) and two.gain(0).value == pytest.approx(0.14)
    assert two.gain(0).high - two.gain(0).low > 2 * (one.gain(0).high - one.gain(0).low)
