import pytest

from modeling.figures.charts.gains import GainBar, gain_chart
from modeling.figures.words.diagnosis import heading, points, whys

NAMES = ("labels", "coverage", "fit", "data", "nobody")


def gain(value, low, high):
    return {"value": value, "low": low, "high": high, "n": 500}


def found(named, **more):
    gains = dict(zip(NAMES, (gain(0.064, 0.041, 0.089), gain(0.022, 0.004, 0.04), gain(0.009, -0.002, 0.021),
                             gain(0.005, 0.001, 0.009), gain(0.06, 0.04, 0.08)), strict=True))  # fmt: skip
    return {
        "causes": [{"name": name, "gain": one} for name, one in gains.items()], "named": named, "learned_from": 800,
        "labels": {"share": 0.1, "pairs": [("a", "b")], "doubted": [1, 2], "n": 2, "audit": gain(0.112, 0.094, 0.131)},
        "fit": {"C": 100.0, "chosen": 1.0, "tried": [(1.0, 0.8), (100.0, 0.7)]}, "parts": [(0.5, 0.7), (1.0, 0.75)],
        "coverage": {"auc": 0.62, "error": 0.01, "evident": True, "far": 0.3, "near_accuracy": 0.8,
                     "far_accuracy": 0.6, "lacking": [{"source": "fax", "n": 90, "pool": 0, "accuracy": 0.6}],
                     "next": []},
        "confused": [{"one": "a", "other": "c", "n": 12}], **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    "named, said",
    [
        (["labels"], "Spend the next hour on labels: about 6 points (4 to 9); coverage: 2 (0 to 4)"),
        (["labels", "fit"], "Spend the next hour on labels: about 6 points (4 to 9); regularization: 1 (0 to 2)"),
        (["nobody"], "No hour is sure to pay: about 6 points (4 to 8) look like errors that nothing here can mend"),
        (
            ["data", "nobody"],
            "Spend the next hour on more data of the same kind: about 0.5 points (0.1 to 0.9); labels: 6 (4 to 9)",
        ),
        ([], "Cannot tell yet what the next hour is best spent on"),
    ],
)
def test_one_sentence_says_it(named, said):
    assert heading(found(named)) == said


def test_a_gain_below_nothing_is_nothing():
    assert points(gain(0.0, -0.05, 0.03)) == "0 (0 to 3)"


def test_every_cause_has_its_card_those_named_first():
    cards = whys(found(["fit", "labels"]))
    assert [one.name for one in cards] == ["fit", "labels", "nobody", "coverage", "data"]
    said = {one.name: " ".join(one.sentences) for one in cards}
    assert (
        "regularized too little" in said["fit"]
        and "11.2\u00a0% wrong (9.4–13.1; n = 500)" in said["labels"]
        and "“a” taken for “b”" in said["labels"]
    )
    assert "“fax” is 90 rows of production and 0 rows of the pool" in said["coverage"]
    assert "“a” and “c” (12)" in said["nobody"] and "50%" in said["data"]


def test_the_axis_holds_nothing_and_every_limit():
    chart = gain_chart([GainBar("Labels", 0.06, 0.04, 0.09, first=True), GainBar("Nobody", 0.02, -0.03, 0.05)])
    ends = [(mark.x_low, mark.x_high) for mark in chart.marks]
    assert all(0 <= low <= high <= 100 for low, high in ends) and chart.zero > ends[1][0]
    assert chart.words == "Labels +6.0 (+4.0 to +9.0), Nobody +2.0 (−3.0 to +5.0)"
