import numpy as np
import pytest

from annotation.core.detectors.suspicion import NotApplicable
from annotation.core.detectors.unclear_class import UnclearClass
from annotation.core.intervals import wilson
from tests.annotation.core.detectors.evidence_by_hand import evidence_of, sure_of

DETECTOR = UnclearClass()
CLASSES = ("calm", "odd", "rest")


def test_a_class_on_which_two_annotators_never_agree_is_reported():
    """Items 0–39 both say calm; 40–79 one says odd and the other rest; 80–119 both say rest."""
    votes = [(item, who, 0) for item in range(40) for who in (0, 1)]
    votes += [(item, who, 1 + who) for item in range(40, 80) for who in (0, 1)]
    votes += [(item, who, 2) for item in range(80, 120) for who in (0, 1)]
    labels = [0] * 40 + [1] * 40 + [2] * 40
    (found,) = DETECTOR.judge(evidence_of(labels, votes=votes, classes=CLASSES)).findings
    assert found.title == "Annotators do not agree on “odd”" and found.key == "unclear_class:agreement:odd"
    assert (found.value, found.n) == (0, 40) and found.high == pytest.approx(wilson(0, 40).high)
    assert sorted(found.items.tolist()) == list(range(40, 80))
    assert "(40 items); chance alone would give 17 %" in found.reason


def test_agreement_is_counted_in_pairs_of_answers():
    """Three annotators: 60 items no, no, yes. Of the pairs that start at a no half meet a no: 60·2 of 60·2·2."""
    votes = [(item, who, int(who == 2)) for item in range(60) for who in range(3)]
    found = {one.rule["label"]: one for one in DETECTOR.judge(evidence_of([0, 1] * 30, votes=votes)).findings}
    assert found["no"].value == pytest.approx(0.5) and found["yes"].value == 0
    assert list(found) == ["yes", "no"]


def test_with_one_annotator_the_model_names_what_it_cannot_find_again():
    """The model says no of everything: it finds every no, which is chance, and never a yes."""
    labels = [0] * 60 + [1] * 40
    found = DETECTOR.judge(evidence_of(labels, sure_of([0] * 100, 0.6))).findings
    assert [one.title for one in found] == [
        "“yes” can hardly be told apart from the other classes", "“no” can hardly be told apart from the other classes",
    ]  # fmt: skip
    assert (found[0].value, found[0].n, len(found[0].items)) == (0, 40, 40)
    assert DETECTOR.judge(evidence_of(labels, sure_of(labels))).findings == []


def test_classes_with_too_few_examples_are_one_finding_without_a_queue():
    """Near-copies count once: 12 copies of one text are one example."""
    labels = [0] * 60 + [1] * 12 + [2] * 3
    groups = [*range(60), *[60] * 12, 61, 62, 63]
    found = DETECTOR.judge(evidence_of(labels, groups=groups, classes=(*CLASSES, "never"))).findings
    assert [one.title for one in found] == ["3 classes have too few examples"]
    assert "“never” (0), “odd” (1), “rest” (3)" in found[0].reason
    assert (found[0].n, found[0].value, len(found[0].items)) == (75, 15 / 75, 0)


def test_what_experts_decided_is_not_queued():
    labels = [0] * 60 + [1] * 40
    decided = np.arange(100) >= 90
    found = DETECTOR.judge(evidence_of(labels, sure_of([0] * 100, 0.6), decided=decided)).findings
    assert found[0].items.tolist() == list(range(60, 90))


def test_few_labels_or_one_class_are_nothing_to_judge():
    few, one = evidence_of([0, 1] * 10), evidence_of([0] * 90, np.ones((90, 1)), classes=("one",))
    for seen, why in ((few, "It takes 50 labels; there are 20."), (one, "There is only one class.")):
        with pytest.raises(NotApplicable, match=why):
            DETECTOR.judge(seen)
    assert not DETECTOR.judge(evidence_of([0, 1] * 30)).score.any()
