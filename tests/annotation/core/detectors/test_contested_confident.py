import numpy as np
import pytest

from annotation.core.detectors.contested_confident import ContestedConfident
from tests.annotation.core.detectors.evidence_by_hand import evidence_of, sure_of

DETECTOR = ContestedConfident()


def votes(*items):
    """Annotators a and b say no and yes of these items."""
    return [(item, who, who) for item in items for who in (0, 1)]


def test_a_contested_label_the_model_surely_rejects_is_flagged():
    seen = evidence_of([0, 0, 0], sure_of([1, 1, 0], 0.9), votes(0, 2))
    assert DETECTOR.score(seen).tolist() == pytest.approx([0.9, 0, 0])
    assert DETECTOR.suggest(seen).tolist() == [1, -1, -1]
    assert DETECTOR.reasons(seen, np.array([0])) == [
        "Annotators disagree, and the model out of fold is 90 % sure of yes where the dataset holds no."
    ]


def test_a_model_that_is_not_sure_says_nothing():
    assert DETECTOR.score(evidence_of([0], sure_of([1], 0.79), votes(0))).tolist() == [0]


def test_a_group_in_conflict_is_contested_too():
    seen = evidence_of([0, 1, 1], sure_of([1, 1, 1]), groups=[0, 0, 1])
    assert DETECTOR.score(seen).tolist() == pytest.approx([0.9, 0, 0])
    assert DETECTOR.reasons(seen, np.array([0]))[0].startswith("Near-identical items carry different labels")


def test_what_an_expert_decided_and_what_has_no_label_is_left_alone():
    seen = evidence_of([0, -1, 0], sure_of([1, 1, 1]), votes(0, 1, 2), decided=np.array([True, False, False]))
    assert DETECTOR.score(seen).tolist() == pytest.approx([0, 0, 0.9])


def test_an_annotators_later_answer_counts():
    assert DETECTOR.score(evidence_of([0], sure_of([1]), [(0, 0, 1), (0, 0, 0), (0, 1, 0)])).tolist() == [0]


def test_the_finding_compares_with_uncontested_items():
    """Of 10 contested items 5 are surely otherwise, of 10 others 1."""
    says = [1] * 5 + [0] * 5 + [1] + [0] * 9
    (found,) = DETECTOR.findings(evidence_of([0] * 20, sure_of(says), votes(*range(10))))
    assert (found.n, found.value, found.items.tolist()) == (10, 0.5, [0, 1, 2, 3, 4])
    assert "for 5 (50 %) the model is at least 80 % sure" in found.reason
    assert found.reason.endswith("on the others for 10 % of 10.")


def test_few_are_no_finding_and_nothing_is_survived():
    assert DETECTOR.findings(evidence_of([0] * 4, sure_of([1] * 4), votes(*range(4)))) == []
    assert DETECTOR.score(evidence_of([], np.zeros((0, 2)))).tolist() == []
