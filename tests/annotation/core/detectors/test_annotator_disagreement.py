import numpy as np
import pandas as pd
import pytest

from annotation.core.detectors import DETECTORS
from annotation.core.detectors.suspicion import NotApplicable
from annotation.core.judging.evidence import Evidence
from annotation.core.likeness.near_duplicates import find_groups
from tests.annotation.core.crowd.crowd_by_hand import crowd

DETECTOR = DETECTORS["annotator_disagreement"]


def evidence(rows, labels, n_annotators, n_classes=2):
    texts = [f"text {n}" for n in range(len(labels))]
    votes = pd.DataFrame(rows, columns=["item", "annotator", "label"])
    return Evidence(
        pd.DataFrame({"text": texts}), (), tuple("abcdef"[:n_classes]), np.array(labels), votes,
        tuple(f"w{n}" for n in range(n_annotators)), find_groups(texts),
    )  # fmt: skip


def test_two_equals_who_differ_leave_half_a_doubt():
    seen = evidence([(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 1), (2, 0, 0), (2, 1, 0)], [0, 1, 0], 2)
    said = DETECTOR.judge(seen)
    assert said.score == pytest.approx([0.5, 0, 0], abs=1e-6)
    assert said.suggested.tolist()[1:] == [-1, -1]
    assert said.reasons == ["Of 2 annotators 1 says “a”, 1 says “b”."]


def test_a_dissenter_with_a_good_record_weighs_more():
    """On both last items two of three say a; once the third is the good annotator, once a poor one."""
    said, truth = crowd(n_items=200, accuracies=(0.6, 0.6, 0.6, 0.95, 0.95), n_classes=2)
    rows = [*zip(said.item, said.annotator, said.label, strict=True)]
    rows += [(200, 0, 0), (200, 1, 0), (200, 3, 1), (201, 0, 0), (201, 1, 1), (201, 3, 0)]
    score = DETECTOR.judge(evidence(rows, [*truth, 0, 0], 5)).score
    assert score[200] > 1 / 3 + 0.2
    assert score[201] < 1 / 3


def test_a_contested_item_without_a_label_is_the_most_suspicious():
    seen = evidence([(0, 0, 0), (0, 1, 1), (1, 0, 1)], [-1, 1], 2)
    assert DETECTOR.judge(seen).score.tolist() == [1, 0]


def test_a_later_answer_counts_in_place_of_the_earlier():
    seen = evidence([(0, 0, 1), (0, 1, 0), (0, 0, 0)], [0], 2)
    assert DETECTOR.judge(seen).score.tolist() == [0]


def test_where_no_item_has_two_annotators_there_is_nobody_to_disagree():
    with pytest.raises(NotApplicable, match="No item has labels of two annotators."):
        DETECTOR.judge(evidence([(0, 0, 1), (1, 1, 0)], [1, 0], 2))
