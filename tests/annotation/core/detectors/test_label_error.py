from dataclasses import replace

import numpy as np
import pytest

from annotation.core.detectors.label_error import LabelError
from annotation.core.intervals import wilson
from annotation.core.judging.confident_learning import honest_overlap
from tests.annotation.core.detectors.evidence_by_hand import evidence_of

DETECTOR = LabelError()


def mixed(share, overlap, n=200):
    """Two classes of n items; `share` of those that look like the second carry the first. overlap: what a model fitted
    without the doubted labels finds of the first class there, None = it is taken from the probabilities."""
    swapped = int(share * n)
    labels = np.array([0] * n + [0] * swapped + [1] * (n - swapped))
    says = np.array([[0.98, 0.02]] * n + [[0.02, 0.98]] * n)
    there = None if overlap is None else np.array([[1 - overlap, overlap], [overlap, 1 - overlap]])
    return replace(evidence_of(labels, says), overlap=there)


def test_a_pair_counts_by_what_honest_confusion_leaves_of_it():
    doubt = DETECTOR.read(mixed(0.4, 0.1))
    assert doubt.joint[0, 1] == 80 and doubt.joint[:, 1].sum() == 200
    assert doubt.excess[0, 1] == pytest.approx(2 * np.log(wilson(80, 200).low / 0.1))
    assert doubt.excess[1, 0] == 0


def test_symmetric_overlap_that_the_model_itself_expects_is_no_evidence():
    """A third of each class looks like the other one, and the model says so of every item."""
    labels = np.array(([0] * 2 + [1]) * 100 + ([1] * 2 + [0]) * 100)
    says = np.array([[2 / 3, 1 / 3]] * 300 + [[1 / 3, 2 / 3]] * 300)
    doubt = DETECTOR.read(evidence_of(labels, says))
    assert (doubt.excess == 0).all() and DETECTOR.judge(evidence_of(labels, says)).findings == []
    assert doubt.score == pytest.approx(1 - says[np.arange(600), labels], abs=0.001)


def test_a_few_in_a_hundred_are_honest_whatever_the_model_says():
    assert (DETECTOR.read(mixed(0.02, 0.0)).excess == 0).all()


@pytest.mark.parametrize(
    ("says", "flagged"),
    [
        ((0.1, 0.9), True),
        ((0.39, 0.61), True),
        ((0.41, 0.59), False),
        ((0.3, 0.4, 0.3), False),
        ((0.2, 0.5, 0.3), False),
        ((0.2, 0.52, 0.28), True),
    ],
)
def test_a_label_is_flagged_where_one_other_class_is_half_as_likely_again_and_likelier_than_the_rest(says, flagged):
    labels = np.array([0] + [0, 1, 2][: len(says)] * 20)
    rest = np.eye(len(says))[labels[1:]] * 0.9 + 0.1 / len(says)
    judgement = DETECTOR.judge(evidence_of(labels, np.vstack([[says], rest]), classes=tuple("abc"[: len(says)])))
    assert bool(judgement.flagged[0]) == flagged and not judgement.flagged[1:].any()


def test_a_model_that_knows_nothing_flags_nothing():
    labels = np.arange(90) % 3
    judgement = DETECTOR.judge(evidence_of(labels, np.full((90, 3), 1 / 3), classes=("a", "b", "c")))
    assert not judgement.flagged.any() and judgement.findings == []


def test_overlap_is_what_the_model_gives_on_average():
    says = np.array([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9]])
    assert honest_overlap(np.array([0, 0, 1]), says) == pytest.approx(np.array([[0.7, 0.1], [0.3, 0.9]]))
    assert honest_overlap(np.array([-1, 0, 0]), says)[:, 1].tolist() == [0.0, 0.0]
