"""What slices say, and how like rows are to others."""

import numpy as np
import pandas as pd
import pytest

from annotation.core.fields import Field
from modeling.core.proving.nearest import likeness_to_nearest, most_alike_among, thirds
from modeling.core.proving.slices import slice_verdict

TEXT = (Field("text", "text"),)


def table(*texts):
    return pd.DataFrame({"text": list(texts)})


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
