import numpy as np
import pytest

from annotation.core.order.calibration import calibrate, probability


def world(n, seed=0, bend=lambda chance: chance):
    """Chances, and labels that are wrong as often as `bend` of them."""
    rng = np.random.default_rng(seed)
    chance = rng.random(n)
    return chance, rng.random(n) < bend(chance)


def test_under_a_hundred_decisions_there_is_no_probability():
    chance, wrong = world(99)
    assert calibrate(chance, wrong, np.ones(99)) == ()
    assert np.isnan(probability(chance, ())).all()
    chance, wrong = world(100)
    assert calibrate(chance, wrong, np.ones(100)) != ()


def test_four_errors_are_too_few():
    chance, wrong = np.linspace(0, 1, 200), np.zeros(200, dtype=bool)
    wrong[-4:] = True
    assert calibrate(chance, wrong, np.ones(200)) == () and calibrate(chance, ~wrong, np.ones(200)) == ()


@pytest.mark.parametrize("bend", [lambda c: c, lambda c: c**3, lambda c: 0.2 + 0.3 * c])
def test_what_is_predicted_is_what_proves_true(bend):
    knots = calibrate(*world(3000, 1, bend), np.ones(3000))
    chance, wrong = world(20_000, 2, bend)
    said = probability(chance, knots)
    for low in np.arange(0.05, 0.95, 0.1):
        own = (said >= low) & (said < low + 0.1)
        if own.sum() > 500:
            assert said[own].mean() == pytest.approx(wrong[own].mean(), abs=0.08)


def test_knots_rise_and_so_do_probabilities():
    chance, wrong = world(150, 3, lambda c: 0.5 + 0 * c)
    knots = np.array(calibrate(chance, wrong, np.ones(150)))
    assert (np.diff(knots, axis=0) >= 0).all()
    assert (np.diff(probability(np.linspace(0, 1, 50), knots)) >= 0).all()
    assert ((knots >= 0) & (knots <= 1)).all()


def test_an_audited_item_below_what_the_order_reached_weighs_for_those_it_stands_for():
    """At a chance of .3: 10 audited, all right, each for ten, and 10 that were decided when they looked likelier, all
    wrong; the order itself reached .6."""
    rng = np.random.default_rng(0)
    chance = np.concatenate([np.full(20, 0.3), rng.uniform(0.6, 0.9, 230)])
    wrong = np.concatenate([np.arange(20) < 10, rng.random(230) < 0.9])
    weight = np.ones(250)
    weight[10:20] = 10.0
    fair, naive = (probability(np.array([0.3]), calibrate(chance, wrong, w))[0] for w in (weight, np.ones(250)))
    assert fair < naive - 0.1


def test_an_audited_item_as_likely_as_those_the_order_decides_stands_for_itself():
    """All 250 items above .6 are decided; that 20 of them, all right, were also drawn for the audit says nothing of
    others."""
    rng = np.random.default_rng(0)
    chance = rng.uniform(0.6, 0.9, 250)
    wrong = np.arange(250) >= 20
    weight = np.ones(250)
    weight[:20], chance[:20] = 10.0, 0.75
    assert calibrate(chance, wrong, weight) == calibrate(chance, wrong, np.ones(250))


def test_audited_items_far_below_do_not_draw_down_what_is_predicted_at_the_top():
    """300 decided by the order, 97 in 100 wrong; 100 audited at the bottom, each for 90, 3 of them wrong."""
    rng = np.random.default_rng(0)
    chance = np.concatenate([rng.uniform(0.6, 0.95, 300), rng.uniform(0, 0.05, 100)])
    wrong = np.concatenate([np.arange(300) % 33 > 0, np.arange(100) < 3])
    weight = np.concatenate([np.ones(300), np.full(100, 90.0)])
    said = probability(np.array([0.62, 0.02]), calibrate(chance, wrong, weight))
    assert said[0] > 0.9 and said[1] < 0.1


def test_between_knots_it_is_a_line_of_log_odds_over_log_odds():
    """Half way between odds of 1 to 9 and 1 to 1 are odds of 1 to 3."""
    knots = ((0.2, 0.1), (0.8, 0.5))
    assert probability(np.array([0.5, 0.0, 1.0]), knots).tolist() == pytest.approx([0.25, 0.1, 0.5])
