import numpy as np
import pytest

from annotation.core.crowd.consensus_choice import estimate
from annotation.core.crowd.contested_items import READINGS, contested_items, expected_gain
from annotation.core.crowd.expected_shares import expected_shares
from annotation.core.crowd.skill import measure_skills
from annotation.core.crowd.votes import Votes
from tests.annotation.core.crowd.crowd_by_hand import crowd, votes


def contested(said):
    found = estimate(said)
    skills = measure_skills(said, found.held_out, found.fit.probabilities[said.item])
    return contested_items(said, found.fit.probabilities, found.label, skills, expected_shares(said))


def with_rows(said, *rows):
    """The votes, and further rows on items of their own."""
    item, annotator, label = np.array(rows).T
    return Votes(
        np.concatenate([said.item, said.n_items + item]), np.concatenate([said.annotator, annotator]),
        np.concatenate([said.label, label]), said.n_items + item.max() + 1, said.n_annotators, said.n_classes,
    )  # fmt: skip


def test_an_answer_that_is_always_right_removes_all_doubt():
    even, sure = np.array([[0.5, 0.5], [1.0, 0.0]])
    assert expected_gain(np.array([even, sure]), np.eye(2)) == pytest.approx([1.0, 0.0])
    assert expected_gain(np.array([even]), np.full((2, 2), 0.5)) == pytest.approx([0.0])
    # a binary symmetric channel that errs one time in ten: 1 − H(.1)
    assert expected_gain(np.array([even]), np.array([[0.9, 0.1], [0.1, 0.9]])) == pytest.approx([0.531], abs=1e-3)


def test_errors_honest_differences_and_those_to_ask_about():
    """Annotators 0 to 3 are good, 4 errs half the time. Item a: four good against 4; b: two good against two good;
    c: 0 against 1 alone."""
    said, _ = crowd(n_items=200, accuracies=(0.9, 0.9, 0.9, 0.9, 0.4), n_classes=2)
    rows = [(0, a, 1) for a in range(4)] + [(0, 4, 0)]
    rows += [(1, 0, 0), (1, 1, 0), (1, 2, 1), (1, 3, 1), (2, 0, 0), (2, 1, 1)]
    found = contested(with_rows(said, *rows))
    reading = dict(zip(found.item.tolist(), (READINGS[code] for code in found.reading), strict=True))
    assert [reading[200 + n] for n in range(3)] == ["error", "honest", "ask"]


def test_who_is_asked_has_not_answered_and_has_a_good_record():
    said, _ = crowd(n_items=200, accuracies=(0.7, 0.7, 0.98, 0.5), n_classes=2)
    found = contested(with_rows(said, (0, 0, 0), (0, 1, 1)))
    assert found.ask[found.item.tolist().index(200)] == 2
    # everybody answered all the other items
    assert set(found.ask[found.item != 200].tolist()) == {-1}


def test_those_that_would_teach_most_come_first():
    found = contested(crowd(share=0.6)[0])
    assert (np.diff(found.gain) <= 0).all() and len(found.gain) > 50
    assert (found.gain >= 0).all()


@pytest.mark.parametrize("said", [votes(n_items=1, n_annotators=1), votes((0, 0, 0), (0, 1, 0), n_classes=1)])
def test_where_nobody_differs_there_is_nothing(said):
    assert len(contested(said).item) == 0


def test_two_annotators_who_share_one_item_only():
    found = contested(votes((0, 0, 0), (0, 1, 1)))
    assert [READINGS[code] for code in found.reading] == ["ask"]
    assert found.ask.tolist() == [-1]
