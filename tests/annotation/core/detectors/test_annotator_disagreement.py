from dataclasses import replace

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
    assert 0.4 < said.score[0] < 0.6 and said.score[1:].tolist() == [0, 0]
    assert said.suggested.tolist()[1:] == [-1, -1]
    assert said.reasons == ["Of 2 annotators 1 says “a”, 1 says “b”."]


def test_a_dissenter_with_a_good_record_weighs_more():
    """On both last items two of three say a; once the third is a good annotator, once a poor one."""
    said, truth = crowd(n_items=200, accuracies=(0.6, 0.6, 0.6, 0.95, 0.95), n_classes=2)
    rows = [*zip(said.item, said.annotator, said.label, strict=True)]
    rows += [(200, 0, 0), (200, 1, 0), (200, 3, 1), (201, 0, 0), (201, 1, 1), (201, 3, 0)]
    score = DETECTOR.judge(evidence(rows, [*truth, 0, 0], 5)).score
    assert score[200] > score[201] + 0.05


def test_a_contested_item_without_a_label_is_as_doubtful_as_a_guess():
    seen = evidence([(0, 0, 0), (0, 1, 1), (1, 0, 1)], [-1, 1], 2)
    said = DETECTOR.judge(seen)
    assert 0.2 < said.score[0] <= 0.5 and said.score[1] == 0 and said.flagged.tolist() == [True, False]


def split_crowd():
    """Items 0 to 5: two of four annotators against two. 6 to 11: three against one. The rest: of one mind."""
    rows = []
    for item in range(60):
        for who in range(4):
            against = who < 2 if item < 6 else who == item % 4 if item < 12 else False
            rows.append((item, who, int(against) if item % 2 else 1 - int(against)))
    return rows


def test_an_even_split_of_several_is_set_aside_for_the_guideline_and_a_lone_voice_is_not():
    labels = [-1] * 6 + [1 - item % 2 for item in range(6, 60)]
    said = DETECTOR.judge(evidence(split_crowd(), labels, 4))
    [finding] = said.findings
    assert finding.kind == "honest_difference" and sorted(finding.items.tolist()) == list(range(6))
    assert (finding.n, finding.value) == (12, 0.5)
    assert np.flatnonzero(said.aside).tolist() == list(range(6))
    assert np.flatnonzero(said.flagged).tolist() == list(range(6, 12))


def test_fewer_even_splits_than_make_a_finding_stay_cases():
    rows = [one for one in split_crowd() if one[0] > 1]
    said = DETECTOR.judge(evidence(rows, [-1] * 6 + [1] * 54, 4))
    assert said.findings == [] and not said.aside.any()
    assert said.flagged[2:6].all()


def test_a_split_that_an_expert_decided_is_no_longer_asked_for():
    seen = evidence(split_crowd(), [0] * 60, 4)
    decided = np.arange(60) < 4
    assert DETECTOR.judge(replace(seen, decided=decided)).findings == []


def test_a_lone_label_among_many_is_more_suspicious_than_one_side_of_a_split():
    """The label carried is the lone one on items 6 to 11, and one of two sides on items 0 to 5."""
    seen = evidence(split_crowd(), [1] * 6 + [item % 2 for item in range(6, 12)] + [0] * 48, 4)
    score = DETECTOR.judge(seen).score
    assert score[6:12].min() > score[:6].max()


def test_a_later_answer_counts_in_place_of_the_earlier():
    seen = evidence([(0, 0, 1), (0, 1, 0), (0, 0, 0)], [0], 2)
    assert DETECTOR.judge(seen).score.tolist() == [0]


def test_where_no_item_has_two_annotators_there_is_nobody_to_disagree():
    with pytest.raises(NotApplicable, match="No item has labels of two annotators."):
        DETECTOR.judge(evidence([(0, 0, 1), (1, 1, 0)], [1, 0], 2))
