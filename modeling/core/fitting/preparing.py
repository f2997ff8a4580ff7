"""A table's features and its folds, each fold with features as if fitted to its own rows."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from annotation.core.features.vectorizer import vectorizer
from annotation.core.fields import Field
from modeling.core.fitting.augmentation import Rows
from modeling.core.fitting.dense_features import DenseFeatures
from modeling.core.learners import Fold, UnableToTrain
from modeling.core.learners.logistic import Tried


def prepared(
    recipe: Any, rows: Rows, fields: Sequence[Field], features: dict[str, Any], names: np.ndarray, fold: np.ndarray
) -> tuple[ColumnTransformer | DenseFeatures, Any, Sequence[Fold]]:
    """Fitted features, their matrix, and the folds, in which no copy is ever held out."""
    transformer, X = fitted_features(recipe, rows.table, fields, features)
    if isinstance(transformer, DenseFeatures):
        return transformer, X, DenseFolds(transformer, rows, names, fold)
    outs = [fold == number for number in range(fold.max() + 1)]
    return transformer, X, [_fold(transformer, X, names, out, rows.original) for out in outs]


def fitted_features(
    recipe: Any, table: pd.DataFrame, fields: Sequence[Field], features: dict[str, Any]
) -> tuple[ColumnTransformer | DenseFeatures, Any]:
    """Words for all learners but those with features of their own."""
    dense = recipe.features(fields, features) if hasattr(recipe, "features") else features
    if isinstance(dense, dict):
        return _features(table, fields, dense)
    try:
        X = dense.fit(table)
    except ValueError as error:
        raise UnableToTrain(f"The fields cannot be turned into features: {error}.") from error
    if _constant(X):
        raise _all_alike(table, fields)
    return dense, X


class DenseFolds(Sequence[Fold]):
    """Folds with features fitted to their own rows, each made when it is asked for: all at once are much memory."""

    def __init__(self, features: DenseFeatures, rows: Rows, names: np.ndarray, fold: np.ndarray) -> None:
        self.features, self.rows, self.names, self.fold = features, rows, names, fold

    def __len__(self) -> int:
        return int(self.fold.max()) + 1

    def __getitem__(self, number: Any) -> Any:
        out = self.fold == range(len(self))[number]
        features = dataclasses.replace(self.features)
        table, judged = self.rows.table, out & self.rows.original
        X = features.fit(table[~out])
        return Fold(X, self.names[~out], features.transform(table[judged]), self.names[judged])


class ToldFolds(Sequence[Fold]):
    """Folds that report as each is taken up: a path of fits on one of them may take minutes. tried: by its number, the
    path of each that was gone elsewhere."""

    def __init__(
        self, folds: Sequence[Fold], report: Callable[[str, float], None], tried: Mapping[int, dict[str, list[Tried]]]
    ) -> None:
        self.folds, self.report, self.tried = folds, report, tried

    def __len__(self) -> int:
        return len(self.folds)

    def __getitem__(self, number: Any) -> Any:
        fold = self.folds[number]
        self.report(f"fitting, fold {number + 1} of {len(self)}", 0.1 + 0.4 * number / len(self))
        return dataclasses.replace(fold, tried=self.tried[number]) if number in self.tried else fold


def _all_alike(table: pd.DataFrame, fields: Sequence[Field]) -> UnableToTrain:
    shown = ", ".join(field.name for field in fields)
    return UnableToTrain(f"All {len(table)} rows look alike in {shown}: nothing distinguishes the classes.")


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


def _fold(
    transformer: ColumnTransformer, X: sparse.csr_matrix, names: np.ndarray, out: np.ndarray,
    original: np.ndarray | bool = True,
) -> Fold:  # fmt: skip
    """One fold, with text features as if fitted to the rows that are not `out`; only `original` rows are held out.

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
    judged = out & original
    return Fold(refitted[~out], names[~out], refitted[judged], names[judged])


def one_fold(transformer: Any, X: Any, rows: Rows, names: np.ndarray, out: np.ndarray) -> Fold:
    """Rows `out` held out, bool, with features of the others."""
    if isinstance(transformer, DenseFeatures):
        return DenseFolds(transformer, rows, names, np.where(out, 0, 1))[0]
    return _fold(transformer, X, names, out, rows.original)


def _reweighting(part: TfidfVectorizer, kept: sparse.csr_matrix) -> np.ndarray:
    """What turns each word's weight into the one it would have if fitted to `kept` alone; 0 for a word not there."""
    rows = np.bincount(kept.indices, minlength=kept.shape[1])
    weight = np.log((1 + kept.shape[0]) / (1 + rows)) + 1
    return np.where(rows > 0, weight / part.idf_, 0.0)
