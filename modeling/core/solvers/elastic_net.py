"""Logistic regression with an L1, L2 or elastic-net penalty for a whole path of penalties, each from the one before.

Proximal Newton by blocks: one class at a time gets a quadratic model of the loss, minimised coordinate by coordinate
over the features that are or should be in use, and a line search (Friedman, Hastie & Tibshirani 2010; Yuan, Ho & Lin
2012 for the line search). Where there are few weights `newton` takes its place, and `ridge` for L2 where there are
many.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from annotation.core.refusal import Refusal
from modeling.core.solvers.kernels import look, sweep
from modeling.core.solvers.newton import Newton, Penalty, centre
from modeling.core.solvers.ridge import ROUNDING, Matrix, Ridge, merged, minimise

# Sweeps over the features in use between two looks at all features.
SWEEPS = 5
# Up to so many weights, all of them at once are solved for by Newton steps.
NARROW = 800


class UnableToSolve(Refusal):
    """These rows or these penalties leave nothing to minimise."""


@dataclass(frozen=True)
class Solution:
    """The minimum for one C of C · Σ worth · log loss + l1_ratio · ‖W‖₁ + (1 − l1_ratio)/2 · ‖W‖², as scikit-learn has
    it.

    weights: (p, k), intercepts: (k,), not penalised; k = 1 for two classes (the score of the second), else one column
    per class. objective: its value. residual: the largest element of the smallest subgradient (KKT), 0 exactly at the
    minimum; slope: the same as a share of the steepest slope of the loss alone where no feature is used. active:
    features with a weight that is not 0 for some class. n_iter: sweeps over the classes. converged: as `solve_path`
    says. status: a sentence.
    """

    C: float
    weights: np.ndarray
    intercepts: np.ndarray
    objective: float
    residual: float
    slope: float
    active: int
    n_iter: int
    converged: bool
    status: str

    def scores(self, X: Matrix) -> np.ndarray:
        return X @ self.weights + self.intercepts


def solve_path(
    X: Matrix, y: np.ndarray, Cs: Sequence[float], l1_ratio: float, tol: float = 2e-3, max_iter: int = 3000,
    worth: np.ndarray | None = None,
) -> Iterator[Solution]:  # fmt: skip
    """Solutions for `Cs`, which ascend (penalties from strong to weak), one at a time: ask for no more than you need.

    X: (n, p) finite floats, CSR or dense. y: int (n,), codes 0 … K − 1, each present, K ≥ 2. l1_ratio: in [0, 1].
    tol: stops where the relative slope is at most `tol` and the last sweeps lowered the objective by at most tol² of
    itself (1 / `newton.LEFT` times that where there are few weights). max_iter: most sweeps for one C. worth: (K,),
    what the log loss of a row of each class counts, all above 0, with a mean of 1 over rows; None = 1 each. Nothing is
    drawn at random. Raises UnableToSolve.
    """
    _check(X, y, Cs, l1_ratio)
    X = X.astype(np.float64, copy=False)
    if (X.shape[1] + 1) * int(y.max() + 1) <= NARROW:
        yield from _newton_path(X, y, Cs, l1_ratio, tol, max_iter, worth)
        return
    if l1_ratio == 0:
        yield from _ridge_path(X, y, Cs, tol, max_iter, worth)
        return
    problem = _Problem(X, y, worth)
    for C in Cs:
        yield problem.solve(float(C), l1_ratio, tol, max_iter)


def _ridge_path(
    X: Matrix, y: np.ndarray, Cs: Sequence[float], tol: float, max_iter: int, worth: np.ndarray | None
) -> Iterator[Solution]:
    """`solve_path` for L2, each C from where the one before ended."""
    n, n_classes, point = len(y), int(y.max()) + 1, None
    base = merged(X) if sparse.issparse(X) else None
    small = X if base is None else X @ base
    for C in Cs:
        problem = Ridge(small, y, n_classes, 1 / (C * n), worth)
        point, n_iter = minimise(problem, point, tol, max_iter)
        value, slope = problem.value_and_gradient(point)
        weights = point[:-1] if base is None else np.asarray(base @ point[:-1])
        whole = np.vstack([weights, point[-1]])
        yield _solution(float(C), n, whole, value, float(np.abs(slope).max()), problem.scale(), n_iter, tol)


def _newton_path(
    X: Matrix, y: np.ndarray, Cs: Sequence[float], l1_ratio: float, tol: float, max_iter: int,
    worth: np.ndarray | None,
) -> Iterator[Solution]:  # fmt: skip
    """`solve_path` where there are few weights."""
    n, newton = len(y), Newton(Ridge(X, y, int(y.max()) + 1, 0.0, worth))
    for C in Cs:
        penalty = Penalty(l1_ratio / (C * n), (1 - l1_ratio) / (C * n))
        n_iter, value, steepest = newton.minimise(penalty, tol, max_iter)
        yield _solution(float(C), n, newton.point, value, steepest, newton.scale, n_iter, tol)


def _solution(
    C: float, n: int, point: np.ndarray, value: float, steepest: float, scale: float, n_iter: int, tol: float
) -> Solution:
    """From a point (p + 1, k), its last row the intercepts; value, steepest and scale are of the mean over n rows."""
    slope = steepest / scale
    converged = slope <= tol * (1 + 1e-6)
    return Solution(
        C=C, weights=point[:-1].copy(), intercepts=point[-1].copy(), objective=value * C * n, residual=steepest * C * n,
        slope=slope, active=int((point[:-1] != 0).any(axis=1).sum()), n_iter=n_iter, converged=converged,
        status=_status(n_iter, slope, tol, converged),
    )  # fmt: skip


def first_C(X: Matrix, y: np.ndarray, l1_ratio: float, worth: np.ndarray | None = None) -> float:
    """The C up to which no feature is worth its L1 penalty, l1_ratio > 0; infinity where none ever is."""
    _check(X, y, [1.0], l1_ratio)
    steepest = _Problem(X, y, worth).scale
    return l1_ratio / steepest if steepest > ROUNDING else float("inf")


def _check(X: Matrix, y: np.ndarray, Cs: Sequence[float], l1_ratio: float) -> None:
    values = X.data if sparse.issparse(X) else X
    if len(y) != X.shape[0]:
        raise UnableToSolve(f"There are {X.shape[0]} rows of features and {len(y)} labels; there must be as many.")
    if not np.isfinite(values).all():
        raise UnableToSolve("A feature is missing or infinite in some row; fill it in or leave it out first.")
    present = np.unique(y)
    if len(present) < 2:
        raise UnableToSolve("All rows have the same class; two are needed to learn anything.")
    if present[0] != 0 or present[-1] != len(present) - 1:
        raise UnableToSolve("Classes must be numbered 0, 1, 2 … without a gap.")
    if not len(Cs) or not all(0 < C < np.inf for C in Cs) or any(np.diff(Cs) <= 0):
        raise UnableToSolve("The values of C must be numbers above 0 in ascending order.")
    if not 0 <= l1_ratio <= 1:
        raise UnableToSolve(f"l1_ratio is {l1_ratio}; it must be a number from 0 (L2) to 1 (L1).")


class _Problem:
    """The rows and the point the path has come to, weights (k, p) and intercepts (k,)."""

    def __init__(self, X: Matrix, y: np.ndarray, worth: np.ndarray | None) -> None:
        columns = sparse.csc_matrix(X, dtype=np.float64)
        self.columns = columns.data, columns.indices.astype(np.int32, copy=False), columns.indptr.astype(np.int64)
        self.codes = y.astype(np.int64)
        (n, p), count = X.shape, np.bincount(self.codes)
        self.alike = worth is None
        self.worth = np.ones(len(count)) if worth is None else np.asarray(worth, dtype=np.float64)
        share = np.log(count * self.worth / n)
        k = 1 if len(count) == 2 else len(count)
        # The best model that looks at no feature gives every row the frequencies of the classes.
        self.weights, self.intercepts = np.zeros((k, p)), share[1:] - share[0] if k == 1 else share - share.mean()
        self.exps, self.totals = np.empty((k, n)), np.empty(n)
        self.gradient, self.level = np.empty((k, p)), np.empty(k)
        self.work, self.room = np.empty((4, n)), np.empty((2, p))
        self._look()
        self.scale = float(np.abs(self.gradient).max(initial=0.0))

    def solve(self, C: float, l1_ratio: float, tol: float, max_iter: int) -> Solution:
        l1, l2, n_iter, before = l1_ratio, 1 - l1_ratio, 0, np.inf
        whole = max(C * self.scale, ROUNDING)
        while True:
            loss = self._look()
            steep = self._steep(C, l1, l2)
            residual = max(float(steep.max(initial=0.0)), C * float(np.abs(self.level).max()))
            objective = C * loss + self._price(l1, l2)
            settled = residual <= ROUNDING * whole or before - objective <= tol**2 * objective
            converged = residual <= tol * whole and settled
            if converged or n_iter >= max_iter:
                break
            sweeps = min(SWEEPS, max_iter - n_iter)
            if not self._descend(C, l1, l2, (self.weights != 0) | (steep > 0), sweeps):
                converged = residual <= tol * whole
                break
            n_iter, before = n_iter + sweeps, objective
        return Solution(
            C=C, weights=self.weights.T.copy(), intercepts=self.intercepts.copy(), objective=float(objective),
            residual=residual, slope=residual / whole, active=int((self.weights != 0).any(axis=0).sum()),
            n_iter=n_iter, converged=converged, status=_status(n_iter, residual / whole, tol, converged),
        )  # fmt: skip

    def _look(self) -> float:
        """The sum of log losses; brings exps, totals, gradient and level up to date with the point."""
        return look(
            *self.columns, self.codes, self.weights, self.intercepts, self.exps, self.totals, self.gradient,
            self.level, self.work[0], self.worth,
        )  # fmt: skip

    def _price(self, l1: float, l2: float) -> float:
        return l1 * float(np.abs(self.weights).sum()) + l2 / 2 * float(np.vdot(self.weights, self.weights))

    def _steep(self, C: float, l1: float, l2: float) -> np.ndarray:
        """Size of the smallest subgradient of every weight (k, p)."""
        slope = C * self.gradient + l2 * self.weights
        if not l1:
            return np.abs(slope)
        at_zero = np.maximum(np.abs(slope) - l1, 0)
        return np.where(self.weights == 0, at_zero, np.abs(slope + l1 * np.sign(self.weights)))

    def _descend(self, C: float, l1: float, l2: float, used: np.ndarray, sweeps: int) -> bool:
        """Sweeps over the `used` weights (k, p); whether anything got better."""
        chosen = np.nonzero(used)[1].astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(used.sum(axis=1))]).astype(np.int64)
        falls, better = np.zeros(len(used)), False
        for _ in range(sweeps):
            sweep(
                *self.columns, self.codes, self.weights, self.intercepts, self.exps, self.totals, chosen, starts,
                falls, C, l1, l2, self.work, self.room, self.worth, self.alike,
            )  # fmt: skip
            better = better or bool(falls.any())
        if len(self.weights) > 1:
            centre(self.weights, l1, l2)
        return better


def _status(n_iter: int, slope: float, tol: float, converged: bool) -> str:
    steps = f"{n_iter} iteration{'' if n_iter == 1 else 's'}"
    if converged:
        return f"Converged in {steps}."
    return (
        f"Not converged: stopped after {steps} at {slope:.2g} of the first slope, and {tol:.2g} was asked for; a "
        "smaller C converges sooner."
    )
