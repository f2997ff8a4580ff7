import math

import numpy as np
import pandas as pd
import pytest

from annotation.core.crowd.agreement import cohen_kappa, confusion_pairs, disagreement_rate, krippendorff_alpha

# Krippendorff 2011, section C: four observers, twelve units, "." is missing
RELIABILITY_DATA = {
    "A": "1 2 3 3 2 1 4 1 2 . . .",
    "B": "1 2 3 3 2 2 4 1 2 5 . 3",
    "C": ". 3 3 3 2 3 4 2 2 5 1 .",
    "D": "1 2 3 3 2 4 4 1 2 5 1 .",
}


def answers(rows):
    return pd.DataFrame(rows, columns=["item", "annotator", "label"])


def reliability_data():
    return answers(
        [
            (unit, observer, value)
            for observer, line in RELIABILITY_DATA.items()
            for unit, value in enumerate(line.split())
            if value != "."
        ]
    )


def test_alpha_of_the_published_example():
    # 40 pairable values: 9, 13, 10, 5 and 3 of each; differing pairs 6/3 + 12/3 + 6/3 = 8 in units 2, 6 and 8;
    # by chance 40² - (81 + 169 + 100 + 25 + 9) = 1216. The paper prints .743
    interval = krippendorff_alpha(reliability_data())
    assert interval.value == pytest.approx(1 - 39 * 8 / 1216)
    assert interval.value == pytest.approx(0.743, abs=0.0005)
    assert interval.low < interval.value < interval.high <= 1
    assert interval.n == 11


def test_alpha_of_the_published_binary_example():
    # Krippendorff 2011, section A: two observers, ten units; the paper prints .095
    a, b = "0100000010", "1110010000"
    rows = [(unit, name, value) for name, line in (("a", a), ("b", b)) for unit, value in enumerate(line)]
    # four units differ, so 8 of 20 values; 14 zeros and 6 ones make 2 * 14 * 6 = 168 differing pairs by chance
    alpha = krippendorff_alpha(answers(rows)).value
    assert alpha == pytest.approx(1 - 19 * 8 / 168)
    assert alpha == pytest.approx(0.095, abs=0.0005)


def test_alpha_of_perfect_agreement_and_of_one_label_only():
    perfect = answers([(item, who, item % 2) for item in range(6) for who in "ab"])
    assert krippendorff_alpha(perfect).value == 1.0
    uniform = answers([(item, who, "x") for item in range(6) for who in "ab"])
    assert math.isnan(krippendorff_alpha(uniform).value)


def test_alpha_is_deterministic_and_narrows_with_more_items():
    frame = reliability_data()
    assert krippendorff_alpha(frame, seed=3) == krippendorff_alpha(frame, seed=3)
    assert krippendorff_alpha(frame, seed=3).low != krippendorff_alpha(frame, seed=4).low
    wide = krippendorff_alpha(frame)
    narrow = krippendorff_alpha(pd.concat([frame.assign(item=frame["item"] + 100 * k) for k in range(20)]))
    assert narrow.n == 20 * wide.n
    assert narrow.high - narrow.low < (wide.high - wide.low) / 3


def test_kappa_by_hand():
    # 20 both yes, 5 yes/no, 10 no/yes, 15 both no: observed .7, by chance .5 * .6 + .5 * .4 = .5
    a = ["yes"] * 25 + ["no"] * 25
    b = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    interval = cohen_kappa(a, b)
    assert interval.value == pytest.approx(0.4)
    assert interval.low < 0.4 < interval.high
    assert interval.n == 50


def test_kappa_below_chance_and_undefined():
    assert cohen_kappa(["x", "y"], ["y", "x"]).value == -1.0
    assert math.isnan(cohen_kappa(["x", "x"], ["x", "x"]).value)
    assert cohen_kappa([], []).n == 0


def test_kappa_leaves_out_items_one_of_them_left_blank():
    assert cohen_kappa(["x", "y", None], ["x", "y", "x"]).n == 2


def test_disagreement_rate_counts_items_with_two_answers():
    frame = answers(
        [(1, "a", "x"), (1, "b", "y"), (2, "a", "x"), (2, "b", "x"), (3, "a", "y"), (4, "a", "x"), (4, "b", None)]
    )
    interval = disagreement_rate(frame)
    assert (interval.value, interval.n) == (0.5, 2)
    assert 0 < interval.low < 0.5 < interval.high < 1


def test_changing_ones_mind_is_no_disagreement():
    frame = answers([(1, "a", "y"), (1, "b", "x"), (1, "a", "x")])
    assert disagreement_rate(frame).value == 0.0
    assert krippendorff_alpha(frame).n == 1


def test_confusion_pairs_by_hand():
    frame = answers(
        [(1, "a", "x"), (1, "b", "y"), (2, "a", "y"), (2, "b", "x"), (2, "c", "x"), (3, "a", "x"), (3, "b", "z")]
        + [(4, "a", "x"), (4, "b", "x"), (5, "a", "x"), (5, "b", "y"), (5, "c", "z")]
    )
    pairs = confusion_pairs(frame)
    assert pairs.to_dict("list") == {
        "label": ["x", "x", "y"], "other": ["y", "z", "z"], "count": [3, 2, 1], "share": [0.75, 0.5, 0.25],
    }  # fmt: skip
    assert len(confusion_pairs(frame, top=1)) == 1


def test_nothing_and_one_item():
    nothing, one = answers([]), answers([(1, "a", "x")])
    for frame in (nothing, one):
        assert math.isnan(krippendorff_alpha(frame).value)
        rate = disagreement_rate(frame)
        assert (rate.n, rate.low, rate.high) == (0, 0.0, 1.0)
        assert list(confusion_pairs(frame).columns) == ["label", "other", "count", "share"]
        assert confusion_pairs(frame).empty


def test_alpha_and_kappa_agree_for_two_annotators_and_many_items():
    random = np.random.default_rng(0)
    truth = random.integers(0, 4, 5000)
    a, b = (np.where(random.random(5000) < 0.8, truth, random.integers(0, 4, 5000)) for _ in range(2))
    item, annotator = np.tile(np.arange(5000), 2), np.repeat([0, 1], 5000)
    alpha = krippendorff_alpha(pd.DataFrame({"item": item, "annotator": annotator, "label": np.r_[a, b]}))
    kappa = cohen_kappa(a, b)
    assert alpha.value == pytest.approx(kappa.value, abs=2e-3)
    assert alpha.low == pytest.approx(kappa.low, abs=5e-3)
