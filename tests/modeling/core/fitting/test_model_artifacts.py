import numpy as np
import pytest
import skops.io as skops
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from annotation.core.artifacts import UnableToLoad
from modeling.core.fitting.model_artifacts import UnableToStoreModel, dump_model, load_model


def theirs(values):
    return values


def pipeline(*steps):
    X, y = np.array([[0.0], [1], [2], [3]]), np.array(["a", "a", "b", "b"])
    return Pipeline([*steps, ("learner", LogisticRegression())]).fit(X, y), X


def test_a_model_comes_back_alike():
    model, X = pipeline()
    assert (load_model(dump_model(model)).predict_proba(X) == model.predict_proba(X)).all()


def test_a_model_with_somebodys_own_code_is_neither_stored_nor_loaded():
    model, _ = pipeline(("own", FunctionTransformer(theirs)))
    with pytest.raises(UnableToStoreModel, match="theirs"):
        dump_model(model)
    with pytest.raises(UnableToLoad, match=r"types that are not known to be safe: .*theirs"):
        load_model(skops.dumps(model))


@pytest.mark.parametrize("data", [b"", b"not a model", b"PK\x05\x06" + bytes(18)])
def test_other_bytes_are_refused(data):
    with pytest.raises(UnableToLoad, match="not a stored model"):
        load_model(data)
