"""Typed fields to one matrix: offline embeddings, words as they are or projected, categories, scaled numbers."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.decomposition import TruncatedSVD

from annotation.core.features.embeddings import DIMENSIONS, embed
from annotation.core.features.vectorizer import parts_of, vectorizer
from annotation.core.fields import Field

# A number further from the mean than so many standard deviations counts as so far.
FURTHEST = 5.0
# More numbers than these in one matrix are refused: a gigabyte.
MOST_NUMBERS = 250_000_000
# A category with more values is projected with the words.
MOST_VALUES = 100
PROJECTED, KEPT, NONE = "projected", "kept", "none"
Matrix: TypeAlias = np.ndarray | sparse.csr_matrix


@dataclass(eq=False)
class DenseFeatures:
    """A `typed` table of n rows to float32 (n, p), without a value that is no number; CSR where words are "kept".

    Beside one another: where `embedded`, for each text field its embedding (256), scaled to a mean square of 1; the
    TF-IDF of all words, "kept", "none" of them, or "projected", with categories of many values, to `components`
    dimensions by truncated SVD (Halko, Martinsson & Tropp 2011), scaled likewise; one column for each value of the
    other categories; where `scaled`, numbers less their mean over their standard deviation (missing: the mean) and
    whether they are missing, else ranges of them. options: of `features.vectorizer`. seed: of the projection.

    After `fit`: columns_, the fitted vectorizer of texts and categories, or None; wide_, bool per column of it that is
    projected or left out; arrays_, every other learned number by name.
    """

    fields: tuple[Field, ...]
    components: int
    options: dict[str, Any]
    seed: int = 0
    words: str = PROJECTED
    embedded: bool = True
    scaled: bool = True

    def fit(self, table: pd.DataFrame) -> Matrix:
        """Learn from the table (one row or more), and return its matrix."""
        self.arrays_: dict[str, np.ndarray] = {}
        self.columns_: Any = None
        self.wide_ = np.zeros(0, dtype=bool)
        listed = [field for field in self.fields if field.type not in self._apart()]
        found = sparse.csr_matrix((len(table), 0), dtype=np.float32)
        if listed:
            ranges: dict[str, Any] = {
                key: tuple(value) if isinstance(value, list) else value for key, value in self.options.items()
            }
            self.columns_ = vectorizer(listed, **ranges)
            found = sparse.csr_matrix(self.columns_.fit_transform(table), dtype=np.float32)
            self.wide_ = self._wide(found.shape[1])
            self._project(found[:, self.wide_])
        self._measure(table)
        for name, block in self._lengthy(table, found).items():
            length = np.sqrt(np.mean(np.square(block, dtype=np.float64)))
            self.arrays_[f"length of {name}"] = np.array(length if length > 0 else 1.0)
        return self._beside(table, found)

    def transform(self, table: pd.DataFrame) -> Matrix:
        found = sparse.csr_matrix((len(table), 0), dtype=np.float32)
        if self.columns_ is not None:
            found = sparse.csr_matrix(self.columns_.transform(table), dtype=np.float32)
        return self._beside(table, found)

    def names(self, columns: list[str]) -> list[str]:
        """Names of the columns in words, in column order; `columns`: names of those of columns_."""
        names = [f"{name}: embedding {at + 1}" for name in self.embedded_names() for at in range(DIMENSIONS)]
        names += [f"words, projected, {at + 1}" for at in range(self.n_components)]
        names += [name for name, wide in zip(columns, self.wide_, strict=True) if not wide]
        numbers = self._number_names()
        spreads = zip(numbers, self.arrays_["spread"], strict=True)
        return [*names, *(f"{name}, per {_plain(spread)} more" for name, spread in spreads),
                *(f"{name} is missing" for name in numbers)]  # fmt: skip

    @property
    def n_components(self) -> int:
        """Features that words were projected to."""
        return len(self.arrays_.get("components", ()))

    def embedded_columns(self) -> list[tuple[str, ...]]:
        """The field behind each part of an embedding."""
        return [(name,) for name in self.embedded_names() for _ in range(DIMENSIONS)]

    def number_columns(self) -> list[tuple[str, ...]]:
        """The field behind each scaled number, then behind whether it is missing."""
        names = self._number_names()
        return [(name,) for name in [*names, *names]]

    def embedded_names(self) -> list[str]:
        return [field.name for field in self.fields if field.type == "text" and self.embedded]

    def _apart(self) -> list[str]:
        """Types of field that the vectorizer does not see."""
        return ["number"] * self.scaled + ["text"] * (self.words == NONE)

    def _wide(self, n_columns: int) -> np.ndarray:
        """Which columns are projected: words, and values of a category that has many."""
        wide = np.zeros(n_columns, dtype=bool)
        if self.words != PROJECTED:
            return wide
        categories = [field.name for field in self.fields if field.type == "category"]
        for name, _, place in parts_of(self.columns_):
            wide[place] = name not in categories or place.stop - place.start > MOST_VALUES
        # One column is its own projection.
        return wide & (wide.sum() > 1)

    def _project(self, words: sparse.csr_matrix) -> None:
        size = min(self.components, *words.shape) if self.words == PROJECTED else 0
        if size:
            found = TruncatedSVD(size, random_state=self.seed).fit(words)
            self.arrays_["components"] = np.ascontiguousarray(found.components_, dtype=np.float32)

    def _measure(self, table: pd.DataFrame) -> None:
        """Mean and standard deviation of each number."""
        numbers = self._numbers(table)
        known = np.isfinite(numbers)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, numbers, 0).sum(axis=0) / count
        spread = np.sqrt((np.where(known, numbers - mean, 0) ** 2).sum(axis=0) / count)
        self.arrays_ |= {"mean": mean, "spread": np.where(spread > 0, spread, 1.0)}

    def _number_names(self) -> list[str]:
        return [field.name for field in self.fields if field.type == "number" and self.scaled]

    def _numbers(self, table: pd.DataFrame) -> np.ndarray:
        return table[self._number_names()].to_numpy(dtype=float)

    def _lengthy(self, table: pd.DataFrame, found: sparse.csr_matrix) -> dict[str, np.ndarray]:
        """The blocks that are scaled as a whole, not yet scaled."""
        blocks = {f"embedding {at}": embed(table[name].tolist()) for at, name in enumerate(self.embedded_names())}
        if "components" in self.arrays_:
            blocks["words"] = np.asarray(found[:, self.wide_] @ self.arrays_["components"].T)
        return blocks

    def _beside(self, table: pd.DataFrame, found: sparse.csr_matrix) -> Matrix:
        blocks = [
            block / np.float32(self.arrays_[f"length of {name}"]) for name, block in self._lengthy(table, found).items()
        ]
        numbers = self._numbers(table)
        standard = np.clip((numbers - self.arrays_["mean"]) / self.arrays_["spread"], -FURTHEST, FURTHEST)
        first = np.hstack([np.zeros((len(table), 0)), *blocks])
        last = np.hstack([np.nan_to_num(standard), np.isnan(numbers)])
        if self.words == KEPT:
            return sparse.hstack([first, found, last], format="csr", dtype=np.float32)
        kept = found[:, ~self.wide_]
        if len(table) * kept.shape[1] > MOST_NUMBERS:
            raise ValueError(f"{len(table):,} rows of {kept.shape[1]:,} values of categories are too many")
        return np.hstack([first, kept.toarray(), last]).astype(np.float32)


def _plain(number: float) -> str:
    return f"{number:,.0f}" if number >= 1000 else f"{number:.3g}"


@dataclass(eq=False)
class DenseModel:
    """Fitted features and what predicts from them; `learner` is the name it is restored by."""

    features: DenseFeatures
    estimator: Any
    learner: str

    @property
    def classes_(self) -> np.ndarray:
        return self.estimator.classes_

    def predict_proba(self, table: pd.DataFrame) -> np.ndarray:
        """Probabilities (n, K) for a `typed` table, columns in the order of classes_."""
        return self.estimator.predict_proba(self.features.transform(table))

    def state(self) -> dict[str, Any]:
        """Everything learned, for a hash."""
        own = hasattr(self.estimator, "arrays")
        learned = {"facts": self.estimator.facts(), **self.estimator.arrays()} if own else {"estimator": self.estimator}
        return {"columns": self.features.columns_, "arrays": self.features.arrays_, **learned}
