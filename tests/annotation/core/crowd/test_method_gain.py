import numpy as np
import pytest

from annotation.core.crowd.method_gain import (
    Heard,
    beside_majority,
    gain_of,
    heard_from_model,
    heard_from_votes,
    silent,
)
from tests.annotation.core.crowd.crowd_by_hand import votes

# item 0: two against one, item 1: a tie, item 2: one mind, item 3: nobody
SAID = votes((0, 0, 1), (0, 1, 1), (0, 2, 0), (1, 0, 0), (1, 1, 1), (2, 0, 0), (2, 1, 0), n_items=4)


def test_a_label_overrules_a_majority_breaks_a_tie_or_agrees():
    beside = beside_majority(SAID, np.array([0, 1, 0, 1]))
    assert beside.majority.tolist() == [1, -1, 0, -1]
    assert beside.overrules.tolist() == [True, False, False, False]
    assert beside.breaks.tolist() == [False, True, False, False]
    assert beside.agreed.tolist() == [-1, -1, 0, -1]


def test_no_label_differs_from_nothing():
    beside = beside_majority(SAID, np.full(4, -1))
    assert not beside.overrules.any() and not beside.breaks.any()


def test_a_held_out_answer_speaks_for_whoever_gave_it():
    for given, sign in ((1, 1), (0, -1)):
        heard = heard_from_votes(SAID, np.array([1, 1, 0, -1]), np.array([1]), np.array([given]))
        # nothing was heard where both agree, so an answer is right two times in four: it tells nothing
        assert heard.on_ties[1].tolist() == [0, 0]
        item, answers = np.array([0] * 8 + [2] * 8 + [1]), np.array([1] * 8 + [0] * 8 + [given])
        heard = heard_from_votes(SAID, np.array([1, 1, 0, -1]), item, answers)
        above, below = heard.on_ties[1]
        assert np.sign(above / below - 0.5) == sign
        assert not heard.on_overruled.any()


def test_the_model_is_read_against_its_own_error():
    """Of the rare class it recognises half, of the other nine in ten: half of the overruled said rare means all are."""
    label = np.repeat([1, 0, 1], [1000, 1000, 200])
    rows = [(item, who, 0 if item >= 2000 else label[item]) for item in range(2200) for who in range(2)]
    rare = np.repeat([0.9, 0.1, 0.9, 0.1, 0.9, 0.1], [500, 500, 100, 900, 100, 100])
    said = votes(*rows)
    found = gain_of(said, label, heard_from_model(said, label, np.stack([1 - rare, rare], axis=1)))
    assert found.value == pytest.approx(200 / 2200, abs=0.005)
    assert found.differs == 200 and found.interval.low > 0


def test_where_nobody_speaks_nothing_is_gained():
    found = gain_of(SAID, np.array([0, 1, 0, -1]), silent(4))
    assert found.value == 0 and found.differs == 2


def test_ties_broken_well_stand_for_what_nothing_bears_on():
    on_ties = np.zeros((4, 2))
    on_ties[1] = (50.0, 50.0)
    found = gain_of(SAID, np.array([0, 1, 0, -1]), Heard(on_ties, np.zeros((4, 2))))
    right = 50.5 / 51
    assert found.value == pytest.approx((right - 0.5) / 4 + (2 * right - 1) / 4)


def test_one_gain_is_surely_more_only_beyond_the_error_of_the_difference():
    apart = [gain_of(SAID, np.array([0, 1, 0, -1]), silent(4)) for _ in range(2)]
    assert not apart[0].surely_more(apart[1])
