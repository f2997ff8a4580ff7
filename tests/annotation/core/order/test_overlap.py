import numpy as np
import pytest

from annotation.core.crowd.expert_skill import ExpertSkill, Measured
from annotation.core.order.overlap import NextStep, next_step, posterior

NOTHING = Measured(*(np.zeros(0),) * 3, np.zeros(0, dtype=int))


def skilled(*rows):
    """Experts with a chance of a right answer by true class, everywhere the same; mistakes are even."""
    chance = np.array(rows, dtype=float)[:, :, np.newaxis]
    k = chance.shape[1]
    return ExpertSkill(NOTHING, NOTHING, NOTHING, chance, (1 - np.eye(k)) / (k - 1), np.full(k, 1 / k))


def test_one_answer_moves_the_prior_by_the_experts_record():
    # .5 · .9 against .5 · (1 − .8)
    found = posterior(np.array([0.5, 0.5]), [0], [0], skilled((0.9, 0.8)))
    assert found == pytest.approx([0.45 / 0.55, 0.10 / 0.55])


def test_answers_of_two_experts_multiply():
    skill = skilled((0.9, 0.9), (0.6, 0.6))
    # one says 0, the other 1: .9 · .4 against .1 · .6
    found = posterior(np.array([0.5, 0.5]), [0, 1], [0, 1], skill)
    assert found == pytest.approx([0.36 / 0.42, 0.06 / 0.42])


def test_the_prior_stands_where_nobody_answered():
    assert posterior(np.array([0.7, 0.3]), [], [], skilled((0.9, 0.9))) == pytest.approx([0.7, 0.3])


def test_a_mistake_is_spread_over_the_other_classes():
    # true 0: .8; true 1 or 2: half of .2
    found = posterior(np.full(3, 1 / 3), [0], [0], skilled((0.8, 0.8, 0.8)))
    assert found == pytest.approx([0.8, 0.1, 0.1])


@pytest.mark.parametrize(
    ("labels", "wanted", "most", "step"),
    [
        ([], 1, 1, NextStep("ask")),
        (["a"], 1, 1, NextStep("settle", "a")),
        (["a"], 2, 3, NextStep("ask")),
        (["a", "a"], 2, 3, NextStep("settle", "a")),
        (["a", "b"], 2, 3, NextStep("ask")),
        (["a", "b", "a"], 2, 3, NextStep("settle", "a")),
        (["a", "b", "c"], 2, 3, NextStep("adjudicate")),
        (["a", "b"], 2, 2, NextStep("adjudicate")),
        (["a", "b", "c", "a"], 2, 5, NextStep("ask")),
        (["a", "b", "c", "a", "a"], 2, 5, NextStep("settle", "a")),
        (["a", "a", "b"], 3, 5, NextStep("ask")),
        (["a", "a", "b", "b"], 2, 4, NextStep("adjudicate")),
        ([0, ":ambiguous", 0], 2, 3, NextStep("settle", 0)),
    ],
)
def test_counting_alone(labels, wanted, most, step):
    assert next_step(labels, wanted, most) == step


def test_the_first_difference_goes_to_the_adjudicator_where_the_lead_wants_that():
    assert next_step(["a", "b"], 2, 5, on_disagreement="adjudicator") == NextStep("adjudicate")
    assert next_step(["a", "a"], 2, 5, on_disagreement="adjudicator") == NextStep("settle", "a")


def test_a_sure_posterior_stops_early_only_where_that_is_switched_on():
    sure = {"a": 0.97, "b": 0.03}
    assert next_step(["a"], 2, 3, sure) == NextStep("ask")
    assert next_step(["a"], 2, 3, sure, early=True) == NextStep("settle", "a")
    assert next_step(["a"], 2, 3, {"a": 0.94}, early=True) == NextStep("ask")


def test_a_label_nobody_gave_is_never_settled():
    assert next_step(["a"], 2, 3, {"b": 0.99}, early=True) == NextStep("ask")
    assert next_step(["a", "c", "d"], 2, 3, {"b": 0.99}) == NextStep("adjudicate")


def test_a_sure_posterior_settles_a_difference_after_one_answer_more_than_wanted():
    sure = {"a": 0.97, "b": 0.02, "c": 0.01}
    assert next_step(["a", "b"], 2, 5, sure) == NextStep("ask")
    assert next_step(["a", "b", "c"], 2, 5, sure) == NextStep("settle", "a")
    assert next_step(["a", "b", "a", "b"], 3, 5, sure) == NextStep("settle", "a")


def test_a_majority_against_a_sure_posterior_goes_on_and_then_to_the_adjudicator():
    sure = {"a": 0.03, "b": 0.97}
    assert next_step(["a", "a", "b"], 2, 5, sure) == NextStep("ask")
    assert next_step(["a", "a", "b"], 2, 3, sure) == NextStep("adjudicate")
