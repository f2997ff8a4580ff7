"""Scales and their ticks, each worked out by hand."""

import pytest

from modeling.figures.charts.scale import around, axis, between, powers_of_ten, round_step, shares


@pytest.mark.parametrize(
    ("least", "step"), [(0, 1), (1, 1), (1.2, 2), (230, 500), (0.03, 0.05), (6000, 10000), (0.1, 0.1), (0.0004, 0.0005)]
)
def test_the_next_round_step(least, step):
    assert round_step(least) == step


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.649, 0.787, (0.6, 0.65, 0.7, 0.75, 0.8)),
        (0.0, 1.0, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        (0.91, 0.935, (0.91, 0.915, 0.92, 0.925, 0.93, 0.935)),
        # six steps of .2 would be needed
        (0.1, 1.1, (0.0, 0.5, 1.0, 1.5)),
        (-3.0, 7.0, (-5.0, 0.0, 5.0, 10.0)),
        (0.5, 0.5, (0.5, 0.55)),
        (0.0, 0.0, (0.0, 1.0)),
        (0.0, 1500.0, (0.0, 500.0, 1000.0, 1500.0)),
    ],
)
def test_a_scale_ends_at_round_values_around_its_limits(low, high, ticks):
    scale = around(low, high)
    assert scale.ticks == ticks and (scale.low, scale.high) == (ticks[0], ticks[-1])
    assert (scale(scale.low), scale(scale.high)) == (0.0, 100.0)


def test_a_scale_between_its_limits_has_its_ticks_inside():
    assert between(0, 1800).ticks == (0, 500, 1000, 1500)
    assert between(0, 42).ticks == (0, 10, 20, 30, 40) and between(0, 3, least=1).ticks == (0, 1, 2, 3)
    assert between(0, 1800)(450) == 25.0 and between(0, 1800).down(450) == 75.0


def test_powers_of_ten_stand_at_equal_distances():
    scale = powers_of_ten(0.1, 1000)
    assert scale.ticks == (0.1, 1, 10, 100, 1000) and [scale(tick) for tick in scale.ticks] == [0, 25, 50, 75, 100]
    # log10(.03) = −1.523, log10(30) = 1.477: .1 is .523 of 3 from the left
    scale = powers_of_ten(0.03, 30)
    assert scale.ticks == (0.1, 1, 10) and scale(0.1) == 17.43


@pytest.mark.parametrize(
    ("scale", "words", "said"),
    [
        (around(0.6, 0.8), shares, ["60\u00a0%", "65\u00a0%", "70\u00a0%", "75\u00a0%", "80\u00a0%"]),
        (around(0.91, 0.912), shares, ["91.00\u00a0%", "91.05\u00a0%", "91.10\u00a0%", "91.15\u00a0%", "91.20\u00a0%"]),
        (around(-1000, 1000), None, ["−1,000", "−500", "0", "500", "1,000"]),
        (around(0.3, 0.5), None, ["0.30", "0.35", "0.40", "0.45", "0.50"]),
        (powers_of_ten(0.01, 1000), None, ["0.01", "0.1", "1", "10", "100", "1,000"]),
    ],
)
def test_ticks_have_the_decimals_their_step_needs(scale, words, said):
    assert [tick.words for tick in axis(scale, words=words and words(scale)).ticks] == said


def test_an_upright_axis_counts_from_the_top_and_no_label_is_cut():
    upright = axis(around(0.0, 1.0), "accuracy", upright=True)
    assert [tick.at for tick in upright.ticks] == [100, 80, 60, 40, 20, 0] and upright.name == "accuracy"
    assert [tick.anchor for tick in axis(around(0.0, 0.4)).ticks] == ["start", "middle", "middle", "middle", "end"]
