"""Where the parts of each chart stand, worked out by hand: percent from the left and from the top of the plot."""

from modeling.figures.charts.capacity import growth_plots
from modeling.figures.charts.costs import cost_at, cost_curve, cost_rows
from modeling.figures.charts.description import curve_plot, reliability_plot, strips
from modeling.figures.charts.dots import Bar, dot_chart
from modeling.figures.charts.loss import loss_curve
from modeling.figures.charts.path import line_names, path_chart
from modeling.figures.words.runs import path_heading


def share(value, low=0.1, high=0.9, n=100):
    return {"value": value, "low": low, "high": high, "n": n}


def words(axis):
    return [tick.words.replace("\u00a0", " ") for tick in axis.ticks]


def test_a_dot_stands_between_its_limits():
    chart = dot_chart([Bar("Before", 0.65, 0.6, 0.7, 100), Bar("After", 0.75, 0.7, 0.8, 100)], "accuracy")
    first, last = chart.marks
    assert words(chart.axis) == ["60 %", "65 %", "70 %", "75 %", "80 %"] and chart.axis.name == "accuracy"
    assert (first.x_low, first.x, first.x_high) == (0.0, 25.0, 50.0)
    assert (last.x_low, last.x, last.x_high) == (50.0, 75.0, 100.0)
    assert first.y_text < first.y < last.y_text < last.y < chart.height == 92
    assert chart.words.replace("\u00a0", " ") == "Before 65.0 %, After 75.0 %"


def test_a_loss_curve():
    plot = loss_curve({"train_loss": [2.0, 1.0, 0.5], "validation_loss": [2.0, 1.5, 1.8], "best": 1})
    train, validation = plot.lines
    assert train.points == "0.0,0.0 50.0,50.0 100.0,75.0" and train.series == "before" and train.dash
    assert validation.points == "0.0,0.0 50.0,25.0 100.0,10.0" and not validation.dash
    assert plot.kept == (50.0, 25.0) and plot.uprights[0].words == "kept: epoch 1"
    assert words(plot.y) == ["0.0", "0.5", "1.0", "1.5", "2.0"] and words(plot.x) == ["0", "1", "2"]


def test_what_cannot_be_drawn_is_not():
    assert loss_curve({"train_loss": [1.0, None], "validation_loss": [1.0, None], "best": 0}) is None
    flat = loss_curve({"train_loss": [0.0, 0.0], "validation_loss": [0.0, 0.0], "best": 1})
    assert flat.kept == (100.0, 100.0) and flat.uprights[0].anchor == "end"


def test_a_path_of_penalties():
    path = [
        {"C": C, "l1_ratio": 1.0, "log_loss": loss, "error": 0.1, "active": 3.0, "n_iter": 4}
        for C, loss in ((0.1, 1.0), (1.0, 0.5), (10.0, 0.7))
    ]
    plot = path_chart(path, 1.0, 1.0)
    # .4 to 1.1 in steps of .2: .4 to 1.2
    assert words(plot.y) == ["0.4", "0.6", "0.8", "1.0", "1.2"] and words(plot.x) == ["0.1", "1", "10"]
    assert [spot.x for spot in plot.spots] == [0.0, 50.0, 100.0] and plot.kept == (50.0, 87.5)
    assert (plot.spots[1].y_high, plot.spots[1].y, plot.spots[1].y_low) == (75.0, 87.5, 100.0)
    assert plot.uprights[0].words == "chosen: C = 1" and line_names(path, 1.0) == ["L1 (whole)"]
    assert path_chart(path[:1], 0.1, 1.0) is None and path_chart([], 1.0, 0.0) is None
    assert path_chart(path, 3.0, 1.0) is None


def test_of_many_ratios_the_chosen_one_and_the_two_ends_are_drawn():
    path = [
        {"C": C, "l1_ratio": ratio, "log_loss": 1 - ratio / 9 - C / 100, "error": 0.1, "active": 3.0, "n_iter": 1}
        for ratio in (0.0, 0.1, 0.3, 0.5, 1.0)
        for C in (0.1, 1.0)
    ]
    assert line_names(path, 0.3) == ["L2 (whole)", "elastic net, L1 ratio 0.3 (broken)", "L1 (dotted)"]
    assert len(path_chart(path, 1.0, 0.3).lines) == 3 and len(line_names(path, 1.0)) == 2
    assert (
        path_heading(1.0, 0.3, 10, False) == "C = 1 with L1 ratio 0.3 was chosen of 10 pairs tried: the least log loss"
    )


COSTS = {"tried": [0.0, 0.5, 1.0000001], "cost": [700.0, 300.0, 1500.0], "value": 0.5, "low": 0.2, "high": 0.6,
         "by_theory": 0.25, "class": "bad"}  # fmt: skip


def test_a_cost_curve_steps_from_threshold_to_threshold():
    plot = cost_curve(COSTS, "EUR")
    assert words(plot.y) == ["0", "500", "1,000", "1,500"] and plot.y.name == "EUR per 1,000 items"
    theory, chosen = plot.uprights
    assert (theory.x, chosen.x, plot.band.x, plot.band.width) == (25.0, 50.0, 20.0, 40.0)
    assert plot.lines[0].points == "0.0,53.33 0.0,80.0 50.0,80.0 50.0,0.0 100.0,0.0" and plot.kept == (50.0, 80.0)
    rows = cost_rows(COSTS)
    assert rows[0] == (0.0, 700.0) and rows[3] == (0.3, 300.0) and rows[10] == (1.0, 1500.0)


def test_the_cost_between_two_thresholds_is_that_of_the_next():
    assert cost_at([0.0, 0.5], [1.0, 2.0], 0.0) == 1 and cost_at([0.0, 0.5], [1.0, 2.0], 0.7) == 2


def test_a_reliability_plot():
    one = {"confidence": 0.75, "right": share(0.5, 0.5, 1.0)}
    plot = reliability_plot({"bins": [one]}, {"bins": [one]})
    assert words(plot.y) == words(plot.x) == ["50 %", "60 %", "70 %", "80 %", "90 %", "100 %"]
    before, after = plot.spots
    assert (before.x, before.y, before.y_high) == (50.0, 100.0, 0.0) and before.hollow and not after.hollow
    assert (before.series, after.series) == ("before", "after")
    assert plot.lines[0].points == "0.0,100.0 100.0,0.0" and plot.lines[0].dash


def test_a_learning_curve_is_drawn_no_further_than_it_predicts():
    points = [{"rows": rows, "accuracy": value, "low": value - 0.02, "high": value + 0.02}
              for rows, value in ((100, 0.7), (400, 0.8), (800, 0.84))]  # fmt: skip
    law = {"floor": 0.05, "scale": 2.5, "power": 0.5}
    curve = {"points": points, "expected": {"fits": True, "more": 500, "curve": law}}
    measured, predicted = curve_plot(curve, 1000).lines
    assert not measured.dash and predicted.dash
    assert measured.points.startswith("6.67,") and predicted.points.split()[-1].startswith("100.0,")
    [alone] = curve_plot({**curve, "expected": {**curve["expected"], "fits": False}}, 1000).lines
    assert alone.points.split()[-1].startswith("100.0,")


def test_strips_stand_on_one_axis():
    low, high = share(0.5, 0.4, 0.6), share(0.8, 0.7, 0.9)
    drawn, axis = strips([{"right": low, "rest": high}, {"right": high, "rest": low}])
    assert words(axis) == ["40 %", "50 %", "60 %", "70 %", "80 %", "90 %"]
    assert (drawn[0].dot, drawn[0].left, drawn[0].width, drawn[0].rest) == (20.0, 0.0, 40.0, 80.0)


def test_growth_is_drawn_for_all_items_and_for_contested_ones():
    def point(size, value, regularized):
        return {"run": 1, "size": size, "labels": "new", "regularized": regularized,
                "overall": share(value, value - 0.1, value + 0.1), "contested": share(value, n=7)}  # fmt: skip

    sizes = [point(10, 0.6, True), point(100, 0.7, True), point(10, 0.5, False), point(100, 0.6, False)]
    everything, contested = growth_plots(sizes, "words")
    assert (everything.title, everything.n, contested.n) == ("All items", 100, 7)
    # two sizes at −.25 to 1.25: a sixth from either end; series .04 of a step apart
    assert [tick.at for tick in everything.x.ticks] == [16.67, 83.33] and words(everything.x) == ["10", "100"]
    free, regularized = everything.lines
    assert free.dash and not regularized.dash and regularized.series == "after"
    assert regularized.points == "20.67,50.0 87.33,25.0" and free.points == "18.0,75.0 84.67,50.0"
    without = [{**one, "contested": {"n": 0}} for one in sizes]
    assert [plot.title for plot in growth_plots(without, "words")] == ["All items"]
