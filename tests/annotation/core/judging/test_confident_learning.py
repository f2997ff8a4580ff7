"""Confident learning by hand, on five items of three classes."""

import numpy as np
import pytest

from annotation.core.judging.confident_learning import confident, confident_class, label_issues, thresholds

LABELS = np.array([0, 0, 1, 1, 2])
PROBABILITIES = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.3, 0.6, 0.1], [0.1, 0.8, 0.1], [0.35, 0.35, 0.3]])


def test_thresholds_are_what_is_usual_for_a_class():
    assert thresholds(LABELS, PROBABILITIES) == pytest.approx([0.5, 0.7, 0.3])
    assert thresholds(np.array([0, 0, -1, -1, 0]), PROBABILITIES) == pytest.approx([(0.8 + 0.2 + 0.35) / 3, 2, 2])


def test_scores_and_joint_by_hand():
    found = confident(LABELS, PROBABILITIES)
    assert found.self_confidence.tolist() == [0.8, 0.2, 0.6, 0.8, 0.3]
    assert found.margin == pytest.approx([0.7, -0.5, 0.3, 0.7, -0.05])
    assert found.belongs.tolist() == [0, 1, -1, 1, 2], "the third reaches no class; the fifth only its own"
    assert found.joint.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]


def test_where_several_classes_are_reached_the_likeliest_counts():
    probabilities = np.array([[0.45, 0.55], [0.5, 0.5], [0.4, 0.6]])
    assert confident(np.array([0, 1, 1]), probabilities).belongs.tolist() == [1, 0, 1]


def test_the_pruned_labels_are_those_that_prefer_another_class_most():
    found = confident(LABELS, PROBABILITIES)
    assert label_issues(LABELS, PROBABILITIES, found).tolist() == [False, True, False, False, False]


def test_no_class_loses_its_last_item():
    labels, probabilities = np.array([0, 1, 1]), np.array([[0.1, 0.9], [0.1, 0.9], [0.2, 0.8]])
    assert not label_issues(labels, probabilities, confident(labels, probabilities)).any()


def test_without_a_confident_class_the_label_stands():
    assert confident_class(PROBABILITIES, LABELS).tolist() == [0, 1, 1, 1, 2]
    assert confident_class(PROBABILITIES, np.full(5, -1)).tolist() == [-1] * 5


def test_one_class_and_nothing_at_all():
    assert confident(np.zeros(3, int), np.ones((3, 1))).belongs.tolist() == [0, 0, 0]
    assert confident(np.zeros(0, int), np.zeros((0, 2))).joint.tolist() == [[0, 0], [0, 0]]
