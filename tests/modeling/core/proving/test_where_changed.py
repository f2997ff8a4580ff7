"""Slices by hand, and how like rows are to others."""

import numpy as np
import pandas as pd
import pytest

from annotation.core.fields import Field
from annotation.core.intervals import Interval
from modeling.core.proving.nearest import likeness_to_nearest, most_alike_among, thirds
from modeling.core.proving.slices import slice_changes, slice_verdict

TEXT = (Field("text", "text"),)


def table(*texts):
    return pd.DataFrame({"text": list(texts)})


def test_slices_by_hand_each_judged_at_the_corrected_level():
    asked = []

    def judge(before, after, units, weights, level):
        asked.append((len(before), units.tolist(), level))
        return Interval(float(after.mean() - before.mean()), -0.5, 0.5, len(before))

    was, now = np.array([1, 0, 0, 1, 1], bool), np.array([1, 1, 0, 1, 0], bool)
    found = slice_changes(was, now, np.array(["b", "b", "b", "a", "a"]), np.array([0, 0, 1, 2, 3]), judge)
    assert [(one["slice"], one["n"], one["before"], one["after"]) for one in found] == [
        ("b", 3, pytest.approx(1 / 3), pytest.approx(2 / 3)), ("a", 2, 1.0, 0.5),
    ]  # fmt: skip
    assert asked == [(2, [2, 3], 0.975), (3, [0, 0, 1], 0.975)]
    assert slice_changes(was, now, np.array(["a"] * 5), np.arange(5), judge) == [], "one slice is none"


def test_weights_count_rows_for_more():
    def judge(before, after, units, weights, level):
        return Interval(0.0, -1.0, 1.0, len(before))

    right = np.array([1, 0, 1, 1], bool)
    weights = np.array([3.0, 1.0, 1.0, 1.0])
    found = slice_changes(right, right, np.array([0, 0, 1, 1]), np.arange(4), judge, weights)
    assert found[0]["before"] == 0.75


def test_the_small_verdict_goes_by_its_own_interval():
    of = {"slice": "a", "n": 9, "before": 0.5, "after": 0.5, "difference": 0.0}
    told = [slice_verdict({**of, "low": low, "high": high}, 0.01) for low, high in
            [(0.001, 0.2), (-0.2, -0.001), (-0.009, 0.009), (-0.02, 0.009)]]  # fmt: skip
    assert told == ["better", "worse", "equivalent", "not distinguishable"]
    assert slice_verdict({**of, "low": -0.009, "high": 0.009}, None) == "not distinguishable"


def test_the_most_alike_first_and_strangers_never():
    among = table("refund of the card payment", "password reset link", "refund for a card that was declined", "qqq zzz")
    (near,) = most_alike_among(table("refund of my card payment please"), among, TEXT, 3)
    assert [at for at, _ in near][:2] == [0, 2] and near[0][1] > near[1][1] > 0.15
    assert 3 not in [at for at, _ in near]
    assert most_alike_among(table("a"), table(), TEXT, 3) == [[]]


def test_likeness_to_the_nearest_and_its_thirds():
    among = table("refund of the card payment", "password reset link")
    asked = table("refund of the card payment", "the reset link of a password", "weather in Lisbon")
    likeness = likeness_to_nearest(asked, among, TEXT)
    assert likeness[0] == pytest.approx(1.0) and likeness[0] > likeness[1] > likeness[2] >= 0
    named = thirds(likeness)
    assert named[0].startswith("most like a training item") and named[2].startswith("least like any training item")
    assert len(set(thirds(np.ones(5)))) == 1 and len(thirds(np.zeros(0))) == 0
    assert likeness_to_nearest(asked, table(), TEXT).tolist() == [0, 0, 0]
