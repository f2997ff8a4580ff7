import pytest

from modeling.figures.charts.costs import cost_at, cost_curve, round_step
from modeling.figures.words.numbers import money, signed_money


def test_a_curve_by_hand():
    found = {"tried": [0.0, 0.5, 1.0000001], "cost": [700.0, 300.0, 1500.0], "value": 0.5, "low": 0.2, "high": 0.6,
             "by_theory": 0.25}  # fmt: skip
    chart = cost_curve(found)
    # 9 to 97 % of the width; 1,500 needs 3 lines of 500, of which the highest is 8 pixels from the top
    assert [cost for cost, _ in chart.ticks] == [1500, 1000, 500, 0]
    assert (chart.chosen, chart.low, chart.high, chart.theory) == (53.0, 26.6, 61.8, 31.0)
    assert chart.y == pytest.approx(8 + 182 * 0.8)
    assert chart.points == "9.0,105.1 9.0,153.6 53.0,153.6 53.0,8.0 97.0,8.0"
    assert chart.rows[0] == (0.0, 700.0) and chart.rows[3] == (0.3, 300.0) and chart.rows[10] == (1.0, 1500.0)


def test_the_cost_between_two_thresholds_is_that_of_the_next():
    assert cost_at([0.0, 0.5], [1.0, 2.0], 0.0) == 1 and cost_at([0.0, 0.5], [1.0, 2.0], 0.7) == 2


@pytest.mark.parametrize(("least", "step"), [(0, 1), (1, 1), (1.2, 2), (230, 500), (0.03, 0.05), (6000, 10000)])
def test_round_steps(least, step):
    assert round_step(least) == pytest.approx(step)


@pytest.mark.parametrize(
    ("amount", "text"),
    [(1234.5, "1,234"), (549.0, "549"), (12.34, "12.3"), (1.5, "1.50"), (0.1234, "0.123"), (0, "0"), (-3, "−3.00"),
     (float("nan"), "–"), (0.0001, "0")],
)  # fmt: skip
def test_money_is_told_to_three_digits(amount, text):
    assert money(amount) == text


def test_what_is_saved_has_its_sign():
    assert [signed_money(amount) for amount in (112.4, -112.4, 0)] == ["+112", "−112", "0"]
