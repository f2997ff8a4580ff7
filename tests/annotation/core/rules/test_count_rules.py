import numpy as np
import pytest
from scipy import sparse

from annotation.core.rules.count_rules import best_rules, count_words, mentions, said_by_the_rest, without_word


def rules_of(*counts, labels, n_classes=2, highest=4, words=("delay",)):
    """The rules found in counts, one list per word."""
    matrix = sparse.csc_matrix(np.array(counts).T)
    return {rule.label: rule for rule in best_rules(matrix, np.array(words), np.array(labels), n_classes, highest)}


def test_a_rule_that_tells_the_classes_apart_completely():
    rules = rules_of([0, 2, 3, 4], labels=[0, 0, 1, 1])
    # More than 2: both of class 1, none of class 0. More than 0 or 1: both of class 1, half of class 0.
    assert (rules[1].word, rules[1].threshold, rules[1].balanced, rules[1].present) == ("delay", 2, 1.0, 0.75)
    # Nothing is above 4, so "above" catches none of class 0 and none of class 1.
    assert (rules[0].threshold, rules[0].balanced, rules[0].present) == (4, 0.5, 0.25)


def test_balanced_accuracy_is_the_mean_of_both_sides():
    rules = rules_of([5, 5, 1, 0, 5, 0, 0, 0, 0, 0], labels=[1, 1, 1, 1, 0, 0, 0, 0, 0, 0], highest=5)
    # More than 2 catches 2 of 4 and wrongly 1 of 6: (2/4 + 5/6) / 2. Presence catches 3 of 4: (3/4 + 5/6) / 2.
    assert rules[1].balanced == pytest.approx((2 / 4 + 5 / 6) / 2)
    assert rules[1].present == pytest.approx((3 / 4 + 5 / 6) / 2)


def test_of_several_words_the_best_one_is_taken():
    rules = rules_of([9, 9, 0, 9], [0, 0, 9, 9], labels=[0, 0, 1, 1], words=("noise", "delay"))
    assert (rules[1].word, rules[1].balanced) == ("delay", 1.0)
    assert (rules[0].word, rules[0].balanced) == ("noise", 0.75)


def test_items_without_a_label_do_not_count():
    labelled = rules_of([0, 2, 3, 4], labels=[0, 0, 1, 1])
    assert rules_of([0, 2, 3, 4, 9, 9], labels=[0, 0, 1, 1, -1, -1]) == labelled


def test_one_class_no_label_or_no_word_make_no_rule():
    assert rules_of([0, 2, 3], labels=[1, 1, 1]) == {}
    assert rules_of([0, 2, 3], labels=[-1, -1, -1]) == {}
    assert best_rules(sparse.csc_matrix((3, 0), dtype=np.int64), np.array([]), np.array([0, 1, 1]), 2, 4) == []


def test_words_count_where_they_stand_twice_often_enough():
    texts = ["Delay, delay", "delay and DELAY", "a delay", "late late"]
    counts, words = count_words(texts, 2)
    assert words.tolist() == ["delay"] and counts.toarray().ravel().tolist() == [2, 2, 1, 0]
    assert count_words(texts, 1)[1].tolist() == ["delay", "late"]


@pytest.mark.parametrize("texts", [[], [""], ["", "?!"], ["a b c"]])
def test_texts_without_words_count_nothing(texts):
    counts, words = count_words(texts, 20)
    assert counts.shape == (len(texts), 0) and len(words) == 0


def test_a_mention_is_a_whole_word_whatever_its_case():
    texts = ["Delay delays delayed undelay", "a delay, a DELAY; (delay).", "delay-free re-delay", "", "délay"]
    assert mentions(texts, "delay").tolist() == [1, 3, 2, 0, 0]
    assert mentions(["Ärger über Ärger", "ÄRGERnis"], "ärger").tolist() == [2, 0]
    assert mentions(["a.b axb a.b"], "a.b").tolist() == [2]


def test_sentences_that_mention_the_word_are_taken_out():
    text = "All is well. A delay came up; nobody knows why! Delay again?\nThe end"
    assert without_word([text], "delay") == ["All is well. nobody knows why! The end"]
    assert without_word(["delays are fine. Go on."], "delay") == ["delays are fine. Go on."]


def test_where_nothing_would_be_left_only_the_word_goes():
    assert [part.split() for part in without_word(["A delay of two days", "delay"], "delay")] == [
        ["A", "of", "two", "days"], [],
    ]  # fmt: skip


def test_the_rest_of_the_text_gives_probabilities_of_items_it_was_not_shown():
    texts = ["cash is short now", "profits rose again"] * 20
    labels = np.array([1, 0] * 20)
    out = said_by_the_rest(texts, labels, np.arange(40), 3)
    assert out.shape == (40, 3) and out.sum(axis=1) == pytest.approx(np.ones(40))
    assert (out[:, :2].argmax(axis=1) == labels).all() and (out[:, 2] == 0).all()
    assert (said_by_the_rest(texts, labels, np.arange(40), 3) == out).all()


@pytest.mark.parametrize("labels", [[0] * 10, [-1] * 10])
def test_the_rest_says_nothing_where_there_is_nothing_to_learn(labels):
    out = said_by_the_rest(["cash is short"] * 10, np.array(labels), np.arange(10), 2)
    assert (out == 0.5).all()


def test_the_rest_of_empty_texts_says_nothing():
    assert (said_by_the_rest([""] * 6, np.array([0, 1] * 3), np.arange(6), 2) == 0.5).all()
    assert said_by_the_rest([], np.array([], dtype=int), np.array([], dtype=int), 2).shape == (0, 2)
