import numpy as np
import pytest

from annotation.core.intervals import wilson
from annotation.core.order.audit_draw import (
    ENOUGH_ERRORS,
    GAMMA,
    RIGHT,
    UNANSWERED,
    WRONG,
    Drawn,
    draw,
    error_rate,
    recall,
)


def test_a_draw_is_stratified_by_score_with_its_inclusion_probabilities():
    score = np.linspace(0, 1, 1000)
    drawn = draw(score, 200, seed=0)
    assert len(drawn.chosen) == len(set(drawn.chosen.tolist())) == 200
    assert [one.items for one in drawn.strata] == [500, 250, 150, 60, 30, 10]
    assert sum(one.drawn for one in drawn.strata) == 200 and min(one.drawn for one in drawn.strata) >= 5
    for number, one in enumerate(drawn.strata):
        own = drawn.stratum == number
        assert own.sum() == one.drawn and drawn.probability[own] == pytest.approx(one.drawn / one.items)
        assert ((score[drawn.chosen[own]] >= one.low) & (score[drawn.chosen[own]] <= one.high)).all()
    # the inverse probabilities add up to the items
    assert (1 / drawn.probability).sum() == pytest.approx(1000)
    assert drawn.strata[5].drawn / 10 > drawn.strata[0].drawn / 500


def test_the_same_seed_draws_the_same_and_another_another():
    score = np.random.default_rng(0).random(300)
    assert np.array_equal(draw(score, 50, 1).chosen, draw(score, 50, 1).chosen)
    assert not np.array_equal(draw(score, 50, 1).chosen, draw(score, 50, 2).chosen)


def test_equal_scores_are_drawn_anywhere():
    chosen = draw(np.zeros(400), 100, seed=0).chosen
    assert 120 < chosen.mean() < 280


@pytest.mark.parametrize("n", [0, 1, 3, 7])
def test_fewer_items_than_asked_for_are_all_drawn(n):
    drawn = draw(np.zeros(n), 20, seed=0)
    assert sorted(drawn.chosen.tolist()) == list(range(n)) and (drawn.probability == 1).all()


@pytest.mark.parametrize("size", [1, 4, 6, 29])
def test_small_draws_have_the_size_asked_for(size):
    assert len(draw(np.linspace(0, 1, 30), size, seed=0).chosen) == size


def test_the_rate_weighs_strata_by_their_size():
    """900 items, 1 of 10 wrong; 100 items, 5 of 10 wrong: (90 + 50) / 1000."""
    answer = np.array([WRONG] + [RIGHT] * 9 + [WRONG] * 5 + [RIGHT] * 5)
    found = error_rate(Drawn(np.repeat([0, 1], 10), answer, (900, 100)))
    assert found.rate.value == pytest.approx(0.14) and found.rate.low < 0.14 < found.rate.high
    assert (found.drawn, found.answered, found.wrong) == (20, 20, 6)
    assert found.least == found.most == pytest.approx(0.14)


def test_one_stratum_fully_answered_is_wilsons_interval_nearly():
    answer = np.array([WRONG] * 10 + [RIGHT] * 90)
    found = error_rate(Drawn(np.zeros(100, int), answer, (1_000_000,)))
    plain = wilson(10, 100)
    assert (found.rate.low, found.rate.high) == pytest.approx((plain.low, plain.high), abs=0.01)


def test_a_census_is_certain():
    found = error_rate(Drawn(np.zeros(4, int), np.array([WRONG, RIGHT, RIGHT, RIGHT]), (4,)))
    assert (found.rate.value, found.rate.low, found.rate.high) == pytest.approx((0.25, 0.25, 0.25))


def test_what_experts_had_decided_counts_as_right():
    answer = np.array([WRONG] * 5 + [RIGHT] * 5)
    assert error_rate(Drawn(np.zeros(10, int), answer, (100,), right=300)).rate.value == pytest.approx(0.125)


def test_the_unanswered_widen_the_interval_and_bound_it():
    full = np.array([WRONG] * 10 + [RIGHT] * 90)
    some = full.copy()
    some[::5] = UNANSWERED
    whole, part = (error_rate(Drawn(np.zeros(100, int), answer, (1000,))) for answer in (full, some))
    assert part.rate.low < whole.rate.low and part.rate.high > whole.rate.high + 0.05
    assert part.least == pytest.approx(0.8 * 0.1) and part.most == pytest.approx(0.8 * 0.1 + 0.2)
    assert part.rate.low < part.rate.value < part.rate.high < part.most


def test_nothing_answered_says_nothing():
    found = error_rate(Drawn(np.zeros(5, int), np.full(5, UNANSWERED), (50,)))
    assert np.isnan(found.rate.value) and (found.rate.low, found.rate.high, found.rate.n) == (0.0, 1.0, 0)


def test_the_interval_covers_with_a_fifth_skipped_where_it_is_hard():
    """Wrong labels are skipped at three times the odds; 120 simulations, so 93 % may show as 88."""
    covered = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        score = rng.random(2000)
        wrong = rng.random(2000) < 0.15 * score
        drawn = draw(score, 150, seed)
        hit = wrong[drawn.chosen]
        answer = np.where(rng.random(150) < np.where(hit, 0.4, 0.18), UNANSWERED, np.where(hit, WRONG, RIGHT))
        rate = error_rate(Drawn(drawn.stratum, answer, tuple(one.items for one in drawn.strata))).rate
        covered += rate.low <= wrong.mean() <= rate.high
    assert covered >= 0.93 * 120


def test_recall_is_pooled_and_weighs_errors_by_what_they_stand_for():
    """First audit: one error, covered, for 10 items. Second: one, not covered, for 30."""
    first = Drawn(np.zeros(2, int), np.array([WRONG, RIGHT]), (20,))
    second = Drawn(np.zeros(2, int), np.array([RIGHT, WRONG]), (60,))
    share = recall([first, second], [np.array([True, False]), np.array([True, False])])
    assert share.value == pytest.approx(0.25) and share.n == 2 < ENOUGH_ERRORS
    assert 0 < share.low < 0.25 < share.high < 1


def test_recall_without_errors_is_unknown():
    share = recall([Drawn(np.zeros(2, int), np.array([RIGHT, UNANSWERED]), (20,))], [np.array([True, False])])
    assert np.isnan(share.value) and (share.low, share.high, share.n) == (0.0, 1.0, 0)


def test_the_unanswered_widen_recall_too():
    answer = np.array([WRONG] * 40 + [RIGHT] * 60)
    mask = np.arange(100) % 2 == 0
    full = recall([Drawn(np.zeros(100, int), answer, (1000,))], [mask])
    some = answer.copy()
    some[::10] = UNANSWERED
    part = recall([Drawn(np.zeros(100, int), some, (1000,))], [mask])
    assert full.value == pytest.approx(0.5) and full.n == 40
    assert part.low < full.low and part.high > full.high and GAMMA > 1
