"""Minimises the penalised logistic loss, for L2, L1 and elastic net, and tells how far a point is from the minimum."""

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit

Matrix: TypeAlias = np.ndarray | sparse.csr_matrix
# Slopes below this are rounding: features that say nothing, not a problem that is hard to solve.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Problem:
    """Mean logistic loss of n rows plus (l2/2)·‖W‖² + l1·‖W‖₁; the intercept is not penalised.

    X: (n, p) sparse or dense. y: int array (n,) in 0 … n_classes − 1. A point is (p + 1, k), its last row the
    intercept; k = 1 for two classes (the score of class 1), otherwise n_classes.
    """

    X: Matrix
    y: np.ndarray
    n_classes: int
    l2: float
    l1: float

    @classmethod
    def of(cls, X: Matrix, y: np.ndarray, n_classes: int, C: float, l1_ratio: float) -> "Problem":
        """The problem in scikit-learn's terms: C · (sum of losses) + l1_ratio · ‖W‖₁ + (1 − l1_ratio)/2 · ‖W‖²."""
        strength = 1 / (C * len(y))
        return cls(X, y, n_classes, strength * (1 - l1_ratio), strength * l1_ratio)

    def null_point(self) -> np.ndarray:
        """The best model that looks at no feature: zero weights, intercepts that give the class frequencies."""
        share = np.log(np.bincount(self.y, minlength=self.n_classes) / len(self.y))
        point = np.zeros((self.X.shape[1] + 1, 1 if self.n_classes == 2 else self.n_classes))
        point[-1] = share[1] - share[0] if self.n_classes == 2 else share
        return point

    def value_and_gradient(self, point: np.ndarray) -> tuple[float, np.ndarray]:
        """The smooth part of the objective (all but the L1 term), and its gradient (p + 1, k)."""
        weights = point[:-1]
        loss, residual = _loss_and_residual(self.X @ weights + point[-1], self.y)
        gradient = np.empty_like(point)
        gradient[:-1] = self.X.T @ residual
        gradient[:-1] += self.l2 * weights
        gradient[-1] = residual.sum(axis=0)
        return float(loss + self.l2 / 2 * np.vdot(weights, weights)), gradient

    def objective(self, point: np.ndarray) -> float:
        return self.value_and_gradient(point)[0] + self.l1 * float(np.abs(point[:-1]).sum())

    def slope(self, point: np.ndarray) -> np.ndarray:
        """The subgradient (p + 1, k) of smallest size: all zero exactly at the minimum."""
        slope = self.value_and_gradient(point)[1]
        if self.l1:
            weights, steep = point[:-1], slope[:-1]
            at_zero = np.sign(steep) * np.maximum(np.abs(steep) - self.l1, 0)
            slope[:-1] = np.where(weights == 0, at_zero, steep + self.l1 * np.sign(weights))
        return slope

    def scale(self) -> float:
        """Steepest slope of the loss alone at the null point: how much the features have to say."""
        return max(float(np.abs(self.value_and_gradient(self.null_point())[1]).max()), ROUNDING)

    def relative_slope(self, point: np.ndarray) -> float:
        """Steepest slope at `point` in units of `scale`: 0 at the minimum, 1 where nothing was learned."""
        return float(np.abs(self.slope(point)).max()) / self.scale()


def minimise(
    problem: Problem, start: np.ndarray | None = None, tol: float = 1e-3, max_iter: int = 3000
) -> tuple[np.ndarray, int]:
    """The minimum (p + 1, k) and the iterations it took, from `start` (default: the null point).

    Stops when the steepest slope is at most `tol` · `scale`, after `max_iter` iterations, or when no step goes down any
    more; `problem.relative_slope` tells which. L-BFGS-B (Byrd, Lu, Nocedal & Zhu 1995). With an L1 term, on the
    features whose weight is not 0 or should not be, again until no other belongs among them. Draws nothing at random.
    """
    point = problem.null_point() if start is None else start
    goal = tol * problem.scale()
    if not problem.l1:
        return _descend(problem, point, goal, max_iter)
    used, n_iter = np.zeros(len(point), dtype=bool), 0
    while n_iter < max_iter:
        steep = np.abs(problem.slope(point)).max(axis=1)
        if steep.max() <= goal:
            break
        known = used | (point != 0).any(axis=1)
        used = known | (steep > 0)
        used[-1] = True
        part, steps = _descend(replace(problem, X=problem.X[:, used[:-1]]), point[used], goal, max_iter - n_iter)
        # No step down and no feature to add: this is as far as it goes.
        if not steps and not (used & ~known).any():
            break
        point, n_iter = point.copy(), n_iter + max(steps, 1)
        point[used] = part
    return point, n_iter


def merged(X: Matrix) -> sparse.csr_matrix:
    """E (p, q), orthonormal columns: with an L2 penalty, if V is the minimum for X @ E then E @ V is the one for X.

    What only one row has is one column per row, for those weights can but grow in proportion to the row's values; what
    no row has is no column. Exact, and halves the columns of short texts.
    """
    columns = sparse.csc_matrix(X)
    columns.eliminate_zeros()
    held = np.diff(columns.indptr)
    shared, single = np.flatnonzero(held > 1), np.flatnonzero(held == 1)
    at = columns.indptr[single]
    rows, values = columns.indices[at], columns.data[at]
    length = np.sqrt(np.bincount(rows, values**2, minlength=X.shape[0]))
    _, place = np.unique(rows, return_inverse=True)
    column = np.concatenate([np.arange(len(shared)), len(shared) + place])
    value = np.concatenate([np.ones(len(shared)), values / length[rows]])
    shape = (X.shape[1], len(shared) + len(np.unique(rows)))
    return sparse.csr_matrix((value, (np.concatenate([shared, single]), column)), shape=shape)


def _descend(problem: Problem, start: np.ndarray, goal: float, max_iter: int) -> tuple[np.ndarray, int]:
    size, shape = start.size, start.shape
    options = {"maxiter": max_iter, "maxfun": 10 * max_iter + 50, "maxls": 50, "gtol": goal, "ftol": 0.0}

    def smooth(x: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = problem.value_and_gradient(x.reshape(shape))
        return value, gradient.ravel()

    def split(x: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = smooth(x[:size] - x[size:])
        return value + float(price @ (x[:size] + x[size:])), np.concatenate([gradient + price, price - gradient])

    if not problem.l1:
        found = minimize(smooth, start.ravel(), jac=True, method="L-BFGS-B", options=options)
        return found.x.reshape(shape), int(found.nit)
    # |w| has no slope at 0; the sum of two halves that are never negative, w = u − v, has one everywhere.
    flat, price = start.ravel(), np.full(size, problem.l1)
    price[-shape[1] :] = 0
    halves = np.concatenate([np.maximum(flat, 0), np.maximum(-flat, 0)])
    found = minimize(split, halves, jac=True, method="L-BFGS-B", bounds=[(0, None)] * (2 * size), options=options)
    return (found.x[:size] - found.x[size:]).reshape(shape), int(found.nit)


def _loss_and_residual(scores: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    n = len(y)
    if scores.shape[1] == 1:
        score = scores[:, 0]
        return float((np.logaddexp(0, score) - y * score).mean()), ((expit(score) - y) / n)[:, None]
    rows = np.arange(n)
    scores -= scores.max(axis=1, keepdims=True)
    given = scores[rows, y]
    residual = np.exp(scores, out=scores)
    total = residual.sum(axis=1, keepdims=True)
    residual /= total
    residual[rows, y] -= 1
    residual /= n
    return float((np.log(total[:, 0]) - given).mean()), residual
