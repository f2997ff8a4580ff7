import numpy as np
import pandas as pd
import pytest

from annotation.core.fields import Field
from annotation.core.judging.folds import grouped_folds
from modeling.core.fitting.training import fit
from modeling.core.learners import UnableToConfigure
from modeling.core.perturbations.synonyms import partners_of
from modeling.core.telling import robustness
from modeling.core.telling.robustness import PROBES, checked_probes, consistency, probe, probe_rows
from tests.modeling.core.data import CLASSES, FIELDS, silent, worded

TEXT = (Field("text", "text"),)


def counts(word):
    """A model by hand: class 1 has .9 where the text begins with the word, .6 where it holds it, else .2."""

    def guess(table):
        p = [0.9 if text.startswith(word) else 0.6 if word in text else 0.2 for text in table["text"]]
        return np.column_stack([1 - np.array(p), p])

    return guess


def table(*texts):
    return pd.DataFrame({"text": list(texts)})


def test_a_flip_is_another_class_and_only_changed_rows_count():
    rows = table("please buy it", "please sell it", "please purchase it")
    one = probe_rows(counts("buy"), rows, TEXT, ["synonyms"], 0, partners_of([("buy", "purchase")]))["synonyms"]
    assert one.rows.tolist() == [0, 2] and one.texts["text"] == ["please purchase it", "please buy it"]
    assert one.before.tolist() == [1, 0] and one.after.tolist() == [0, 1]
    assert one.probability == pytest.approx([0.6, 0.8]) and one.drop == pytest.approx([0.4, 0.4])
    assert (one.flips.value, one.flips.n) == (1.0, 2) and one.flips.low == pytest.approx(0.342, abs=1e-3)
    assert sorted(one.flipped.tolist()) == [0, 1]


def test_the_worst_drop_comes_first_and_what_did_not_flip_is_not_among_them():
    one = robustness.Probed(
        np.array([4, 5, 6]), {"text": ["a", "b", "c"]}, np.array([0, 1, 1]), np.array([1, 1, 0]),
        np.array([0.6, 0.9, 0.9]), np.array([0.2, 0.5, 0.8]),
    )  # fmt: skip
    assert one.flipped.tolist() == [2, 0] and one.flips.value == pytest.approx(2 / 3)


def test_the_deciding_sentence_is_the_one_whose_removal_matters_and_it_moves():
    rows = table("buy it. we wait here. the end", "we wait. the end is near", "buy")
    one = probe_rows(counts("buy"), rows, TEXT, ["position"], 0, {})["position"]
    assert one.rows.tolist() == [0, 1]
    assert one.texts["text"][0] == "we wait here. the end buy it."
    assert one.before.tolist() == [1, 0] and one.after.tolist() == [1, 0]
    assert one.drop == pytest.approx([0.3, 0.0])


def test_boilerplate_leaves_an_empty_text_alone():
    one = probe_rows(counts("buy"), table("buy it", "", "wait"), TEXT, ["boilerplate"], 0, {})["boilerplate"]
    assert one.rows.tolist() == [0, 2] and one.after.tolist() == [1, 0]


def test_nothing_to_change_is_no_row():
    one = probe_rows(counts("buy"), table("7", ""), TEXT, ["typos"], 0, {})["typos"]
    assert one.flips.n == 0 and np.isnan(one.flips.value) and not len(one.flipped)


def test_probes_are_checked_and_in_order():
    assert checked_probes([], FIELDS) == list(PROBES)
    assert checked_probes(["position", "typos"], FIELDS) == ["typos", "position"]
    with pytest.raises(UnableToConfigure, match="There is no probe 'mirror'; choose among: synonyms, typos, case, ocr"):
        checked_probes(["mirror"], FIELDS)


LETTERS = str.maketrans("0123456789", "abcdefghij")


def fitted(n=60):
    texts, labels = worded(n)
    texts = pd.DataFrame({"text": [text.translate(LETTERS) for text in texts["text"]]})
    groups = np.arange(n) // 2
    made = fit(texts, FIELDS, labels, CLASSES, groups, "logistic", {"C": 1.0}, 0, silent)
    return texts, labels, groups, made


def test_each_row_is_probed_by_a_model_that_saw_neither_it_nor_its_group(monkeypatch):
    texts, labels, groups, made = fitted()
    learned, asked = [], []
    fit_resolved, predict = robustness.fit_resolved, robustness.predict

    def spy_fit(table, fields, names, own, resolved):
        learned.append((set(table["text"]), set(own.tolist())))
        return fit_resolved(table, fields, names, own, resolved)

    def spy_predict(model, table, classes):
        asked.append((len(learned) - 1, table["text"].tolist()))
        return predict(model, table, classes)

    monkeypatch.setattr(robustness, "fit_resolved", spy_fit)
    monkeypatch.setattr(robustness, "predict", spy_predict)
    found = probe(texts, FIELDS, labels, groups, made.resolved, ["typos", "case"], 0, {}, silent)
    assert (found.n, found.folds) == (30, 5)
    fold = grouped_folds(groups, labels, 5, 0)
    place = {text: row for row, text in enumerate(texts["text"])}
    for number, some in asked:
        assert not learned[number][0] & set(some)
        rows = [place[text] for text in some if text in place]
        assert not learned[number][1] & set(groups[rows].tolist()) and set(fold[rows]) <= {number}
    assert sorted(found.probes["typos"].rows.tolist()) == list(range(0, 60, 2))


def test_before_the_change_it_predicts_as_out_of_fold():
    texts, labels, groups, made = fitted()
    one = probe(texts, FIELDS, labels, groups, made.resolved, ["typos"], 0, {}, silent).probes["typos"]
    assert made.oof[one.rows].argmax(axis=1).tolist() == one.before.tolist()
    assert made.oof[one.rows, one.before] == pytest.approx(one.probability, abs=1e-3)


def test_the_same_seed_gives_the_same_and_capitals_never_flip_words():
    texts, labels, groups, made = fitted()
    first, second = (
        probe(texts, FIELDS, labels, groups, made.resolved, ["typos", "case"], 1, {}, silent) for _ in range(2)
    )
    assert first.probes["typos"].drop.tolist() == second.probes["typos"].drop.tolist()
    assert first.probes["case"].flips.value == 0.0 and np.abs(first.probes["case"].drop).max() == 0.0


def test_enough_rows_are_enough():
    texts, labels, groups, made = fitted()
    found = probe(texts, FIELDS, labels, groups, made.resolved, ["case"], 0, {}, silent, enough=10)
    assert found.folds == 2 and 10 <= found.n < 20


def test_groups_are_consistent_where_all_members_get_one_class():
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7], [0.1, 0.9]])
    found = consistency([[0, 1], [1, 2, 3], [3, 4], [0, 4]], probabilities)
    assert (found.share.value, found.share.n) == (0.5, 4)
    assert [one.rows for one in found.worst] == [(0, 4), (1, 3)]
    assert found.worst[0].classes == (0, 1) and found.worst[0].gap == pytest.approx(0.8)
    assert np.isnan(consistency([], probabilities).share.value)
