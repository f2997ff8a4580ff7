import numpy as np
import pytest

from annotation.core.calibration import calibrate, probability


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
def test_what_is_foretold_is_what_proves_true(bend):
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


def test_an_audited_item_weighs_for_those_it_stands_for():
    """Reviewed: 50 wrong of 50 at a chance of .6. Audited there: 10 wrong of 50, each for ten."""
    rng = np.random.default_rng(0)
    chance = np.concatenate([np.full(100, 0.6), rng.uniform(0, 0.05, 100)])
    wrong = np.zeros(200, dtype=bool)
    wrong[:60] = True
    weight = np.ones(200)
    weight[50:100] = 10.0
    fair, naive = (probability(np.array([0.6]), calibrate(chance, wrong, w))[0] for w in (weight, np.ones(200)))
    assert fair < 0.5 < naive


def test_between_knots_it_is_a_line_over_log_odds():
    knots = ((0.2, 0.1), (0.8, 0.5))
    assert probability(np.array([0.5, 0.0, 1.0]), knots).tolist() == pytest.approx([0.3, 0.1, 0.5])
