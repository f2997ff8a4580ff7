import numpy as np
import pytest

from annotation.core.order.ranking import Pace, combine, doubted_members, order_units, pace_of, worth


def test_a_single_items_score_is_its_chance_times_nine_tenths():
    order = order_units(np.arange(3), np.zeros(3, int), np.array([0.2, 0.8, 0.5]), np.zeros(3, bool))
    assert order.score.tolist() == pytest.approx([0.18, 0.72, 0.45]) and order.rank.tolist() == [3, 1, 2]


def test_a_group_in_conflict_is_one_unit_that_holds_an_error():
    """Two members at 12 and 3 s: 1 expected error, times 2^¼ for what is settled, by 15/12 of the time."""
    order = order_units(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([0.1, 0.1, 0.9]), np.zeros(3, bool))
    assert order.is_group.tolist() == [True, False]
    assert order.score[0] == pytest.approx(0.9 * 2**0.25 / 1.25) and order.rank.tolist() == [1, 2]


def test_conflicts_that_proved_right_are_worth_less():
    chances, size, conflict = np.array([0.2]), np.array([2]), np.array([True])
    fresh = worth(chances, size, conflict, Pace())
    assert worth(chances, size, conflict, pace_of(np.array([2] * 5), np.full(5, np.nan), 5, 0)) < fresh
    assert pace_of(np.array([]), np.array([])).conflict == 1.0
    assert pace_of(np.array([2] * 5), np.full(5, np.nan), 5, 0).conflict == 0.5


def test_the_pace_follows_the_median_seconds_where_enough_are_known():
    size = np.array([1] * 5 + [2] * 4 + [8] * 5)
    seconds = np.array([10.0, 11, 12, 13, 500] + [99.0] * 4 + [30.0] * 5)
    pace = pace_of(size, seconds)
    assert pace.seconds[0] == 12 and pace.seconds[3] == 30
    # pairs were timed four times only: the default of 15, scaled as the known kinds are (12/12 and 30/27)
    assert pace.seconds[1] == pytest.approx(15 * (1 + 30 / 27) / 2)
    assert pace.cost(np.array([1, 8, 50])).tolist() == [1.0, 2.5, 2.5]


def test_without_timed_decisions_the_pace_is_the_default():
    assert pace_of(np.array([1, 1]), np.array([np.nan, 0.0])) == Pace()


def test_worth_stays_below_one_and_keeps_the_order_above_one_expected_error():
    score = worth(np.array([0.5, 1.0, 2.0, 50.0]), np.ones(4, int), np.zeros(4, bool), Pace())
    assert score.tolist() == pytest.approx([0.45, 0.9, 0.95, 0.998])


def test_a_tie_of_annotators_is_worth_a_guess_and_equal_scores_keep_their_order():
    order = order_units(np.arange(3), np.array([-1, 0, 0]), np.array([0.0, 0.4, 0.4]), np.array([True, False, False]))
    assert order.rank.tolist() == [1, 2, 3] and order.score[0] == pytest.approx(0.45)


def test_scores_are_joined_as_noisy_or():
    scores = {"label_error": np.array([1.0, 0.5]), "count_rule": np.array([0.0, 1.0])}
    joined = combine(scores, {"label_error": 0.8, "count_rule": 0.4})
    assert joined.tolist() == pytest.approx([0.8, 1 - 0.6 * 0.6])


def test_no_items_no_units():
    order = order_units(np.zeros(0, int), np.zeros(0, int), np.zeros(0), np.zeros(0, bool))
    assert len(order.score) == 0


def test_an_error_that_moves_a_model_more_comes_first():
    scores, effect = np.array([0.5, 0.5, 0.4]), np.array([1.0, 0.2, 2.0])
    order = order_units(np.arange(3), np.zeros(3, int), scores, np.zeros(3, bool), effect=effect)
    assert order.rank.tolist() == [2, 3, 1]
    pair = order_units(np.zeros(2, int), np.array([0, 1]), np.zeros(2), np.zeros(2, bool), effect=np.array([0.2, 0.4]))
    assert pair.score.tolist() == pytest.approx([0.9 * 0.3 * 2**0.25 / Pace().cost(np.array([2]))[0]])


def test_of_a_group_those_are_doubted_who_do_not_carry_the_least_suspicious_label():
    assert doubted_members(["late"] * 3 + ["lost"], [0.3, 0.2, 0.25, 0.6]) == [False, False, False, True]
    assert doubted_members(["late", "lost"], [0.7, 0.4]) == [True, False]
    assert doubted_members(["late", "late", "lost", "found"], [0.2, 0.4, 0.5, 0.6]) == [False, False, True, True]


def test_a_group_that_agrees_or_tells_nothing_apart_has_no_doubted_member():
    assert doubted_members(["late", "late"], [0.1, 0.9]) == [False, False]
    assert doubted_members(["late", "lost"], [0.35, 0.35]) == [False, False]
    assert doubted_members(["late", "", "lost"], [0.1, 0.9, 0.5]) == [False, False, True]
    assert doubted_members([], []) == []
