import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from annotation.core.features.vectorizer import typed, vectorizer
from annotation.core.fields import Field
from modeling.core.fitting.model_artifacts import dump_model, load_model
from modeling.core.fitting.preparing import _features, _fold
from modeling.core.fitting.training import UnableToPredict, UnableToTrain, fit, predict
from modeling.core.learners import UnableToConfigure
from tests.modeling.core.data import CLASSES, FIELDS, silent, worded
from tests.shared import needs_shared, shared


def trained(table=None, labels=None, classes=CLASSES, groups=None, fields=FIELDS, again=None, **settings):
    if table is None:
        table, labels = worded()
    groups = np.arange(len(table)) if groups is None else groups
    return fit(table, fields, np.asarray(labels), classes, groups, "logistic", again or settings, 0, silent)


def test_it_learns_and_records_all_it_takes_to_run_again():
    made = trained(C=10.0)
    assert made.converged is True and made.at_chance is False
    assert json.loads(json.dumps(made.metrics)) == made.metrics
    assert made.oof.shape == (240, 3) and np.allclose(made.oof.sum(axis=1), 1)
    train, validation = made.metrics["train"], made.metrics["validation"]
    assert validation["n"] == 240
    assert 0.7 < validation["accuracy"] < train["accuracy"]
    assert validation["accuracy_low"] < validation["accuracy"] < validation["accuracy_high"]
    assert made.resolved == {
        "learner": "logistic", "C": 10.0, "l1_ratio": 0.0, "rule": "min", "text": "words",
        "numbers": "ranges", "max_iter": 3000, "tol": 0.002,
        "max_features": 50_000, "ngrams": [1, 2], "characters": None, "seed": 0, "folds": 5, "rows": 240,
        "classes": list(CLASSES), "fields": [["text", "text"]],
    }  # fmt: skip
    assert set(made.environment) == {"python", "numpy", "scipy", "scikit-learn", "numba", "pandas", "skops"}


def test_resolved_settings_give_the_identical_model_without_choosing_again():
    first = trained(C="cv")
    resolved = json.loads(json.dumps(first.resolved))
    again = trained(again=resolved)
    assert isinstance(resolved["C"], float)
    assert again.parameter_hash == first.parameter_hash
    assert again.resolved == first.resolved
    assert again.metrics == {**first.metrics, "path": []} and first.metrics["path"] and (again.oof == first.oof).all()


def test_the_hash_sees_settings_labels_and_texts():
    table, labels = worded()
    other_label, other_text = labels.copy(), table.copy()
    other_label[0] = (labels[0] + 1) % 3
    other_text.loc[0, "text"] += " word1"
    made = [
        trained(table, labels, C=10.0), trained(table, labels, C=11.0), trained(table, other_label, C=10.0),
        trained(other_text, labels, C=10.0),
    ]  # fmt: skip
    assert len({one.parameter_hash for one in made}) == 4


def fingerprints():
    """Parameter hash and metrics of every learner and solver, as another worker would find them."""
    table, labels = worded()
    recipes = [
        ("logistic", {"C": 10.0}), ("logistic", {"C": 3.0, "l1_ratio": 0.5}),
        ("logistic", {"C": 3.0, "l1_ratio": 1.0, "text": "words+embeddings"}), ("mlp", {"max_epochs": 4}),
    ]  # fmt: skip
    made = [fit(table, FIELDS, labels, CLASSES, np.arange(240), *recipe, 0, silent) for recipe in recipes]
    return [f"{one.parameter_hash} {json.dumps(one.metrics, sort_keys=True)}" for one in made]


def test_another_process_makes_the_same_model():
    code = "from tests.modeling.core.fitting.test_training import fingerprints; print('\\n'.join(fingerprints()))"
    root = Path(__file__).resolve().parents[4]
    there = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert there.stdout.splitlines() == fingerprints()


def test_a_stored_model_predicts_exactly_the_same():
    made, (table, _) = trained(C=10.0), worded(seed=1)
    assert (predict(load_model(dump_model(made.model)), table, CLASSES) == predict(made.model, table, CLASSES)).all()


def test_typed_fields_are_trained_stored_and_read_back():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"amount": rng.normal(size=200), "kind": rng.choice(["a", "b"], size=200)})
    table.loc[3, "amount"] = np.nan
    labels = ((table["amount"] > 0) ^ (table["kind"] == "a")).astype(int).to_numpy()
    fields = (Field("amount", "number"), Field("kind", "category"))
    labels = np.where(rng.random(200) < 0.9, (table["amount"] > 0).astype(int), labels)
    made = trained(typed(table, fields), labels, ("low", "high"), fields=fields, C=10.0)
    assert made.metrics["validation"]["accuracy"] > 0.8
    assert (predict(load_model(dump_model(made.model)), table, ("low", "high")).argmax(axis=1) == labels).mean() > 0.8


def test_every_row_is_judged_by_a_model_that_saw_no_row_of_its_group():
    # Twins with their own word and a random label: only seeing the twin would tell.
    rng = np.random.default_rng(0)
    twin = np.arange(120) // 2
    labels = rng.integers(2, size=60)[twin]
    table = pd.DataFrame({"text": [f"word{number} same same{number}" for number in twin]})
    together, apart = trained(table, labels, groups=twin, C=100.0), trained(table, labels, C=100.0)
    assert together.metrics["validation"]["accuracy"] < 0.65
    assert apart.metrics["validation"]["accuracy"] > 0.75


def test_a_fold_sees_the_features_that_fitting_to_its_rows_would_give():
    table, labels = worded()
    table["more"] = table["text"].str[:20]
    fields = (*FIELDS, Field("more", "text"))
    transformer, X = _features(table, fields, {"max_features": 50_000, "ngrams": [1, 2], "characters": [2, 3]})
    out = np.arange(len(table)) % 5 == 0
    fold = _fold(transformer, X, labels, out)
    fitted = vectorizer(fields, characters=(2, 3))
    kept, out_rows = fitted.fit_transform(table[~out]), fitted.transform(table[out])
    assert np.allclose((kept @ kept.T).toarray(), (fold.X @ fold.X.T).toarray())
    assert np.allclose((out_rows @ kept.T).toarray(), (fold.X_out @ fold.X.T).toarray())
    assert np.allclose((out_rows @ out_rows.T).toarray(), (fold.X_out @ fold.X_out.T).toarray())


def test_labels_drawn_at_random_are_at_chance():
    table, _ = worded()
    assert trained(table, np.random.default_rng(3).integers(3, size=240), C=10.0).at_chance


def test_a_model_that_says_the_commonest_class_to_everybody_is_at_chance_however_accurate():
    table, labels = worded(n_classes=2)
    rare = np.where(np.random.default_rng(0).random(240) < 0.1, labels, 1)
    made = trained(table, rare, ("no", "yes"), C=1e-4)
    assert made.metrics["validation"]["accuracy"] > 0.9
    assert made.metrics["validation"]["balanced_accuracy"] == 0.5
    assert made.at_chance


def test_an_unfinished_fit_is_reported():
    made = trained(C=100.0, max_iter=1)
    assert not made.converged
    assert made.status.startswith("Not converged")


def test_a_class_without_rows_has_probability_zero():
    table, labels = worded()
    made = trained(table, labels, ("absent", *CLASSES)[1:] + ("absent",), C=10.0)
    assert (made.oof[:, 3] == 0).all()
    assert (predict(made.model, table, (*CLASSES, "absent"))[:, 3] == 0).all()


def test_probabilities_follow_the_order_of_the_classes_asked_for():
    made, (table, _) = trained(C=10.0), worded()
    assert (predict(made.model, table, CLASSES[::-1]) == predict(made.model, table, CLASSES)[:, ::-1]).all()
    assert predict(made.model, table[:0], CLASSES).shape == (0, 3)
    with pytest.raises(UnableToPredict, match="'none'.*not among the classes"):
        predict(made.model, table, ("claim", "other"))


def test_a_handful_of_rows_still_trains():
    table = pd.DataFrame({"text": ["good one", "good two", "bad one"]})
    made = trained(table, [0, 0, 1], ("good", "bad"), C=1.0)
    assert made.resolved["folds"] == 3
    assert np.allclose(made.oof.sum(axis=1), 1)
    assert made.at_chance
    assert trained(table, [0, 0, 1], ("good", "bad")).resolved["C"] > 0


@pytest.mark.parametrize(
    ("texts", "labels", "groups", "sentence"),
    [
        ([], [], [], "no labelled rows"),
        (["a b", "c d"], [1, 1], [0, 1], "All 2 rows are labelled 'none'"),
        (["a b", "a b"], [0, 1], [0, 0], "near-copies of one another"),
        (["a b", "a b"], [0, 1], [0, 1], "All 2 rows look alike in text"),
        (["", ""], [0, 1], [0, 1], "All 2 rows look alike in text"),
        (["a b", "c d"], [0, -1], [0, 1], "Row 2 has a label that is none of the classes"),
    ],
)
def test_rows_that_cannot_be_learned_from_are_one_plain_sentence(texts, labels, groups, sentence):
    table = pd.DataFrame({"text": pd.Series(texts, dtype=object)})
    with pytest.raises(UnableToTrain, match=sentence) as error:
        trained(table, np.array(labels, dtype=int), groups=np.array(groups, dtype=int), C=1.0)
    assert "\n" not in str(error.value)


def test_unknown_settings_and_learners_are_refused():
    with pytest.raises(UnableToConfigure, match="no setting 'gamma'"):
        trained(gamma=1)
    table, labels = worded()
    with pytest.raises(UnableToConfigure, match="no learner 'forest'"):
        fit(table, FIELDS, labels, CLASSES, np.arange(len(table)), "forest", {}, 0, silent)


@needs_shared
def test_real_sentences_reach_the_accuracy_known_for_them():
    pool = pd.read_csv(shared("fin_num_claim/pool_second_annotator.csv")).query("given_label != 'DOUBT'")
    production = pd.read_csv(shared("fin_num_claim/production_analyst_reports.csv"))
    classes = tuple(sorted(pool["given_label"].unique()))
    codes = pd.Categorical(pool["given_label"], categories=classes).codes.astype(int)
    made = trained(pool[["text"]].reset_index(drop=True), codes, classes, groups=pd.factorize(pool["text"])[0], C=10.0)
    guessed = np.array(classes)[predict(made.model, production[["text"]], classes).argmax(axis=1)]
    assert made.converged and not made.at_chance
    assert abs((guessed == production["label"]).mean() - 0.932) < 0.01
