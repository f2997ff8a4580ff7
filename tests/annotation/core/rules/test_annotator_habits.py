import numpy as np
import pandas as pd
import pytest

from annotation.core.detectors.annotator_shortcut import AnnotatorShortcut
from annotation.core.rules.annotator_habits import expected_votes, find_habits, holm
from tests.annotation.core.detectors.test_annotator_shortcut import careful, world

THREE = ("calm", "grave", "odd")


def found(evidence):
    return [(evidence.annotators[one.annotator], one.kind) for one in find_habits(evidence)]


def three_classes(eve, seconds=None, n=360):
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 3, n)
    evidence = world(lambda i, _, text, draw: (int(truth[i]), int(truth[i]), eve(i, int(truth[i]))), n=n, classes=THREE)
    if seconds is not None:
        votes = evidence.votes.assign(seconds=[seconds(who) for who in evidence.votes["annotator"]])
        object.__setattr__(evidence, "votes", votes)
    return evidence


def test_the_first_class_of_the_list():
    evidence = three_classes(lambda i, truth: 0 if i % 2 else truth)
    assert found(evidence) == [("eve", "option order")]
    (finding,) = AnnotatorShortcut().judge(evidence).findings
    assert finding.title == "eve takes “calm”, the first class of the list, where others do not"
    assert "of 360 items" in finding.reason


def test_one_class_taken_for_the_first_is_a_confusion_and_no_option_order():
    assert found(three_classes(lambda i, truth: 0 if truth == 1 else truth)) == []


def test_one_answer():
    evidence = three_classes(lambda i, truth: 2)
    assert found(evidence) == [("eve", "one answer")]
    (finding,) = AnnotatorShortcut().judge(evidence).findings
    assert finding.title == "eve never gives another label than “odd”, where others do"


def test_the_label_of_the_item_before():
    state = {"last": 0}

    def lazy(i, truth):
        state["last"] = truth if i % 4 == 0 else state["last"]
        return state["last"]

    evidence = three_classes(lazy)
    (habit,) = find_habits(evidence)
    assert (evidence.annotators[habit.annotator], habit.kind) == ("eve", "runs")
    # Three in four repeat, and of the fourth a third by chance; the mix explains about a third.
    assert habit.value == pytest.approx(0.75 + 0.25 / 3, abs=0.03) and habit.usual == pytest.approx(1 / 3, abs=0.05)
    assert habit.detail >= 4


def test_items_that_come_sorted_are_no_habit():
    evidence = world(lambda i, truth, text, rng: (i // 120, i // 120, i // 120), n=360, classes=THREE)
    assert found(evidence) == []


def test_too_fast_and_often_wrong():
    rng = np.random.default_rng(0)
    often_wrong = [int(rng.integers(0, 3)) for _ in range(360)]
    evidence = three_classes(lambda i, truth: often_wrong[i], seconds=lambda who: 1.5 if who == 2 else 9.0)
    assert ("eve", "too fast") in found(evidence)
    reasons = [one.reason for one in AnnotatorShortcut().judge(evidence).findings]
    assert any(one.startswith("eve takes 1.5 seconds or less for half of 360 items, others 9.0;") for one in reasons)


def test_fast_and_right_is_no_habit():
    evidence = three_classes(lambda i, truth: truth, seconds=lambda who: 1.5 if who == 2 else 9.0)
    assert found(evidence) == []


def test_careful_annotators_have_none():
    assert found(world(lambda i, truth, text, rng: tuple(careful(truth, rng) for _ in range(3)))) == []


def test_what_is_expected_is_what_others_say_else_the_model():
    evidence = world(lambda i, truth, text, rng: (0, None if i % 2 else 1, None), n=40)
    expected = expected_votes(evidence)
    ann = expected[expected["annotator"] == 0].set_index("item")["expected"]
    # bob answered the even items; of the odd ones the model says class 1.
    assert ann[0] == 1 and ann[1] == 1
    assert expected[expected["annotator"] == 1].set_index("item")["expected"][0] == 0


def test_holm_by_hand():
    # Of ten tries the smallest is taken ten times, the next nine times, and never less than the one before.
    assert holm([0.03, 0.001, 0.2], 10) == pytest.approx([0.27, 0.01, 1.0])
    assert holm([0.002, 0.001], 10) == pytest.approx([0.018, 0.01])
    assert holm([], 10) == []


def test_votes_without_times_and_no_votes():
    evidence = world(lambda i, truth, text, rng: (truth, None, None), n=30)
    object.__setattr__(evidence, "votes", evidence.votes[["item", "annotator", "label"]])
    assert find_habits(evidence) == []
    object.__setattr__(evidence, "votes", pd.DataFrame(columns=["item", "annotator", "label"]).astype(int))
    assert find_habits(evidence) == []
