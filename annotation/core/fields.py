"""Typed fields to one sparse matrix: words, characters, numbers and categories, storable without pickle."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Field:
    """A named column of a dataset; `type` is "text", "number" or "category"."""

    name: str
    type: str


def typed(table: pd.DataFrame, fields: Sequence[Field]) -> pd.DataFrame:
    """The fields' columns as `vectorizer` eats them: text and category as str ("" = missing), number as float (nan =
    missing or not a number). Rows (n,) keep their order and index."""
    columns = {field.name: _typed_column(table[field.name], field.type) for field in fields}
    return pd.DataFrame(columns, index=table.index)


def _typed_column(column: pd.Series, kind: str) -> pd.Series:
    if kind == "number":
        return pd.to_numeric(column, errors="coerce").astype(float).replace([np.inf, -np.inf], np.nan)
    return column.astype(object).where(column.notna(), "").map(str).astype(object)
