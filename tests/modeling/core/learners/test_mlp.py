import dataclasses
import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from annotation.core.artifacts import UnableToLoad
from annotation.core.features.vectorizer import typed
from annotation.core.fields import Field
from modeling.core.fitting.dense_features import DenseFeatures
from modeling.core.fitting.model_artifacts import dump_model, load_model
from modeling.core.fitting.training import FEATURES, fit, predict
from modeling.core.learners import (
    LEARNERS,
    MlpLearner,
    UnableToConfigure,
    UnableToTrain,
    learner_settings,
    recipe_words,
    used_words,
)
from modeling.core.learners.mlp import held_out
from tests.modeling.core.data import CLASSES, FIELDS, silent, worded

SMALL = {"layers": [16], "components": 20, "max_epochs": 60, "learning_rate": 0.01}
ROOT = Path(__file__).resolve().parents[4]


def trained(
    table=None, labels=None, fields=FIELDS, classes=CLASSES, groups=None, seed=0, learner="mlp", again=None, **own
):
    if table is None:
        table, labels = worded()
    groups = np.arange(len(table)) if groups is None else groups
    settings = again or ({**SMALL, **own} if learner == "mlp" else own)
    return fit(table, fields, np.asarray(labels), classes, groups, learner, settings, seed, silent)


def test_it_learns_and_keeps_its_curve():
    made = trained()
    assert made.converged and not made.at_chance
    assert 0.6 < made.metrics["validation"]["accuracy"] <= made.metrics["train"]["accuracy"]
    curve = made.metrics["curve"]
    assert json.loads(json.dumps(made.metrics)) == made.metrics
    assert len(curve["train_loss"]) == len(curve["validation_loss"]) == curve["stopped"] + 1
    assert curve["validation_loss"][curve["best"]] == min(curve["validation_loss"])
    assert (curve["n"], curve["n_validation"]) == (216, 24)
    assert f"the network of epoch {curve['best']} was kept" in made.status
    assert {"layers": [16], "dropout": 0.3, "seed": 0, "ngrams": [1, 2]}.items() <= made.resolved.items()


def test_one_seed_is_one_hash_and_resolved_settings_give_the_same_again():
    first = trained()
    again = trained(again=json.loads(json.dumps(first.resolved)))
    assert again.parameter_hash == first.parameter_hash and again.metrics == first.metrics
    assert trained(seed=1).parameter_hash != first.parameter_hash != trained(dropout=0.2).parameter_hash


def test_a_stored_network_predicts_exactly_the_same_and_runs_nobodys_code():
    made, (table, _) = trained(), worded(seed=1)
    data = dump_model(made.model)
    assert (predict(load_model(data), table, CLASSES) == predict(made.model, table, CLASSES)).all()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert set(archive.namelist()) == {"model.json", "columns.skops", "features.npz", "learned.npz"}


def test_a_stored_network_that_lost_a_part_is_refused():
    data = dump_model(trained().model)
    for lost in ("features.npz", "learned.npz"):
        buffer = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as whole, zipfile.ZipFile(buffer, "w") as part:
            for name in whole.namelist():
                if name != lost:
                    part.writestr(name, whole.read(name))
        with pytest.raises(UnableToLoad, match="not a stored model"):
            load_model(buffer.getvalue())


def test_typed_columns_missing_values_and_new_ones():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"amount": rng.normal(size=300) * 1000, "kind": rng.choice(["a", "b"], size=300)})
    labels = ((table["amount"] > 0) ^ (table["kind"] == "a")).astype(int).to_numpy()
    table.loc[::50, "amount"] = np.nan
    fields = (Field("amount", "number"), Field("kind", "category"))
    made = trained(typed(table, fields), labels, fields, ("low", "high"))
    # No linear model can: the classes are an exclusive or.
    assert made.metrics["validation"]["accuracy"] > 0.9
    unseen = typed(pd.DataFrame({"amount": [np.nan, 1e9], "kind": ["", "z"]}), fields)
    assert np.isfinite(predict(load_model(dump_model(made.model)), unseen, ("low", "high"))).all()


def test_dense_features_by_hand():
    fields = (Field("amount", "number"), Field("kind", "category"), Field("text", "text"))
    table = typed(pd.DataFrame({"amount": [1, 3, None], "kind": ["a", "b", "a"], "text": ["x y", "y z", ""]}), fields)
    features = DenseFeatures(fields, 2, FEATURES)
    X = features.fit(table)
    assert X.dtype == np.float32 and X.shape == (3, 256 + 2 + 2 + 2)
    assert np.isclose((X[:, :256] ** 2).mean(), 1, atol=1e-5) and np.isclose((X[:, 256:258] ** 2).mean(), 1, atol=1e-5)
    # Category a, b; the number less its mean 2 over its deviation 1, missing as the mean; whether it is missing.
    assert X[:, 258:].tolist() == [[1, 0, -1, 0], [0, 1, 1, 0], [1, 0, 0, 1]]
    assert np.allclose(features.transform(table), X, atol=1e-6)
    assert features.transform(table.assign(amount=1e6))[:, 260].tolist() == [5, 5, 5]


def test_the_rows_held_out_are_whole_groups_and_no_class_is_lost():
    rng = np.random.default_rng(0)
    groups, codes = np.arange(200) // 2, rng.integers(3, size=200)
    codes[:2] = 3
    for seed in range(20):
        validation = held_out(groups, codes, seed)
        assert 15 <= validation.sum() <= 25 and not validation[0]
        assert not np.intersect1d(groups[validation], groups[~validation]).size


@pytest.mark.parametrize(
    ("X", "y", "groups", "sentence"),
    [
        (np.ones((20, 2)), ["a"] * 20, None, "All 20 rows are labelled 'a'; training needs two classes."),
        (np.full((20, 2), np.nan), ["a", "b"] * 10, None, "Row 1 has a feature that is not a number"),
        (np.ones((9, 2)), ["a", "b", "a"] * 3, None, "9 different inputs are too few"),
        (np.ones((20, 2)), ["a", "b"] * 10, np.arange(20) // 4, "5 different inputs are too few"),
        (np.ones((0, 2)), [], None, "no labelled rows"),
    ],
)
def test_rows_that_cannot_be_learned_from_are_one_plain_sentence(X, y, groups, sentence):
    with pytest.raises(UnableToTrain, match=sentence) as error:
        MlpLearner().fit(X, np.array(y, dtype=str), groups=groups)
    assert "\n" not in str(error.value)


def test_fewer_rows_than_folds_and_inputs_all_alike():
    with pytest.raises(UnableToTrain, match="3 different inputs are too few"):
        trained(pd.DataFrame({"text": ["good one", "good two", "bad one"]}), [0, 0, 1], classes=("good", "bad"))
    with pytest.raises(UnableToTrain, match="All 30 rows look alike in text"):
        trained(pd.DataFrame({"text": ["same"] * 30}), [0, 1] * 15, classes=("good", "bad"))


def test_too_few_epochs_and_a_loss_that_is_no_number_are_no_convergence():
    short = trained(max_epochs=1)
    assert not short.converged and "after 1 epoch, the most allowed" in short.status
    X, y = np.full((60, 3), 3.3e38), np.arange(60) % 2
    with np.errstate(all="ignore"):
        wild = MlpLearner(layers=[512]).fit(X, y)
    assert not wild.converged_ and "no longer a number" in wild.status_
    json.dumps(wild.curve_, allow_nan=False)


def test_without_a_stop_it_learns_from_all_rows_for_its_epochs():
    made = trained(stop="never", max_epochs=30)
    curve = made.metrics["curve"]
    assert (curve["best"], curve["stopped"], curve["n"], curve["n_validation"]) == (30, 30, 240, 0)
    assert set(curve["validation_loss"]) == {None} and curve["train_loss"][-1] < curve["train_loss"][0]
    assert (
        made.status.startswith("Trained for 30 epochs on all rows")
        and made.converged
        and made.resolved["stop"] == "never"
    )
    assert made.metrics["validation"]["accuracy"] > 0.6
    json.dumps(curve, allow_nan=False)
    short = trained(stop="never", max_epochs=3)
    assert (
        not short.converged
        and "Not converged: after 3 epochs on all rows, when the loss on them still fell" in short.status
    )
    again = trained(again=made.resolved)
    assert again.parameter_hash == made.parameter_hash
    assert recipe_words("mlp", made.resolved).endswith("weight decay 0.0001, 30 epochs")
    with np.errstate(all="ignore"):
        lost = trained(stop="never", max_epochs=12, learning_rate=0.99, weight_decay=9.0)
    assert lost.resolved["stop"] == "never"


def test_without_a_hidden_layer_it_is_a_linear_model():
    made = trained(layers=[])
    assert made.model.estimator.network.sizes[1:] == (3,) and not made.at_chance


def test_settings_are_read_and_checked():
    found = learner_settings("mlp", {"layers": "256, 128", "dropout": "0.5", "patience": "3"})
    assert (found["layers"], found["dropout"], found["patience"], found["batch"]) == ([256, 128], 0.5, 3, 64)
    assert learner_settings("mlp", {"layers": "0"})["layers"] == []
    assert "seed" not in found


@pytest.mark.parametrize(
    "pair",
    [("dropout", "1"), ("dropout", "nan"), ("dropout", "-0.1"), ("layers", "256,-1"), ("layers", ""),
     ("layers", "9999"), ("batch", "0"), ("batch", "1.5"), ("patience", "0"), ("learning_rate", "0"),
     ("weight_decay", "inf")],
)  # fmt: skip
def test_a_wrong_setting_is_one_plain_sentence(pair):
    with pytest.raises(UnableToConfigure, match=f"{pair[0]}={pair[1]} is not possible; {pair[0]} must be "):
        learner_settings("mlp", dict([pair]))


def test_a_recipe_in_words():
    assert recipe_words("mlp", learner_settings("mlp", {"layers": "256,128"})) == (
        "dropout network, 256 and 128 units, dropout 0.3, weight decay 0.0001"
    )
    assert used_words("mlp", {}, {"best": 12}) == "epoch 12" and used_words("mlp", {}, None) == ""
    assert recipe_words("gone", {"x": 1}) == "gone" and used_words("gone", {}, None) == ""


@pytest.mark.parametrize("name", LEARNERS)
def test_every_learner_has_all_that_pages_and_training_read(name):
    learner = LEARNERS[name]
    fields = {field.name for field in dataclasses.fields(learner)}
    assert learner.TITLE and set(learner.SETTINGS) <= fields and recipe_words(name, learner_settings(name, {}))


def test_the_learner_of_the_docs_is_one_file_and_one_line(monkeypatch):
    text = (ROOT / "docs/developer.md").read_text()
    code = next(block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "BayesLearner" in block)
    made: dict = {"__name__": "modeling.core.learners.bayes"}
    exec(compile(code, "bayes.py", "exec", dont_inherit=True), made)
    monkeypatch.setitem(LEARNERS, "bayes", made["BayesLearner"])
    assert recipe_words("bayes", learner_settings("bayes", {"alpha": "0.5"})) == "naive Bayes, smoothing 0.5"
    fitted, (table, _) = trained(learner="bayes", alpha=0.5), worded(seed=1)
    assert fitted.converged and not fitted.at_chance and fitted.resolved["alpha"] == 0.5
    back = load_model(dump_model(fitted.model))
    assert (predict(back, table, CLASSES) == predict(fitted.model, table, CLASSES)).all()
