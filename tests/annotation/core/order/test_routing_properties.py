"""Whatever waits and whoever asks: what the order may and may not do."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.core.order.routing import LEAST_FACTOR, MOST_FACTOR, OpenCases, rank, worth_to


@st.composite
def queues(draw):
    """Open cases with the chances of who asks and of the others; scores are often the same."""
    n = draw(st.integers(0, 40))
    dice = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    score = dice.integers(0, 5, n) / 4
    cases = OpenCases(
        score, dice.integers(-1, 3, n), dice.integers(-1, 3, n), dice.random(n), dice.integers(-1, 2, n),
        dice.integers(0, 3, n),
    )  # fmt: skip
    return cases, dice.integers(0, 5, n) / 4, dice.integers(0, 5, n) / 4


@settings(max_examples=100, deadline=None)
@given(queues(), st.floats(0, 1), st.integers(0, 50))
def test_the_first_are_the_first_of_all(queue, least, first):
    cases, own, others = queue
    whole = rank(cases, own, others, least)
    assert rank(cases, own, others, least, first).tolist() == whole[:first].tolist()
    assert len(set(whole.tolist())) == len(whole)


@settings(max_examples=100, deadline=None)
@given(queues(), st.floats(0.01, 1))
def test_a_case_is_left_out_only_where_somebody_else_reaches_the_bar(queue, least):
    cases, own, others = queue
    left = set(range(len(cases))) - set(rank(cases, own, others, least).tolist())
    assert left == {n for n in range(len(cases)) if own[n] < least <= others[n]}
    assert len(rank(cases, own, np.zeros_like(others), least)) == len(cases)


@settings(max_examples=100, deadline=None)
@given(queues())
def test_worth_never_rises_along_the_order_and_ties_go_by_answers_begun(queue):
    cases, own, others = queue
    order = rank(cases, own, others)
    value = worth_to(cases, own, others)[order]
    assert (np.diff(value) <= 1e-12).all()
    for here, there in zip(order, order[1:], strict=False):
        if value[order == here] == value[order == there] and cases.score[here] == cases.score[there]:
            assert (-cases.answers[here], here) < (-cases.answers[there], there)


@settings(max_examples=100, deadline=None)
@given(queues())
def test_being_better_than_others_counts_within_its_bounds(queue):
    cases, own, others = queue
    plain = worth_to(cases, own, np.zeros_like(others))
    assert np.allclose(plain, own * cases.score)
    value = worth_to(cases, own, others)
    alone = others <= 0
    assert np.allclose(value[alone], plain[alone])
    assert (value >= plain * LEAST_FACTOR - 1e-12).all() and (value <= plain * MOST_FACTOR + 1e-12).all()
