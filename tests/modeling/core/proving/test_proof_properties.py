"""Whatever the predictions are: what a comparison may and may not say."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from modeling.core.proving.paired import exchange_p, share_by_group
from modeling.core.proving.proof import at_look, compare

K = 3


@st.composite
def sides(draw, most=80):
    """truth, before, after and the near-duplicate groups of n rows."""
    n = draw(st.integers(20, most))
    dice = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    truth = dice.integers(0, K, n)
    skills = draw(st.tuples(st.floats(0, 1), st.floats(0, 1)))
    before, after = (np.where(dice.random(n) < skill, truth, dice.integers(0, K, n)) for skill in skills)
    groups = dice.integers(0, draw(st.integers(12, n + 12)), n)
    return truth, before, after, groups


def compared(truth, before, after, metric="accuracy", **more):
    return compare(truth, before, after, K, metric, 1, **more)


@settings(max_examples=60, deadline=None)
@given(sides(), st.sampled_from(["accuracy", "macro_f1"]))
def test_what_is_better_one_way_is_worse_the_other(of, metric):
    truth, before, after, groups = of
    there = compared(truth, before, after, metric, groups=groups)
    back = compared(truth, after, before, metric, groups=groups)
    assert np.isclose(there.difference["value"], -back.difference["value"])
    assert np.isclose(there.difference["low_planned"], -back.difference["high_planned"])
    assert {there.verdict, back.verdict} in ({"better", "worse"}, {"not distinguishable"})
    assert np.isclose(there.mcnemar_p, back.mcnemar_p)


@settings(max_examples=60, deadline=None)
@given(sides(), st.integers(0, 2**32 - 1))
def test_the_order_of_rows_and_the_names_of_groups_say_nothing(of, seed):
    truth, before, after, groups = of
    shuffled = np.random.default_rng(seed).permutation(len(truth))
    one = compared(truth, before, after, groups=groups)
    other = compared(truth[shuffled], before[shuffled], after[shuffled], groups=7_000 - 3 * groups[shuffled])
    assert one.verdict == other.verdict and one.flips == other.flips
    for name in ("value", "low", "high", "low_planned", "high_planned"):
        assert np.isclose(one.difference[name], other.difference[name])


@settings(max_examples=60, deadline=None)
@given(sides())
def test_limits_hold_the_value_and_those_for_more_looks_hold_those_for_fewer(of):
    truth, before, after, groups = of
    one, many = (compared(truth, before, after, groups=groups, planned_looks=looks) for looks in (1, 20))
    for proof in (one, many):
        found = proof.difference
        assert found["low"] <= found["value"] <= found["high"]
        assert found["low"] < found["high"]
    assert many.difference["low_planned"] <= one.difference["low_planned"]
    assert many.difference["high_planned"] >= one.difference["high_planned"]


@settings(max_examples=60, deadline=None)
@given(sides())
def test_no_verdict_against_the_paired_test(of):
    """Single rows: never better or worse where exact McNemar at the planned level says it may be chance."""
    truth, before, after, _ = of
    proof = compared(truth, before, after)
    won, lost = proof.flips["mended"], proof.flips["broken"]
    p = binomtest(won, won + lost).pvalue if won + lost else 1.0
    assert np.isclose(proof.mcnemar_p, p)
    if p >= 0.05 / proof.planned_looks:
        assert proof.verdict == "not distinguishable"
    if proof.verdict == "better":
        assert won > lost
    if proof.verdict == "worse":
        assert lost > won


@settings(max_examples=40, deadline=None)
@given(sides())
def test_the_same_predictions_are_never_told_apart(of):
    truth, before, _, groups = of
    proof = compared(truth, before, before, groups=groups)
    assert proof.verdict == "not distinguishable" and proof.mcnemar_p == 1 and proof.difference["value"] == 0


@settings(max_examples=40, deadline=None)
@given(sides(most=40), st.integers(2, 6))
def test_copies_of_every_row_prove_no_more(of, copies):
    """The planned limits of rows copied c times, each with its copies a group, are not narrower."""
    truth, before, after, _ = of
    groups = np.arange(len(truth))
    one = compared(truth, before, after, groups=groups)
    many = compared(*(np.repeat(part, copies) for part in (truth, before, after)), groups=np.repeat(groups, copies))
    width = [proof.difference["high_planned"] - proof.difference["low_planned"] for proof in (one, many)]
    assert width[1] >= width[0] - 1e-9
    assert many.verdict == one.verdict


@settings(max_examples=40, deadline=None)
@given(sides(), st.integers(11, 50))
def test_more_looks_than_planned_settle_nothing(of, looks):
    truth, before, after, _ = of
    proof = compared(truth, before, after)
    assert at_look(proof, looks).verdict == "exploratory"
    assert at_look(proof, 10).verdict == proof.verdict
    assert at_look(proof, 1, refusal="No.").verdict == "refused"


@settings(max_examples=60, deadline=None)
@given(sides())
def test_a_share_lies_within_its_limits(of):
    truth, before, _, groups = of
    found = share_by_group(before == truth, groups)
    assert 0 <= found.low <= found.value <= found.high <= 1 and found.low < found.high


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=1, max_size=60), st.integers(1, 20))
def test_exchanging_groups_is_exact_where_there_are_few(values, n_groups):
    """Against all 2^g ways to exchange at most ten groups."""
    values = np.array(values)
    groups = np.arange(len(values)) % min(n_groups, 10)
    sums = np.bincount(groups, values)
    signs = np.array(np.meshgrid(*[[-1, 1]] * len(sums))).reshape(len(sums), -1)
    expected = np.mean(np.abs(sums @ signs) >= abs(sums.sum()) - 1e-9)
    assert np.isclose(exchange_p(values, groups), expected)
