"""What a linear model goes by, in words: for each class the features that speak most for it and most against it."""

from typing import Any

import numpy as np
from scipy import sparse

from annotation.core.features.vectorizer import feature_names
from modeling.core.fitting.dense_features import DenseModel
from modeling.core.fitting.stored import ClassWeights, Coefficients, FeatureWeight

# Features shown per class and direction.
STRONGEST = 8
# Classes shown; a class beyond them is counted only.
MOST_CLASSES = 200
# Numbers of one embedding mean nothing by themselves.
NAMELESS = (": embedding ", "words, projected, ")


def coefficients(model: Any, X: Any) -> Coefficients | None:
    """JSON-ready; None for a model that is not linear. model: Pipeline or DenseModel; X: (n, p), what it learned from.

    features: p. active: how many have a weight that is not 0. nameless: how many of the active are parts of embeddings
    or projections. by_class: per class its name, active features, and `for` and `against`, up to STRONGEST dicts each
    of name, weight (log odds per unit of the feature, against the other classes) and rows in which it is not 0. With
    two classes what speaks against one speaks for the other, so `against` is empty.
    """
    estimator = model.estimator if isinstance(model, DenseModel) else model.named_steps["learner"]
    if not hasattr(estimator, "coef_"):
        return None
    names, weights = np.array(_names(model), dtype=object), _by_class(estimator.coef_)
    named = np.array([not any(part in name for part in NAMELESS) for name in names])
    rows = X.getnnz(axis=0) if sparse.issparse(X) else np.count_nonzero(X, axis=0)
    used = (weights != 0).any(axis=0)
    return {
        "n": X.shape[0], "features": len(names), "active": int(used.sum()), "nameless": int((used & ~named).sum()),
        "classes": len(weights),
        "by_class": [
            _of_class(str(name), weight, names, named, rows, against=len(weights) > 2)
            for name, weight in zip(estimator.classes_[:MOST_CLASSES], weights, strict=False)
        ],
    }  # fmt: skip


def _by_class(weights: np.ndarray) -> np.ndarray:
    """(K, p): with two classes what is stored is the second's."""
    return np.vstack([-weights, weights]) if len(weights) == 1 else weights


def _names(model: Any) -> list[str]:
    if not isinstance(model, DenseModel):
        return _short(feature_names(model.named_steps["features"]))
    columns = model.features.columns_
    return _short(model.features.names(feature_names(columns) if columns is not None else []))


def _short(names: list[str]) -> list[str]:
    """Without the field before each word, where only one field has words."""
    fields = {name.partition(": ")[0] for name in names if "“" in name}
    if len(fields) != 1:
        return names
    prefix = f"{fields.pop()}: "
    return [name.removeprefix(prefix) if "“" in name else name for name in names]


def _of_class(
    name: str, weight: np.ndarray, names: np.ndarray, named: np.ndarray, rows: np.ndarray, against: bool
) -> ClassWeights:
    def strongest(sign: float) -> list[FeatureWeight]:
        value = np.where(named, sign * weight, 0.0)
        order = [at for at in np.argsort(-value, kind="stable")[:STRONGEST] if value[at] > 0]
        return [{"name": names[at], "weight": float(weight[at]), "rows": int(rows[at])} for at in order]

    return {
        "name": name, "active": int((weight != 0).sum()), "for": strongest(1.0),
        "against": strongest(-1.0) if against else [],
    }  # fmt: skip
