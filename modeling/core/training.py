"""One recipe on one table of labelled rows: the model, what it does out of fold, and all it takes to run again."""

import dataclasses
import hashlib
import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numba
import numpy as np
import pandas as pd
import scipy
import sklearn
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits

from annotation.core.features import Field, vectorizer
from annotation.core.folds import grouped_folds
from annotation.core.intervals import bootstrap_interval
from modeling.core.coefficients import coefficients
from modeling.core.dense import DenseFeatures, DenseModel
from modeling.core.evaluation import Counts, balanced_accuracy, metrics
from modeling.core.learners import Fold, Learner, UnableToTrain, learner_with, resolved_of
from modeling.core.sources import by_source

FOLDS = 5
FEATURES: dict[str, Any] = {"max_features": 50_000, "ngrams": [1, 2], "characters": None}
# More weights than this, features times classes, are refused: their learning takes ten times their eight bytes each.
MOST_WEIGHTS = 100_000_000
# What resolved settings say beyond the learner's parameters and FEATURES: found anew at each fit.
FOUND = ("learner", "seed", "folds", "rows", "classes", "fields")
# Those of them that tell rows apart, not recipes.
OF_ROWS = ("rows", "folds")


class UnableToPredict(Exception):
    """The model was trained for other classes."""


Model: TypeAlias = Pipeline | DenseModel


@dataclass(frozen=True)
class Fit:
    """A trained recipe.

    model: Pipeline of features and a classifier, or DenseModel; its classes_ are class names. resolved: JSON-ready
    settings that give the identical model on the same rows. at_chance: out of fold it is no better than guessing (lower
    95 % bound of its balanced accuracy ≤ 1 / number of classes in the labels). metrics: {"train": …, "validation": …},
    each as `evaluation.metrics`; validation is out of fold; "curve" beside them where the learner has one, and "path",
    what cross-validation tried, and "solver", how the fit ended, where it tells, and "sources", as `by_source`.
    coefficients: as `coefficients.coefficients`. oof: out-of-fold probabilities (n, K),
    columns as `classes`.
    parameter_hash: SHA-256 of resolved settings and every learned number. environment: versions by name.
    """

    model: Model
    resolved: dict[str, Any]
    converged: bool
    status: str
    at_chance: bool
    metrics: dict[str, Any]
    coefficients: dict[str, Any] | None
    oof: np.ndarray
    parameter_hash: str
    environment: dict[str, str]


def fit(
    table: pd.DataFrame, fields: Sequence[Field], labels: np.ndarray, classes: Sequence[str], groups: np.ndarray,
    learner: str, settings: dict[str, Any], seed: int, report: Callable[[str, float], None],
    sources: np.ndarray | None = None,
) -> Fit:  # fmt: skip
    """Train on a `typed` table of n rows.

    labels: int array (n,), positions in `classes`. groups: int array (n,); rows of one group never lie on both sides of
    a fold. settings: of the learner, or the resolved settings of an earlier Fit. report(stage, share done) is called
    as it goes on. sources: str (n,), where each row came from; with two or more of them every source is also judged by
    a model of the others. A C or l1_ratio chosen by "cv" was chosen on these rows: then the validation figures, which
    use it in every fold, flatter it a little; a comparison on production does not. Raises UnableToTrain and
    UnableToConfigure.
    """
    n_folds = _check(labels, classes, groups)
    recipe = _learner(learner, settings, seed)
    features = {key: settings.get(key, default) for key, default in FEATURES.items()}
    names = np.asarray(classes)[labels]
    # One thread: sums in another order would be another model, in the last digit.
    with threadpool_limits(1):
        report("features", 0.0)
        fold = grouped_folds(groups, labels, n_folds, seed)
        transformer, X, folds = _prepared(recipe, table, fields, features, names, fold)
        _check_weights(X.shape[1], len(np.unique(labels)))
        report("fitting", 0.1)
        fitted = recipe.fit(X, names, folds, groups)
        parameters = resolved_of(fitted)
        oof = np.zeros((len(labels), len(classes)))
        for number in range(n_folds):
            report(f"checking out of fold, {number + 1} of {n_folds}", 0.6 + 0.2 * number / n_folds)
            out = fold == number
            oof[out] = _held_out(_learner(learner, parameters, seed), folds[number], groups[~out], classes)
        trained = _aligned(fitted.predict_proba(X), fitted.classes_, classes)

        def judge(out: np.ndarray) -> np.ndarray:
            fold = _one_fold(transformer, X, table, names, out)
            return _held_out(_learner(learner, parameters, seed), fold, groups[~out], classes)

        beside = [] if sources is None else by_source(sources, labels, oof, groups, judge, report)
    model = _model(learner, transformer, fitted.estimator_)
    resolved = {
        "learner": learner, **parameters, **features, "seed": seed, "folds": n_folds, "rows": len(labels),
        "classes": list(classes), "fields": [[field.name, field.type] for field in fields],
    }  # fmt: skip
    scores: dict[str, Any] = {"train": metrics(labels, trained), "validation": metrics(labels, oof)}
    scores |= getattr(fitted, "facts_", {})
    told = {"curve": getattr(fitted, "curve_", None), "sources": beside}
    scores |= {name: figures for name, figures in told.items() if figures}
    return Fit(
        model=model, resolved=resolved, converged=fitted.converged_, status=fitted.status_ + _lone(names, groups),
        metrics=scores, coefficients=coefficients(model, X), at_chance=_at_chance(labels, oof), oof=oof,
        parameter_hash=_hash(resolved, model), environment=environment(),
    )  # fmt: skip


def predict(model: Model, table: pd.DataFrame, classes: Sequence[str]) -> np.ndarray:
    """Probabilities (n, K), columns in the order of `classes`, for a `typed` table; a class never trained on has 0.

    Raises UnableToPredict where the model knows a class that is not among `classes`.
    """
    missing = [str(name) for name in model.classes_ if name not in classes]
    if missing:
        raise UnableToPredict(
            f"The model was trained to tell {', '.join(map(repr, missing))} too, which is not among the classes asked "
            f"for: {', '.join(classes)}. Train it again on today's classes."
        )
    if not len(table):
        return np.zeros((0, len(classes)))
    with threadpool_limits(1):
        return _aligned(model.predict_proba(table), model.classes_, classes)


def environment() -> dict[str, str]:
    """Versions of what a fit depends on, by name."""
    return {
        "python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__, "numba": numba.__version__,
    }  # fmt: skip


def _check(labels: np.ndarray, classes: Sequence[str], groups: np.ndarray) -> int:
    """The number of folds these rows allow."""
    if not len(labels):
        raise UnableToTrain("There are no labelled rows to train on; import labels or settle some cases first.")
    unknown = np.flatnonzero((labels < 0) | (labels >= len(classes)))
    if len(unknown):
        raise UnableToTrain(f"Row {unknown[0] + 1} has a label that is none of the classes: {', '.join(classes)}.")
    present = np.unique(labels)
    if len(present) < 2:
        raise UnableToTrain(f"All {len(labels)} rows are labelled {classes[present[0]]!r}; training needs two classes.")
    folds = min(FOLDS, len(np.unique(groups)))
    if folds < 2:
        raise UnableToTrain(
            f"All {len(labels)} rows are near-copies of one another; training needs at least two different inputs, so "
            "that one can be held out."
        )
    return folds


def _check_weights(n_features: int, n_classes: int) -> None:
    if n_features * n_classes > MOST_WEIGHTS:
        raise UnableToTrain(
            f"{n_features:,} features for {n_classes:,} classes are more than the {MOST_WEIGHTS:,} weights that can be "
            "learned; leave out the category with the most values, or make it a text."
        )


def _lone(names: np.ndarray, groups: np.ndarray) -> str:
    """A sentence on classes that a fold can only hold out or learn from, not both."""
    distinct = pd.Series(groups).groupby(names).nunique()
    lone = [repr(str(name)) for name in distinct.index[distinct == 1]]
    if not lone:
        return ""
    shown = ", ".join(lone[:5]) + (f" and {len(lone) - 5} more" if len(lone) > 5 else "")
    return f" Nobody can say how well it knows {shown}: one input each, so held out it was never seen."


def _learner(name: str, settings: dict[str, Any], seed: int) -> Learner:
    return learner_with(name, {**settings, "seed": seed}, (*FEATURES, *FOUND))


def _prepared(
    recipe: Any, table: pd.DataFrame, fields: Sequence[Field], features: dict[str, Any], names: np.ndarray,
    fold: np.ndarray,
) -> tuple[ColumnTransformer | DenseFeatures, Any, Sequence[Fold]]:  # fmt: skip
    """Fitted features, their matrix, and the folds: words for all learners but those with features of their own."""
    dense = recipe.features(fields, features) if hasattr(recipe, "features") else features
    if isinstance(dense, dict):
        transformer, X = _features(table, fields, dense)
        return transformer, X, [_fold(transformer, X, names, fold == number) for number in range(fold.max() + 1)]
    try:
        X = dense.fit(table)
    except ValueError as error:
        raise UnableToTrain(f"The fields cannot be turned into features: {error}.") from error
    if _constant(X):
        raise _all_alike(table, fields)
    return dense, X, DenseFolds(dense, table, names, fold)


class DenseFolds(Sequence[Fold]):
    """Folds with features fitted to their own rows, each made when it is asked for: all at once are much memory."""

    def __init__(self, features: DenseFeatures, table: pd.DataFrame, names: np.ndarray, fold: np.ndarray) -> None:
        self.features, self.table, self.names, self.fold = features, table, names, fold

    def __len__(self) -> int:
        return int(self.fold.max()) + 1

    def __getitem__(self, number: Any) -> Any:
        out = self.fold == range(len(self))[number]
        features = dataclasses.replace(self.features)
        X = features.fit(self.table[~out])
        return Fold(X, self.names[~out], features.transform(self.table[out]), self.names[out])


def _model(learner: str, transformer: Any, estimator: Any) -> Model:
    if isinstance(transformer, DenseFeatures):
        return DenseModel(transformer, estimator, learner)
    return Pipeline([("features", transformer), ("learner", estimator)])


def _all_alike(table: pd.DataFrame, fields: Sequence[Field]) -> UnableToTrain:
    shown = ", ".join(field.name for field in fields)
    return UnableToTrain(f"All {len(table)} rows look alike in {shown}: there is nothing to tell the classes by.")


def _features(
    table: pd.DataFrame, fields: Sequence[Field], features: dict[str, Any]
) -> tuple[ColumnTransformer, sparse.csr_matrix]:
    ranges: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in features.items()
    }
    transformer = vectorizer(fields, **ranges)
    try:
        X = sparse.csr_matrix(transformer.fit_transform(table))
    except ValueError as error:
        raise UnableToTrain(f"The fields cannot be turned into features: {error}.") from error
    if _constant(X):
        raise _all_alike(table, fields)
    _plain_numbers(transformer)
    return transformer, X


def _plain_numbers(transformer: ColumnTransformer) -> None:
    """A vocabulary of numpy integers is stored as one array per word: ten times the time and the size."""
    for _, fitted, _ in transformer.transformers_:
        steps = getattr(fitted, "transformer_list", [("", fitted)])
        for _, step in steps:
            if isinstance(step, TfidfVectorizer):
                step.vocabulary_ = {word: int(column) for word, column in step.vocabulary_.items()}


def _constant(X: Any) -> bool:
    if not sparse.issparse(X):
        return not np.ptp(X, axis=0).any()
    return X.shape[1] == 0 or (X.max(axis=0) - X.min(axis=0)).nnz == 0


def _fold(transformer: ColumnTransformer, X: sparse.csr_matrix, names: np.ndarray, out: np.ndarray) -> Fold:
    """One fold, with text features as if fitted to the rows that are not `out`.

    Words that only the rows held out have are unknown and take no part in a row's length; otherwise a row held out
    looks fainter than any row of production does, and so a weaker penalty seems best. Exact but for which features
    are the `max_features` kept, and without reading the texts again.
    """
    blocks = []
    for name, part, _ in transformer.transformers_:
        block = X[:, transformer.output_indices_[name]]
        if isinstance(part, TfidfVectorizer):
            block = normalize(block @ sparse.diags_array(_reweighting(part, block[~out])))
        blocks.append(block)
    refitted = sparse.hstack(blocks, format="csr")
    return Fold(refitted[~out], names[~out], refitted[out], names[out])


def _one_fold(transformer: Any, X: Any, table: pd.DataFrame, names: np.ndarray, out: np.ndarray) -> Fold:
    """Rows `out` held out, bool (n,), with features of the others."""
    if isinstance(transformer, DenseFeatures):
        return DenseFolds(transformer, table, names, np.where(out, 0, 1))[0]
    return _fold(transformer, X, names, out)


def _reweighting(part: TfidfVectorizer, kept: sparse.csr_matrix) -> np.ndarray:
    """What turns each word's weight into the one it would have if fitted to `kept` alone; 0 for a word not there."""
    rows = np.bincount(kept.indices, minlength=kept.shape[1])
    weight = np.log((1 + kept.shape[0]) / (1 + rows)) + 1
    return np.where(rows > 0, weight / part.idf_, 0.0)


def _held_out(recipe: Learner, fold: Fold, groups: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Probabilities (rows held out, K) from the recipe fitted to the other rows."""
    known = np.unique(fold.y)
    if len(known) == 1:
        return _aligned(np.ones((len(fold.y_out), 1)), known, classes)
    fitted = recipe.fit(fold.X, fold.y, (), groups)
    return _aligned(fitted.predict_proba(fold.X_out), fitted.classes_, classes)


def _aligned(probabilities: np.ndarray, known: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    aligned = np.zeros((len(probabilities), len(classes)))
    aligned[:, [list(classes).index(name) for name in known]] = probabilities
    return aligned


def _at_chance(labels: np.ndarray, oof: np.ndarray) -> bool:
    n_classes = oof.shape[1]
    cells = np.bincount(labels + n_classes * (oof.argmax(axis=1) == labels), minlength=2 * n_classes)

    def of_cells(rows: np.ndarray) -> np.ndarray:
        missed, hit = rows[:, :n_classes], rows[:, n_classes:]
        return balanced_accuracy(Counts(hit, hit, hit + missed))

    lower = bootstrap_interval(of_cells, cells, n_resamples=2000, level=0.9).low
    return lower <= 1 / len(np.unique(labels)) + 1e-9


def _hash(resolved: dict[str, Any], model: Model) -> str:
    digest = hashlib.sha256(json.dumps(resolved, sort_keys=True).encode())
    _add(digest, model)
    return digest.hexdigest()


def _add(digest: Any, value: Any) -> None:
    """Feed what was learned (names ending in "_"), the same on every machine that learned the same."""
    if isinstance(value, BaseEstimator):
        learned = {k: v for k, v in vars(value).items() if k[-1] == "_" or k == "steps" or isinstance(v, BaseEstimator)}
        digest.update(type(value).__name__.encode())
        _add(digest, learned)
    elif isinstance(value, DenseModel):
        _add(digest, value.state())
    elif isinstance(value, dict):
        for key in sorted(value, key=str):
            digest.update(f"{key}:".encode())
            _add(digest, value[key])
    elif isinstance(value, list | tuple):
        for part in value:
            _add(digest, part)
    elif isinstance(value, np.ndarray) and value.dtype != object:
        digest.update(f"{value.dtype}{value.shape}".encode() + np.ascontiguousarray(value).tobytes())
    elif isinstance(value, np.ndarray | np.generic):
        digest.update(repr(value.tolist()).encode())
    else:
        digest.update(repr(value).encode())
