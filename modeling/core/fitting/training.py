"""One recipe on one table of labelled rows: the model, what it does out of fold, and all it takes to run again."""

import hashlib
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numba
import numpy as np
import pandas as pd
import scipy
import sklearn
import skops
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from annotation.core.class_columns import carried
from annotation.core.classes import Classes
from annotation.core.fields import Field
from annotation.core.intervals import bootstrap_interval
from annotation.core.judging.folds import grouped_folds
from annotation.core.refusal import Refusal
from modeling.core.fitting.augmentation import KEYS, with_copies
from modeling.core.fitting.coefficients import coefficients
from modeling.core.fitting.complexity import size_of
from modeling.core.fitting.dense_features import DenseFeatures, DenseModel
from modeling.core.fitting.preparing import ToldFolds, fitted_features, one_fold, prepared
from modeling.core.fitting.sources import by_source
from modeling.core.fitting.stored import Coefficients, Metrics, Resolved, Settings, SourceScores
from modeling.core.learners import (
    MOST_WORDS,
    PAIRS,
    Fold,
    Learner,
    LogisticLearner,
    UnableToTrain,
    learner_with,
    resolved_of,
)
from modeling.core.learners.logistic import Tried
from modeling.core.proving.evaluation import Counts, balanced_accuracy, metrics

FOLDS = 5
FEATURES: dict[str, Any] = {"max_features": MOST_WORDS, "ngrams": PAIRS, "characters": None}
# More weights than this, features times classes, are refused: their learning takes ten times their eight bytes each.
MOST_WEIGHTS = 100_000_000
# What resolved settings say beyond the learner's parameters and FEATURES: found anew at each fit.
FOUND = ("learner", "seed", "folds", "rows", "classes", "fields")
# Those of them that tell rows apart, not recipes.
OF_ROWS = ("rows", "folds")


class UnableToPredict(Refusal):
    """The model was trained for other classes."""


Model: TypeAlias = Pipeline | DenseModel


@dataclass(frozen=True)
class Fit:
    """A trained recipe.

    model: Pipeline of features and a classifier, or DenseModel; its classes_ are class names. resolved: JSON-ready
    settings that give the identical model on the same rows. at_chance: out of fold it is no better than guessing (lower
    95 % bound of its balanced accuracy ≤ 1 / number of classes in the labels). metrics: {"train": …, "validation": …},
    each as `evaluation.metrics`; validation is out of fold; "size", as `complexity.size_of`; where there are any
    "copies", their number, "curve", how training went, "path", what cross-validation tried, "solver", how the fit
    ended, and "sources", as `by_source`. coefficients: as `coefficients.coefficients`. oof: out-of-fold probabilities
    (n, K), columns as `classes`.
    parameter_hash: SHA-256 of resolved settings and every learned number. environment: versions by name.
    """

    model: Model
    resolved: Resolved
    converged: bool
    status: str
    at_chance: bool
    metrics: Metrics
    coefficients: Coefficients | None
    oof: np.ndarray
    parameter_hash: str
    environment: dict[str, str]


def fit(
    table: pd.DataFrame, fields: Sequence[Field], labels: np.ndarray, classes: Sequence[str], groups: np.ndarray,
    learner: str, settings: Settings, seed: int, report: Callable[[str, float], None],
    sources: np.ndarray | None = None, tried: Mapping[int, dict[str, list[Tried]]] | None = None,
) -> Fit:  # fmt: skip
    """Train on a `typed` table of n rows.

    labels: int array (n,), positions in `classes`. groups: int array (n,); rows of one group never lie on both sides of
    a fold. settings: of the learner, or the resolved settings of an earlier Fit. report(stage, share done) is called
    as it goes on. sources: str (n,), where each row came from; with two or more of them every source is also judged by
    a model of the others. tried: by fold, what `try_fold` found. A C or l1_ratio chosen by "cv" was chosen on these
    rows: then the validation figures, which use it in every fold, flatter it a little; a comparison on production does
    not. Raises UnableToTrain and UnableToConfigure.
    """
    n_folds = _check(labels, classes, groups)
    recipe = _learner(learner, settings, seed)
    features = {key: settings.get(key, default) for key, default in FEATURES.items()}
    # One thread: sums in another order would be another model, in the last digit.
    with threadpool_limits(1):
        report("features", 0.0)
        rows = with_copies(table, fields, settings, seed)
        names, together = np.asarray(classes)[labels[rows.origin]], groups[rows.origin]
        fold = grouped_folds(groups, labels, n_folds, seed)[rows.origin]
        transformer, X, folds = prepared(recipe, rows, fields, features, names, fold)
        _check_weights(X.shape[1], len(np.unique(labels)))
        report("fitting", 0.1)
        fitted = recipe.fit(X, names, ToldFolds(folds, report, tried or {}), together)
        parameters = resolved_of(fitted)

        def held_out(part: Fold, out: np.ndarray) -> np.ndarray:
            return _held_out(_learner(learner, parameters, seed), part, together[~out], classes)

        oof = np.zeros((len(labels), len(classes)))
        for number in range(n_folds):
            report(f"checking out of fold, {number + 1} of {n_folds}", 0.6 + 0.2 * number / n_folds)
            out = fold == number
            oof[out[: len(labels)]] = held_out(folds[number], out)

        def judge(out: np.ndarray) -> np.ndarray:
            out = out[rows.origin]
            return held_out(one_fold(transformer, X, rows, names, out), out)

        beside = [] if sources is None else by_source(sources, labels, groups, judge, report, seed)
        trained = _aligned(fitted.predict_proba(X[: len(labels)]), fitted.classes_, classes)
    model = _model(learner, transformer, fitted.estimator_)
    copies = {key: settings[key] for key in KEYS if key in settings}
    # a learner's own parameters go by names that only it knows
    resolved = cast(Resolved, {
        "learner": learner, **parameters, **features, **copies, "seed": seed, "folds": n_folds, "rows": len(labels),
        "classes": list(classes), "fields": [[field.name, field.type] for field in fields],
    })  # fmt: skip
    return Fit(
        model=model, resolved=resolved, converged=fitted.converged_, oof=oof,
        metrics=_all_metrics(fitted, labels, trained, oof, len(fold) - len(labels), beside),
        status=fitted.status_ + _lone(names, together), coefficients=coefficients(model, X[: len(labels)], table),
        at_chance=_at_chance(labels, oof), parameter_hash=_hash(resolved, model), environment=environment(),
    )  # fmt: skip


def try_fold(
    table: pd.DataFrame, fields: Sequence[Field], labels: np.ndarray, classes: Sequence[str], groups: np.ndarray,
    settings: Settings, seed: int, number: int, report: Callable[[str, float], None],
) -> dict[str, list[Tried]]:  # fmt: skip
    """What each C, and L1 ratio, gives on the fold of this number: the path that `fit` of the logistic learner goes on
    it, arguments as there, so that folds can be gone through side by side. Nothing where there is no such fold."""
    n_folds = _check(labels, classes, groups)
    if number >= n_folds:
        return {}
    recipe = cast(LogisticLearner, _learner("logistic", settings, seed))
    features = {key: settings.get(key, default) for key, default in FEATURES.items()}
    with threadpool_limits(1):
        report("features", 0.0)
        rows = with_copies(table, fields, settings, seed)
        names = np.asarray(classes)[labels[rows.origin]]
        out = (grouped_folds(groups, labels, n_folds, seed) == number)[rows.origin]
        transformer, X = fitted_features(recipe, rows.table, fields, features)
        _check_weights(X.shape[1], len(np.unique(labels)))
        report("fitting", 0.2)
        return recipe.tried_on(X, names, one_fold(transformer, X, rows, names, out))


def _all_metrics(
    fitted: Any, labels: np.ndarray, trained: np.ndarray, oof: np.ndarray, copies: int, beside: list[SourceScores]
) -> Metrics:
    """The metrics of a Fit: probabilities `trained` of the rows learned from and `oof` out of fold, both (n, K), how
    many copies were learned from too, and what sources say `beside`."""
    measured: Metrics = {"train": metrics(labels, trained), "validation": metrics(labels, oof)}
    measured["size"] = size_of(fitted.estimator_)
    if facts := getattr(fitted, "facts_", None):
        measured["path"], measured["solver"] = facts["path"], facts["solver"]
    if copies:
        measured["copies"] = copies
    if curve := getattr(fitted, "curve_", None):
        measured["curve"] = curve
    if beside:
        measured["sources"] = beside
    return measured


def fit_resolved(
    table: pd.DataFrame, fields: Sequence[Field], names: np.ndarray, groups: np.ndarray, resolved: Resolved
) -> Model:
    """The model that the `resolved` settings of a Fit give on these rows alone: features, copies and learner.

    names: class per row (n,), two or more distinct. groups: int (n,). Nothing is chosen anew but what a learner finds
    at every fit, and nothing is judged.
    """
    seed = resolved["seed"]
    with threadpool_limits(1):
        recipe = _learner(resolved["learner"], resolved, seed)
        rows = with_copies(table, fields, resolved, seed)
        features = {key: resolved.get(key, default) for key, default in FEATURES.items()}
        transformer, X = fitted_features(recipe, rows.table, fields, features)
        fitted = recipe.fit(X, names[rows.origin], (), groups[rows.origin])
    return _model(resolved["learner"], transformer, fitted.estimator_)


def refitter(
    table: pd.DataFrame, fields: Sequence[Field], labels: np.ndarray, classes: Sequence[str], groups: np.ndarray,
    resolved: Resolved,
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:  # fmt: skip
    """A function (learned from, held out; bool (n,) each) → probabilities (rows held out, K), columns as `classes`.

    It fits the recipe to the rows learned from alone by `fit_resolved`. Near-copies of rows held out must not be among
    those learned from. table, labels, groups: as `fit`.
    """
    names = np.asarray(classes)[labels]

    def refitted(learned: np.ndarray, out: np.ndarray) -> np.ndarray:
        known = np.unique(names[learned])
        if len(known) == 1:
            return _aligned(np.ones((int(out.sum()), 1)), known, classes)
        model = fit_resolved(table[learned], fields, names[learned], groups[learned], resolved)
        return predict(model, table[out], classes)

    return refitted


def predict(model: Model, table: pd.DataFrame, classes: Sequence[str]) -> np.ndarray:
    """Probabilities (n, K), columns in the order of `classes`, for a `typed` table; a class never trained on has 0.

    Raises UnableToPredict where the model knows a class that is not among `classes`.
    """
    missing = [str(name) for name in model.classes_ if name not in classes]
    if missing:
        raise UnableToPredict(
            f"The model was trained to predict {', '.join(map(repr, missing))} too, which is not among the classes "
            f"asked for: {', '.join(classes)}. Train it again on today's classes."
        )
    if not len(table):
        return np.zeros((0, len(classes)))
    with threadpool_limits(1):
        return _aligned(model.predict_proba(table), model.classes_, classes)


def predict_now(model: Model, table: pd.DataFrame, classes: Classes) -> np.ndarray:
    """Probabilities (n, K) by the classes in use, carried over from those the model was trained for. Raises
    UnableToCarry where nothing stands for one of them today."""
    known = model.classes_.tolist()
    return carried(predict(model, table, known), known, classes)


def environment() -> dict[str, str]:
    """Versions of what a fit depends on, by name."""
    return {
        "python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__, "numba": numba.__version__, "pandas": pd.__version__,
        "skops": skops.__version__,
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


def _learner(name: str, settings: Settings, seed: int) -> Learner:
    return learner_with(name, {**settings, "seed": seed}, (*FEATURES, *KEYS, *FOUND))


def _model(learner: str, transformer: Any, estimator: Any) -> Model:
    if isinstance(transformer, DenseFeatures):
        return DenseModel(transformer, estimator, learner)
    return Pipeline([("features", transformer), ("learner", estimator)])


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


def _hash(resolved: Resolved, model: Model) -> str:
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
