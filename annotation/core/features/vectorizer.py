"""Typed fields to one sparse matrix: words, characters, numbers and categories, storable without pickle."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, QuantileTransformer

from annotation.core.features.words import WORD
from annotation.core.fields import Field

BINS = 10


def typed(table: pd.DataFrame, fields: Sequence[Field]) -> pd.DataFrame:
    """The fields' columns as `vectorizer` eats them: text and category as str ("" = missing), number as float (nan =
    missing or not a number). Rows (n,) keep their order and index."""
    columns = {field.name: _typed_column(table[field.name], field.type) for field in fields}
    return pd.DataFrame(columns, index=table.index)


def _typed_column(column: pd.Series, kind: str) -> pd.Series:
    if kind == "number":
        return pd.to_numeric(column, errors="coerce").astype(float).replace([np.inf, -np.inf], np.nan)
    return column.astype(object).where(column.notna(), "").map(str).astype(object)


def vectorizer(
    fields: Sequence[Field],
    *,
    max_features: int | None = 50_000,
    ngrams: tuple[int, int] = (1, 2),
    characters: tuple[int, int] | None = None,
) -> ColumnTransformer:
    """An unfitted transformer from a `typed` table of one row or more to a float CSR matrix (n, features).

    Text: TF-IDF of word `ngrams` (shortest, longest), sublinear counts, at most `max_features` columns per field, rows
    of length 1; with `characters` (shortest, longest) a second such block of characters inside words, which needs one
    text in the field that is not blank. Number: one column per range of values that holds about a tenth of the rows,
    and one for missing. Category: one column per value. A value not seen in fitting is all zeros. No entry is negative.
    """
    # Parts are called by position: scikit-learn forbids some names that a file may well have, a__b and verbose.
    numbered = list(enumerate(fields))
    parts = [(f"field_{at}", _transformer(field, max_features, ngrams), _columns(field)) for at, field in numbered]
    if characters is not None:
        parts += [
            (f"characters_{at}", _characters(max_features, characters), field.name)
            for at, field in numbered
            if field.type == "text"
        ]
    return ColumnTransformer(parts, sparse_threshold=1.0)


def parts_of(fitted: ColumnTransformer) -> list[tuple[str, Any, slice]]:
    """(field, what reads it, its columns of the matrix) of each part of a fitted `vectorizer`, in column order.

    A field is known by the column that its part reads; what the part is called has changed over time.
    """
    return [
        (columns if isinstance(columns, str) else columns[0], transformer, fitted.output_indices_[part])
        for part, transformer, columns in fitted.transformers_
        if not isinstance(transformer, str)  # columns of the table that are none of its fields are dropped
    ]


def feature_names(fitted: ColumnTransformer) -> list[str]:
    """Names of the columns of a fitted `vectorizer`, in words, in column order."""
    return [name for field, transformer, _ in parts_of(fitted) for name in _names(field, transformer)]


def _columns(field: Field) -> str | list[str]:
    return field.name if field.type == "text" else [field.name]


def _transformer(
    field: Field, max_features: int | None, ngrams: tuple[int, int]
) -> TfidfVectorizer | OneHotEncoder | Pipeline:
    if field.type == "text":
        return TfidfVectorizer(sublinear_tf=True, ngram_range=ngrams, token_pattern=WORD, max_features=max_features)
    if field.type == "number":
        return _ranges()
    return OneHotEncoder(handle_unknown="ignore")


def _ranges() -> Pipeline:
    # Ranges rather than an imputed, standardised column: SimpleImputer cannot be stored with trusted types only, and a
    # range for "missing" needs no imputation.
    rank = QuantileTransformer(n_quantiles=2 * BINS + 1, random_state=0)
    steps = [("rank", rank), ("scale", MinMaxScaler((0, BINS))), ("round", FunctionTransformer(np.rint))]
    return Pipeline([*steps, ("ranges", OneHotEncoder(handle_unknown="ignore"))])


def _characters(max_features: int | None, lengths: tuple[int, int]) -> TfidfVectorizer:
    return TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=lengths, max_features=max_features)


def _names(field: str, transformer: TfidfVectorizer | OneHotEncoder | Pipeline) -> list[str]:
    if isinstance(transformer, TfidfVectorizer):
        kind = "characters " if transformer.analyzer == "char_wb" else ""
        terms = transformer.get_feature_names_out()
        return [f"{field}: {kind}“{term}”" if term.strip() else f"{field} is empty" for term in terms]
    if isinstance(transformer, OneHotEncoder):
        return [f"{field} = {value}" if value else f"{field} is empty" for value in transformer.categories_[0]]
    ranks, ranges = transformer.named_steps["rank"], transformer.named_steps["ranges"].categories_[0]
    edges = np.interp(np.arange(-0.5, BINS + 1) / BINS, ranks.references_, ranks.quantiles_[:, 0])
    return [_range_name(field, number, edges) for number in ranges]


def _range_name(field: str, number: float, edges: np.ndarray) -> str:
    if np.isnan(number):
        return f"{field} is missing"
    low, high = edges[int(number)], edges[int(number) + 1]
    return f"{field} about {low:,.4g}" if low == high else f"{field} {low:,.4g} to {high:,.4g}"
