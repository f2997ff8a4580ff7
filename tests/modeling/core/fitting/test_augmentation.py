import numpy as np
import pandas as pd
import pytest

from annotation.core.fields import Field
from annotation.core.judging.folds import grouped_folds
from modeling.core.fitting import training
from modeling.core.fitting.augmentation import augmentation_settings, augmentation_words, with_copies
from modeling.core.learners import Fold, UnableToConfigure, UnableToTrain
from tests.modeling.core.data import CLASSES, FIELDS, worded

PAIRS = [("late", "tardy"), ("buy", "purchase")]
TYPOS = {"augment": ["typos"], "copies": 2}


LETTERS = str.maketrans("0123456789", "abcdefghij")


def silent(stage, share):
    pass


def lettered(n):
    """As `worded`, without a digit: a word with a digit would be left alone."""
    table, labels = worded(n)
    return pd.DataFrame({"text": [text.translate(LETTERS) for text in table["text"]]}), labels


def fitted(settings, table, labels, learner="logistic"):
    return training.fit(table, FIELDS, labels, CLASSES, np.arange(len(table)), learner, settings, 0, silent)


def test_settings_are_read_and_carry_the_accepted_pairs():
    assert augmentation_settings({}, PAIRS) == {}
    assert augmentation_settings({"augment": "case, typos"}, PAIRS) == {"augment": ["typos", "case"], "copies": 1}
    assert augmentation_settings({"augment": "synonyms", "copies": "3"}, PAIRS) == {
        "augment": ["synonyms"], "copies": 3, "synonyms": ["buy = purchase", "late = tardy"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        ({"augment": "mirror"}, "augment=mirror is not possible; augment must be one or more of synonyms, typos, case"),
        ({"augment": ""}, "augment= is not possible"),
        ({"augment": "typos", "copies": "0"}, "copies must be a whole number from 1 to 10"),
        ({"copies": "2"}, "copies=2 needs augment=…"),
        ({"augment": "synonyms"}, "needs pairs of words, and none is accepted yet"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(pairs, sentence):
    with pytest.raises(UnableToConfigure, match=sentence):
        augmentation_settings(pairs, [])


def test_copies_follow_the_rows_and_know_their_origin():
    table = pd.DataFrame({"text": ["the card was declined", "7", "where is my parcel"], "amount": [1.0, 2.0, 3.0]})
    fields = (Field("text", "text"), Field("amount", "number"))
    rows = with_copies(table, fields, TYPOS, 0)
    assert rows.table["text"][:3].tolist() == table["text"].tolist()
    assert rows.original.tolist() == [True] * 3 + [False] * (len(rows.origin) - 3)
    assert 1 not in rows.origin[3:] and set(rows.origin[3:]) == {0, 2}
    for at, origin in enumerate(rows.origin):
        assert rows.table["amount"][at] == table["amount"][origin]
    assert rows.table["text"].is_unique


def test_the_copies_of_a_row_do_not_hang_on_the_other_rows():
    table = pd.DataFrame({"text": ["the card was declined", "where is my parcel", "please send it again"]})
    rows, alone = with_copies(table, FIELDS, TYPOS, 3), with_copies(table[2:], FIELDS, TYPOS, 3)
    assert rows.table["text"][rows.origin == 2].tolist() == alone.table["text"].tolist()


def test_without_a_text_there_is_nothing_to_copy():
    with pytest.raises(UnableToTrain, match="No field is a text"):
        with_copies(pd.DataFrame({"amount": [1.0]}), (Field("amount", "number"),), TYPOS, 0)


@pytest.mark.parametrize("learner", ["logistic", "mlp"])
def test_no_copy_of_a_held_out_row_is_in_the_training_part_and_none_is_held_out(monkeypatch, learner):
    """Each row gets a word of its own that every copy keeps; it must lie on one side of each fold only."""
    table, labels = lettered(60)
    table["text"] = [f"{text} R{number}" for number, text in enumerate(table["text"])]
    seen = []
    held_out = training._held_out

    def spy(recipe, fold, groups, classes):
        seen.append((fold, groups))
        return held_out(recipe, fold, groups, classes)

    monkeypatch.setattr(training, "_held_out", spy)
    rows = with_copies(table, FIELDS, TYPOS, 0)
    small = {"max_epochs": 2, "components": 8, "layers": [4]} if learner == "mlp" else {"C": 1.0}
    made = fitted({**TYPOS, **small}, table, labels, learner)
    numbers = grouped_folds(np.arange(60), labels, 5, 0)
    assert len(rows.origin) > 100 and made.oof.shape == (60, 3) and made.metrics["copies"] == len(rows.origin) - 60
    for number, (fold, groups) in enumerate(seen):
        assert isinstance(fold, Fold)
        learned_from = rows.origin[numbers[rows.origin] != number]
        assert groups.tolist() == learned_from.tolist() and len(fold.y) == len(learned_from)
        assert not set(learned_from) & set(np.flatnonzero(numbers == number))
        assert len(fold.y_out) == (numbers == number).sum() == fold.X_out.shape[0]


def test_the_words_of_a_held_out_rows_copies_are_unknown_in_its_fold(monkeypatch):
    """The matrix itself: the column of a row's own word is empty among the rows that fold learns from."""
    table, labels = lettered(40)
    table["text"] = [f"{text} R{number}x" for number, text in enumerate(table["text"])]
    folds = []
    monkeypatch.setattr(training, "_held_out", lambda recipe, fold, groups, classes: folds.append(fold) or 0.0)
    made = fitted({"C": 1.0, "augment": ["case", "typos"], "copies": 2}, table, labels)
    vocabulary = made.model.named_steps["features"].transformers_[0][1].vocabulary_
    numbers = grouped_folds(np.arange(40), labels, 5, 0)
    for number, fold in enumerate(folds):
        for row in np.flatnonzero(numbers == number):
            assert fold.X[:, [vocabulary[f"r{row}x"]]].nnz == 0
        other = int(np.flatnonzero(numbers != number)[0])
        assert fold.X[:, [vocabulary[f"r{other}x"]]].nnz > 1  # the row and its copies


def test_resolved_settings_give_the_identical_model_copies_and_all():
    table, labels = lettered(60)
    asked = {"C": 1.0, "augment": ["synonyms", "typos"], "copies": 1, "synonyms": ["buy = purchase"]}
    first = fitted(asked, table, labels)
    assert first.resolved["augment"] == ["synonyms", "typos"] and first.resolved["synonyms"] == ["buy = purchase"]
    again = fitted(first.resolved, table, labels)
    assert again.parameter_hash == first.parameter_hash and again.metrics == first.metrics
    plain = fitted({"C": 1.0}, table, labels)
    assert plain.parameter_hash != first.parameter_hash and "augment" not in plain.resolved
    assert "copies" not in plain.metrics


def test_fitting_resolved_settings_alone_is_the_same_model():
    table, labels = lettered(60)
    first = fitted({"C": 1.0, **TYPOS}, table, labels)
    model = training.fit_resolved(table, FIELDS, np.array(CLASSES)[labels], np.arange(60), first.resolved)
    assert np.array_equal(training.predict(model, table, CLASSES), training.predict(first.model, table, CLASSES))


def test_a_recipe_says_what_copies_it_learns_from():
    assert augmentation_words({"augment": ["typos", "case"], "copies": 1}) == "1 changed copy of each row (typos, case)"
    assert augmentation_words({"augment": ["order"], "copies": 2}) == "2 changed copies of each row (order)"
    assert augmentation_words({"C": 1.0}) == ""
