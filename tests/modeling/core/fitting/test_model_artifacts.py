import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
import skops.io as skops
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from annotation.core.artifacts import UnableToLoad, arrays_to_bytes, bytes_to_arrays
from annotation.core.features.vectorizer import feature_names, vectorizer
from annotation.core.fields import Field
from modeling.core.fitting.dense_features import DenseFeatures, DenseModel
from modeling.core.fitting.feature_columns import columns_of
from modeling.core.fitting.model_artifacts import UnableToStoreModel, dump_model, load_model, zipped


def theirs(values):
    return values


def pipeline(*steps):
    X, y = np.array([[0.0], [1], [2], [3]]), np.array(["a", "a", "b", "b"])
    return Pipeline([*steps, ("learner", LogisticRegression())]).fit(X, y), X


def test_a_model_comes_back_alike():
    model, X = pipeline()
    assert (load_model(dump_model(model)).predict_proba(X) == model.predict_proba(X)).all()


@pytest.mark.fault("a model with somebody's own code in it")
def test_a_model_with_somebodys_own_code_is_neither_stored_nor_loaded():
    model, _ = pipeline(("own", FunctionTransformer(theirs)))
    with pytest.raises(UnableToStoreModel, match="theirs"):
        dump_model(model)
    with pytest.raises(UnableToLoad, match=r"types that are not known to be safe: .*theirs"):
        load_model(skops.dumps(model))


@pytest.mark.parametrize("data", [b"", b"not a model", b"PK\x05\x06" + bytes(18)])
@pytest.mark.fault("bytes that are no model")
def test_other_bytes_are_refused(data):
    with pytest.raises(UnableToLoad, match="not a stored model"):
        load_model(data)


def renamed(data, names):
    """The stored model as it was stored before: lengths by the names of their fields."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    facts = json.loads(parts["model.json"])
    del facts["numbered"]
    arrays = {names.get(name, name): array for name, array in bytes_to_arrays(parts["features.npz"]).items()}
    return zipped({**parts, "model.json": json.dumps(facts).encode(), "features.npz": arrays_to_bytes(**arrays)})


def test_models_that_name_their_parts_by_field_still_load():
    fields = (Field("1", "text"), Field("body", "text"), Field("kind", "category"))
    table = pd.DataFrame(
        {"1": ["red", "blue", "red sky"], "body": ["one two", "two", "three"], "kind": ["a", "b", "a"]}
    )
    features = DenseFeatures(fields, 2, {})
    X = features.fit(table)
    model = DenseModel(features, LogisticRegression().fit(X, ["x", "y", "x"]), "mlp")
    before = renamed(dump_model(model), {f"length of embedding {at}": f"length of embedding {name}"
                                         for at, name in enumerate(("1", "body"))})  # fmt: skip
    assert (load_model(before).predict_proba(table) == model.predict_proba(table)).all()


def test_a_vectorizer_that_names_its_parts_by_field_says_the_same():
    fields, table = (Field("body", "text"), Field("kind", "category")), pd.DataFrame({"body": ["a b"], "kind": ["c"]})
    now = vectorizer(fields, characters=(2, 2))
    names = {"field_0": "body", "field_1": "kind", "characters_0": "body (characters)"}
    before = ColumnTransformer([(names[name], part, column) for name, part, column in now.transformers])
    now.fit(table), before.fit(table)
    assert feature_names(before) == feature_names(now)
    assert (
        columns_of(load_model(skops.dumps(before)))
        == columns_of(now)
        == [("body",)] * 3 + [("kind",)] + [("body",)] * 4
    )
