"""The pool that a recipe learns from and the production rows it is scored on, and throw-away fits of the one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.preprocessing import normalize

from annotation.core.fields import Field
from modeling.core.fitting.preparing import fitted_features
from modeling.core.fitting.stored import Resolved
from modeling.core.fitting.training import FEATURES
from modeling.core.learners import LogisticLearner
from modeling.core.solvers.elastic_net import Solution, solve_path

# The penalties tried beside the recipe's own, and how closely: what a figure rests on need not be exact to the digit.
GRID = (0.01, 0.05, 0.3, 1.0, 4.0, 20.0, 100.0, 400.0)
TOLERANCE, STEPS = 5e-3, 600


@dataclass(frozen=True, eq=False)
class SideRows:
    """n rows. table: typed. labels: int (n,), class codes. groups: int (n,), near-duplicates. sources: str (n,)."""

    table: pd.DataFrame
    labels: np.ndarray
    groups: np.ndarray
    sources: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def some(self, chosen: np.ndarray) -> "SideRows":
        """The rows that `chosen`, bool or positions, picks."""
        return SideRows(self.table.iloc[chosen], self.labels[chosen], self.groups[chosen], self.sources[chosen])


@dataclass(frozen=True, eq=False)
class Sides:
    """What a diagnosis looks at. pool: with the labels learned from. production: with its truth, of which nothing is
    learned. resolved: settings of a fitted logistic recipe; its C is the one in use. weights: float (m,), what each
    production row stands for, None = all alike."""

    pool: SideRows
    production: SideRows
    fields: tuple[Field, ...]
    n_classes: int
    resolved: Resolved
    weights: np.ndarray | None = None

    @property
    def C(self) -> float:
        return float(self.resolved["C"])

    @property
    def grid(self) -> tuple[float, ...]:
        """The penalties tried, ascending, the one in use among them."""
        return tuple(sorted({*GRID, self.C}))

    def fitted(self, learned: SideRows, Cs: Sequence[float], judged: Sequence[pd.DataFrame]) -> list[list[np.ndarray]]:
        """Probabilities of the judged tables, for each C a list of float32 (rows, K): the recipe learned from those
        rows alone, features and all. Cs ascend."""
        transformer, X = self._features(learned.table)
        read = [transformer.transform(table) if len(table) else None for table in judged]
        known, codes = np.unique(learned.labels, return_inverse=True)
        if len(known) == 1:
            return [[self._alone(known[0], len(table)) for table in judged] for _ in Cs]
        ratio = float(self.resolved.get("l1_ratio", 0.0))
        path = solve_path(X, codes, list(Cs), ratio, TOLERANCE, STEPS)
        return [[self._said(found, rows, known) for rows in read] for found in path]

    def read(self) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """The pool's and production's features, rows of length 1."""
        transformer, X = self._features(self.pool.table)
        there = transformer.transform(self.production.table)
        return normalize(sparse.csr_matrix(X)), normalize(sparse.csr_matrix(there))

    def _features(self, table: pd.DataFrame) -> tuple[Any, Any]:
        learner = LogisticLearner(
            text=str(self.resolved.get("text", "words")), numbers=str(self.resolved.get("numbers", "ranges"))
        )
        options = {key: self.resolved.get(key, default) for key, default in FEATURES.items()}
        return fitted_features(learner, table, self.fields, options)

    def _alone(self, known: int, n: int) -> np.ndarray:
        only = np.zeros((n, self.n_classes), dtype=np.float32)
        only[:, known] = 1
        return only

    def _said(self, found: Solution, X: Any, known: np.ndarray) -> np.ndarray:
        if X is None:
            return np.zeros((0, self.n_classes), dtype=np.float32)
        scores = found.scores(X)
        if scores.shape[1] == 1:
            scores = np.hstack([np.zeros_like(scores), scores])
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        said = np.zeros((len(scores), self.n_classes), dtype=np.float32)
        said[:, known] = scores / scores.sum(axis=1, keepdims=True)
        return said
