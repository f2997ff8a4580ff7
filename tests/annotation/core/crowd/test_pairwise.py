import numpy as np
import pandas as pd
import pytest

from annotation.core.crowd.agreement import cohen_kappa
from annotation.core.crowd.conflicting_inputs import inputs_in_conflict
from annotation.core.crowd.pairwise import pairwise_agreement

CLASSES = ["low", "middle", "high"]


def crowd(**said):
    """Each annotator's labels by position, "." = none."""
    names = {"l": "low", "m": "middle", "h": "high"}
    rows = [(at, who, names[one]) for who, line in said.items() for at, one in enumerate(line) if one != "."]
    return pd.DataFrame(rows, columns=["item", "annotator", "label"])


def test_each_two_annotators_are_compared_on_what_both_labelled():
    found = pairwise_agreement(
        crowd(ann="lmhlmhlmhlmh", bob="lmhlmhlmhhhh", cy="lmhlmhlmhl..", dee="lm.........."), CLASSES
    )
    assert found.n == 3 == len(found.pairs)
    by_name = {(pair.one, pair.other): pair for pair in found.pairs}
    assert list(by_name) == [("ann", "bob"), ("bob", "cy"), ("ann", "cy")]
    assert (by_name["ann", "bob"].same.value, by_name["ann", "bob"].same.n) == (pytest.approx(10 / 12), 12)
    codes = [list("012012012012"), list("012012012222")]
    assert by_name["ann", "bob"].kappa.value == pytest.approx(cohen_kappa(*codes).value)
    assert by_name["ann", "cy"].kappa.value == 1.0 and by_name["ann", "cy"].kappa.low < 1.0


def test_two_classes_have_no_order_and_pairs_beyond_the_most_are_counted():
    frame = crowd(**{f"w{at}": "lhlhlhlhlhlh" for at in range(5)})
    found = pairwise_agreement(frame, ["low", "high"], most=4)
    assert (len(found.pairs), found.n) == (4, 10) and found.pairs[0].linear is None is found.pairs[0].quadratic
    assert pairwise_agreement(frame.head(0), CLASSES).pairs == ()


def test_one_class_off_counts_less_where_there_is_an_order():
    [near] = pairwise_agreement(crowd(ann="lmhlmhlmhlmh", bob="lmhlmhlmhmmh"), CLASSES).pairs
    [far] = pairwise_agreement(crowd(ann="lmhlmhlmhlmh", bob="lmhlmhlmhhmh"), CLASSES).pairs
    assert near.same == far.same and near.quadratic.value > far.quadratic.value


def test_share_of_inputs_in_conflict_by_hand():
    #                       conflict   agree   alone
    group = np.array([0, 0, 0, 1, 1, 2, 3, 4, 5, 6])
    label = np.array(list("xxy") + list("zz") + list("xyzxy"))  # fmt: skip
    found = inputs_in_conflict(group, label)
    assert (found.share.value, found.share.n, found.inputs, found.groups, found.units) == (0.3, 10, 3, 1, 7)
    assert found.share.low < 0.3 < found.share.high
    alone = inputs_in_conflict(np.arange(10), label)
    assert alone.share.value == 0 and 0 < alone.share.high < found.share.high
    assert inputs_in_conflict(np.zeros(0), np.zeros(0)).share.n == 0


def test_interval_of_inputs_goes_by_group():
    """Drawn groups of one to twenty: near 95 % of intervals hold the true share, where rows as units would not."""
    held, plain = 0, 0
    for seed in range(300):
        random = np.random.default_rng(seed)
        size = random.integers(1, 21, size=120)
        differs = random.random(120) < 0.12
        group = np.repeat(np.arange(120), size)
        label = np.where(np.repeat(differs & (size > 1), size), np.arange(len(group)), -1 - group)
        found = inputs_in_conflict(group, label).share
        true = 0.12 * (np.arange(2, 21).sum() / np.arange(1, 21).sum())
        held += found.low <= true <= found.high
        narrow = 1.96 * (found.value * (1 - found.value) / found.n) ** 0.5
        plain += abs(found.value - true) <= narrow
    assert 0.92 <= held / 300 <= 1.0 and plain / 300 < 0.7
