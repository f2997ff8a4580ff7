import numpy as np
import pytest

from annotation.core.detectors.contested_confident import ContestedConfident
from annotation.core.detectors.suspicion import NotApplicable
from tests.annotation.core.detectors.evidence_by_hand import evidence_of, sure_of

DETECTOR = ContestedConfident()


def votes(*items):
    """Annotators a and b say no and yes of these items."""
    return [(item, who, who) for item in items for who in (0, 1)]


def test_a_contested_label_the_model_surely_rejects_is_flagged():
    seen = evidence_of([0, 0, 0], sure_of([1, 1, 0], 0.9), votes(0, 2))
    said = DETECTOR.judge(seen)
    assert said.score.tolist() == pytest.approx([0.9, 0, 0])
    assert said.suggested.tolist() == [1, -1, -1]
    assert said.reasons == ["Annotators disagree, and the model out of fold is 90 % sure of “yes”; the label is “no”."]


def test_a_model_that_is_not_sure_says_nothing():
    assert DETECTOR.judge(evidence_of([0], sure_of([1], 0.79), votes(0))).score.tolist() == [0]


def test_a_group_in_conflict_is_contested_too():
    seen = evidence_of([0, 1, 1], sure_of([1, 1, 1]), groups=[0, 0, 1])
    said = DETECTOR.judge(seen)
    assert said.score.tolist() == pytest.approx([0.9, 0, 0])
    assert said.reasons[0].startswith("Near-identical items carry different labels, and the model")


def test_what_an_expert_decided_and_what_has_no_label_is_left_alone():
    seen = evidence_of([0, -1, 0], sure_of([1, 1, 1]), votes(0, 1, 2), decided=np.array([True, False, False]))
    assert DETECTOR.judge(seen).score.tolist() == pytest.approx([0, 0, 0.9])


def test_an_annotators_later_answer_counts():
    with pytest.raises(NotApplicable, match="No item is contested"):
        DETECTOR.judge(evidence_of([0], sure_of([1]), [(0, 0, 1), (0, 0, 0), (0, 1, 0)]))


def test_the_finding_compares_with_uncontested_items():
    """Of 10 contested items 5 are surely otherwise, of 10 others 1."""
    says = [1] * 5 + [0] * 5 + [1] + [0] * 9
    (found,) = DETECTOR.judge(evidence_of([0] * 20, sure_of(says), votes(*range(10)))).findings
    assert (found.n, found.value, found.items.tolist()) == (10, 0.5, [0, 1, 2, 3, 4])
    assert found.reason == (
        "Annotators disagree on 10 items. For 5 of them (50 %) the model is at least 80 % sure of a label other than "
        "the current one, on uncontested items for 10 % of 10."
    )


def test_people_are_said_to_disagree_only_where_an_item_has_two_of_them():
    """Six pairs of copies with one annotator each; then one of the pairs has two annotators who differ."""
    labels, groups = [0, 1] * 6, np.repeat(np.arange(6), 2)
    one_each = [(item, 0, label) for item, label in enumerate(labels)]
    (copies,) = DETECTOR.judge(evidence_of(labels, sure_of([1] * 12), one_each, groups=groups)).findings
    assert copies.reason.startswith("Near-identical items carry other labels than 12 items. For 6 of them")
    (both,) = DETECTOR.judge(evidence_of(labels, sure_of([1] * 12), [*one_each, (0, 1, 1)], groups=groups)).findings
    assert both.reason.startswith(
        "Annotators disagree on 1 item, and near-identical ones carry other labels than 11 more."
    )


def test_few_are_no_finding():
    assert DETECTOR.judge(evidence_of([0] * 4, sure_of([1] * 4), votes(*range(4)))).findings == []
