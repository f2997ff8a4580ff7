import numpy as np
import pytest

from annotation.core.artifacts import arrays_to_bytes, bytes_to_arrays
from annotation.core.intervals import wilson
from annotation.core.order import explaining
from annotation.core.order.explaining import (
    Explanation,
    explanation_arrays,
    explanation_of,
    model_sentence,
    neighbour_sentence,
    record_sentence,
    suspects_sentence,
)
from tests.annotation.core.detectors.evidence_by_hand import evidence_of

CLASSES = ("a", "b", "c", "d")
IDS = np.array([70, 30, 50])


def kept(shown=(True, True, True), labels=(0, 1, -1), **more):
    probabilities = np.array([[0.1, 0.6, 0.2, 0.1], [0.05, 0.9, 0.04, 0.01], [0.25, 0.25, 0.25, 0.25]])
    near = np.array([[1, 2], [0, -1], [-1, -1]])
    similarity = np.array([[0.75, 0.5], [0.75, 0], [0, 0]])
    seen = evidence_of(labels, probabilities, classes=CLASSES, neighbours=(near, similarity), **more)
    return explanation_arrays(seen, IDS, np.array(shown), np.array([0.2, 0.9, 0.5]))


def test_neighbours_are_items_and_the_likeliest_classes_come_first():
    stored = bytes_to_arrays(arrays_to_bytes(**kept()))
    one = explanation_of(stored, 70)
    assert one.neighbours == ((30, 0.75), (50, 0.5))
    assert [code for code, _ in one.best] == [1, 2, 0] and one.best[0][1] == pytest.approx(0.6)
    assert one.given == pytest.approx(0.1)
    assert explanation_of(stored, 50).given is None and explanation_of(stored, 50).neighbours == ()


def test_items_without_a_flag_are_not_kept():
    stored = kept(shown=(False, True, False))
    assert stored["why_item"].tolist() == [30]
    assert explanation_of(stored, 70) is None and explanation_of({}, 70) is None


def test_of_too_many_the_highest_scores_are_kept_in_order_of_items(monkeypatch):
    monkeypatch.setattr(explaining, "MOST_ITEMS", 2)
    assert kept()["why_item"].tolist() == [30, 50]


def test_types_are_small():
    stored = kept()
    assert {name: str(one.dtype) for name, one in stored.items()} == {
        "why_item": "int64", "why_neighbour": "int64", "why_similarity": "float32", "why_given": "float32",
        "why_best": "int32", "why_share": "float32",
    }  # fmt: skip


def test_without_a_model_or_items_nothing_is_kept_of_them():
    bare = explanation_arrays(evidence_of([0]), np.array([5]), np.array([True]), np.array([1.0]))
    assert explanation_of(bare, 5) == Explanation(5, (), (), None)
    empty = explanation_arrays(evidence_of([]), np.zeros(0, int), np.zeros(0, bool), np.zeros(0))
    assert explanation_of(empty, 5) is None


@pytest.mark.parametrize(
    ("carried", "label", "sentence"),
    [
        (["b", "b", "b", "a"], "a", "Of its 4 nearest neighbours 3 carry “b”, 1 carries “a” as this item does."),
        (["b"], "a", "Of its one near neighbour 1 carries “b”, none carries “a” as this item does."),
        (["b", "c"], "", "Of its 2 nearest neighbours 1 carries “b”, 1 carries “c”."),
        ([], "a", ""),
    ],
)
def test_what_the_neighbours_carry(carried, label, sentence):
    assert neighbour_sentence(carried, label) == sentence


def test_what_the_model_says():
    says = Explanation(1, (), ((1, 0.6), (2, 0.3)), 0.004)
    assert model_sentence(says, "a", CLASSES) == (
        "A model that never saw this item gives its label “a” less than 1 % and “b” 60 %."
    )
    assert model_sentence(says, "b", CLASSES).endswith("agrees with its label: “b” 60 %.")
    assert model_sentence(says, "", CLASSES) == "A model that never saw this item gives “b” 60 %."
    assert model_sentence(Explanation(1, (), (), None), "a", CLASSES) == ""


def test_an_annotators_record_says_who_judged():
    assert record_sentence("ann", "a", "b", wilson(4, 12), True) == (
        "Of 12 labels “a” by ann that experts judged, 4 became “b” (33 %)."
    )
    assert record_sentence("ann", "a", "b", wilson(1, 1), False) == (
        "Of 1 label “a” by ann on items that others labelled too, 1 is now “b” (100 %)."
    )
    assert record_sentence("ann", "a", "b", wilson(0, 0), True) == ""


def test_the_suspicious_members_of_a_group_are_named_or_counted():
    labels, names = ["late", "late", "lost"], ["a", "b", "c"]
    assert suspects_sentence(labels, [False, False, True], names) == (
        "Most suspicious is item “c”, which carries “lost”; the 2 others carry “late”."
    )
    assert suspects_sentence(["late", "lost"], [False, True], names) == (
        "Most suspicious is item “b”, which carries “lost”; the other carries “late”."
    )
    assert suspects_sentence(["late", "late", "lost", "found", "lost"], [False, False, True, True, True], []) == (
        "Most suspicious are 3 of the 5 items, which carry “lost” (2) and “found” (1); the 2 others carry “late”."
    )
    assert suspects_sentence(labels, [False] * 3, names) == ""
