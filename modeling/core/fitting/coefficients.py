"""What a linear model goes by, in words: each feature's weight for each class, and what it stands for besides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from annotation.core.features.vectorizer import feature_names
from modeling.core.fitting.dense_features import DenseFeatures, DenseModel
from modeling.core.fitting.feature_columns import Fields, columns_of
from modeling.core.fitting.going_together import Alike, columns_together, features_together
from modeling.core.fitting.stored import AlikeNames, ClassWeights, Coefficients, FeatureWeight

# Features shown per class and direction.
STRONGEST = 8
# Classes shown; a class beyond them is counted only.
MOST_CLASSES = 200


@dataclass(frozen=True, eq=False)
class Weights:
    """Of a linear model with K classes and p features. names: of the features (p,). columns: the fields behind each
    (p,). weight: (K, p), log odds per unit of the feature, for the class against the others; of two classes one is
    the other's negative. nameless: so many of the first features are numbers of an embedding or a projection, which
    mean nothing by themselves."""

    classes: list[str]
    names: np.ndarray
    columns: list[Fields]
    weight: np.ndarray
    nameless: int = 0

    @property
    def named(self) -> np.ndarray:
        """Whether a word names the feature, bool (p,)."""
        return np.arange(len(self.names)) >= self.nameless


def weights_of(model: Any) -> Weights | None:
    """Every weight; None for a model that is not linear. model: Pipeline or DenseModel."""
    estimator = model.estimator if isinstance(model, DenseModel) else model.named_steps["learner"]
    if not hasattr(estimator, "coef_"):
        return None
    dense = isinstance(model, DenseModel)
    features = model.features if dense else model.named_steps["features"]
    columns = columns_of(features)
    return Weights(
        [str(name) for name in estimator.classes_], np.array(_names(features, columns), dtype=object), columns,
        _by_class(estimator.coef_), len(features.embedded_columns()) + features.n_components if dense else 0,
    )  # fmt: skip


def coefficients(model: Any, X: Any, table: pd.DataFrame) -> Coefficients | None:
    """JSON-ready; None for a model that is not linear. model: Pipeline or DenseModel; X: (n, p), what it learned from,
    and the `typed` table it was made of.

    features: p. active: how many have a weight that is not 0. columns, active_columns: the same of the fields behind
    them. nameless: how many of the active are parts of embeddings or projections. rows: in how many each feature is not
    0 (p,). alike: features, and columns of numbers, that nearly repeat a stronger one. by_class: per class its name,
    active features, and `for` and `against`, up to STRONGEST dicts each of name, weight (log odds per unit of the
    feature, against the other classes), rows in which it is not 0, and how many it stands for, which are not listed
    themselves. With two classes what speaks against one speaks for the other, so `against` is empty.
    """
    found = weights_of(model)
    if found is None:
        return None
    rows = X.getnnz(axis=0) if sparse.issparse(X) else np.count_nonzero(X, axis=0)
    used, named = (found.weight != 0).any(axis=0), found.named
    ranges = _of_ranges(found, table)
    single = features_together(X, _strength(found, rows, len(table)), named & ~ranges)
    whole, numbers = _columns(found, rows, table, ranges)
    listed, alike = _folded(found, single, whole, numbers)
    active_columns = {name for at in np.flatnonzero(used) for name in found.columns[at]}
    return {
        "n": X.shape[0], "features": len(found.names), "active": int(used.sum()),
        "nameless": int((used & ~named).sum()), "columns": table.shape[1], "active_columns": len(active_columns),
        "classes": len(found.weight), "rows": rows.tolist(), "alike": _alike_names(found, single, whole, numbers),
        "by_class": [
            _of_class(str(name), weight, found.names, named & listed, rows, alike, against=len(found.weight) > 2)
            for name, weight in zip(found.classes[:MOST_CLASSES], found.weight, strict=False)
        ],
    }  # fmt: skip


def _by_class(weights: np.ndarray) -> np.ndarray:
    """(K, p): with two classes what is stored is the second's."""
    return np.vstack([-weights, weights]) if len(weights) == 1 else weights


def _strength(found: Weights, rows: np.ndarray, n: int) -> np.ndarray:
    """How much each feature (p,) does: its largest weight, and how many rows it tells apart."""
    share = rows / max(n, 1)
    return np.abs(found.weight).max(axis=0) * np.sqrt(np.maximum(share * (1 - share), 1 / max(n, 1)))


def _of_ranges(found: Weights, table: pd.DataFrame) -> np.ndarray:
    """Whether a feature (p,) is a range of a number: several such stand for one column."""
    numbers = {name for name in table if pd.api.types.is_float_dtype(table[name])}
    counts = pd.Series([fields[0] if fields else "" for fields in found.columns]).value_counts()
    several = {name for name in numbers if counts.get(name, 0) > 2}
    return np.array([len(fields) == 1 and fields[0] in several for fields in found.columns], dtype=bool)


def _columns(
    found: Weights, rows: np.ndarray, table: pd.DataFrame, ranges: np.ndarray
) -> tuple[list[Alike], list[str]]:
    """Columns of numbers that go together, and the names their positions mean."""
    strength = _strength(found, rows, len(table))
    total: dict[str, float] = {}
    for at in np.flatnonzero(ranges):
        total[found.columns[at][0]] = total.get(found.columns[at][0], 0.0) + float(strength[at])
    names = list(total)
    return columns_together(table[names], list(total.values())), names


def _folded(
    found: Weights, single: list[Alike], whole: list[Alike], numbers: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Which features (p,) are listed by themselves, and how many others each (p,) stands for."""
    listed, alike = np.ones(len(found.names), dtype=bool), np.zeros(len(found.names), dtype=int)
    for one in single:
        listed[one.others], alike[one.leader] = False, len(one.others)
    behind = np.array([fields[0] if len(fields) == 1 else "" for fields in found.columns], dtype=object)
    for one in whole:
        listed[np.isin(behind, [numbers[at] for at in one.others])] = False
        alike[behind == numbers[one.leader]] = len(one.others)
    return listed, alike


def _alike_names(found: Weights, single: list[Alike], whole: list[Alike], numbers: list[str]) -> list[AlikeNames]:
    """Columns first, the largest groups first."""
    groups: list[AlikeNames] = []
    for ones, names, column in ((whole, numbers, True), (single, found.names, False)):
        for one in sorted(ones, key=lambda one: -len(one.others)):
            others = zip(one.others.tolist(), one.correlation.tolist(), strict=True)
            groups.append({
                "name": names[one.leader], "column": column, "others": [(names[at], round(r, 3)) for at, r in others],
            })  # fmt: skip
    return groups


def _names(features: Any, columns: Sequence[Fields]) -> list[str]:
    """Names of the features in words; without the field before each word, where only one field has words."""
    if isinstance(features, DenseFeatures):
        names = features.names(feature_names(features.columns_) if features.columns_ is not None else [])
    else:
        names = feature_names(features)
    worded = {fields for name, fields in zip(names, columns, strict=True) if _word(name, fields) != name}
    return [_word(name, fields) for name, fields in zip(names, columns, strict=True)] if len(worded) == 1 else names


def _word(name: str, fields: Fields) -> str:
    """The feature's name without the field it is a word of; any other name as it is."""
    rest = name.removeprefix(f"{fields[0]}: ") if len(fields) == 1 else name
    return rest if rest.startswith(("“", "characters “")) else name


def _of_class(
    name: str, weight: np.ndarray, names: np.ndarray, named: np.ndarray, rows: np.ndarray, alike: np.ndarray,
    against: bool,
) -> ClassWeights:  # fmt: skip
    def strongest(sign: float) -> list[FeatureWeight]:
        value = np.where(named, sign * weight, 0.0)
        order = [at for at in np.argsort(-value, kind="stable")[:STRONGEST] if value[at] > 0]
        return [
            {"name": names[at], "weight": float(weight[at]), "rows": int(rows[at]), "alike": int(alike[at])}
            for at in order
        ]

    return {
        "name": name, "active": int((weight != 0).sum()), "for": strongest(1.0),
        "against": strongest(-1.0) if against else [],
    }  # fmt: skip
