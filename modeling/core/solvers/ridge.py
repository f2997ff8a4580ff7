"""L2-penalised logistic regression: where every weight is in use, quasi-Newton steps on all of them at once are faster
than one coordinate after another."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit

from modeling.core.solvers.softmax_pass import softmax_pass

Matrix: TypeAlias = np.ndarray | sparse.csr_matrix
# Slopes below this are rounding: features that say nothing, not a problem that is hard to solve.
ROUNDING = 1e-9
# Dense rows looked at together: they and their scores stay in the processor's cache.
CHUNK = 2048
# Steps whose curvature is remembered: each costs two passes over all weights at every later one, and more of them save
# few steps once the weights are scaled.
REMEMBERED = 5


@dataclass(frozen=True, eq=False)
class Ridge:
    """Mean logistic loss of n rows plus (l2/2)·‖W‖²; the intercept is not penalised.

    X: (n, p) sparse or dense. y: int array (n,) in 0 … n_classes − 1. worth: (n_classes,), what the loss of a row of
    each class counts, with a mean of 1 over rows; None = 1 each. A point is (p + 1, k), its last row the intercept;
    k = 1 for two classes (the score of class 1), otherwise n_classes.
    """

    X: Matrix
    y: np.ndarray
    n_classes: int
    l2: float
    worth: np.ndarray | None = None

    def null_point(self) -> np.ndarray:
        """The best model that looks at no feature: zero weights, intercepts that give the class frequencies."""
        count = np.bincount(self.y, minlength=self.n_classes)
        share = np.log((count if self.worth is None else count * self.worth) / len(self.y))
        point = np.zeros((self.X.shape[1] + 1, 1 if self.n_classes == 2 else self.n_classes))
        point[-1] = share[1] - share[0] if self.n_classes == 2 else share - share.mean()
        return point

    def value_and_gradient(self, point: np.ndarray) -> tuple[float, np.ndarray]:
        """The objective and its gradient (p + 1, k)."""
        n, weights = len(self.y), point[:-1]
        total, gradient = 0.0, np.zeros(point.shape)
        if sparse.issparse(self.X) and point.shape[1] > 1:
            data, indices, starts, codes, worth = self._cells
            total = softmax_pass(data, indices, starts, codes, worth, np.ascontiguousarray(point), gradient)
            return self._penalised(total, gradient, weights)
        # Dense rows are read from memory once for both products, some at a time.
        chunk = n if sparse.issparse(self.X) else CHUNK
        for at in range(0, n, chunk):
            rows = self.X if chunk >= n else self.X[at : at + chunk]
            scores = np.ascontiguousarray((rows @ weights + point[-1]).T)
            codes = self.y[at : at + chunk]
            loss, residual = _loss_and_residual(scores, codes, None if self.worth is None else self.worth[codes])
            gradient[:-1] += rows.T @ residual.T
            gradient[-1] += residual.sum(axis=1)
            total += loss
        return self._penalised(total, gradient, weights)

    def _penalised(self, total: float, gradient: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
        """Sums over rows as means, with the penalty."""
        gradient /= len(self.y)
        gradient[:-1] += self.l2 * weights
        return float(total / len(self.y) + self.l2 / 2 * np.vdot(weights, weights)), gradient

    @cached_property
    def _cells(self) -> tuple[np.ndarray, ...]:
        """The rows as `softmax_pass` takes them, always of the same types: each further type is compiled anew."""
        rows = sparse.csr_matrix(self.X)
        worth = np.ones(self.n_classes) if self.worth is None else np.asarray(self.worth, dtype=np.float64)
        kinds = ((rows.data, np.float64), (rows.indices, np.int32), (rows.indptr, np.int64), (self.y, np.int64))
        return *(np.ascontiguousarray(values, dtype=kind) for values, kind in kinds), worth

    def lengths(self) -> np.ndarray:
        """Float (p + 1, 1): how far each feature's weights move for one unit of curvature, as it is where all classes
        are as likely. In these units features that many rows have and those of few are alike, and it takes half the
        steps (Jacobi scaling; Nocedal & Wright 2006, section 5.1)."""
        if sparse.issparse(self.X):
            rows = sparse.csr_matrix(self.X)
            squares = np.bincount(rows.indices, rows.data**2, rows.shape[1])
        else:
            squares = np.einsum("ij,ij->j", self.X, self.X)
        share = (1 - 1 / self.n_classes) / self.n_classes
        curved = np.append(squares / len(self.y) * share + self.l2, share)
        return 1 / np.sqrt(np.maximum(curved, ROUNDING))[:, None]

    def shares(self, scores: np.ndarray) -> np.ndarray:
        """Probabilities (n, k) from scores (n, k); with two classes that of class 1."""
        if scores.shape[1] == 1:
            return expit(scores)
        found = np.exp(scores - scores.max(axis=1, keepdims=True))
        return found / found.sum(axis=1, keepdims=True)

    def scale(self) -> float:
        """Steepest slope of the loss alone at the null point: how much the features have to say."""
        return max(float(np.abs(self.value_and_gradient(self.null_point())[1]).max()), ROUNDING)


def minimise(problem: Ridge, start: np.ndarray | None, tol: float, max_iter: int) -> tuple[np.ndarray, int]:
    """The minimum (p + 1, k) and the iterations it took, from `start` (None: the null point).

    Stops when the steepest slope is at most `tol` · `scale`, after `max_iter` iterations, or when no step goes down any
    more. L-BFGS-B (Byrd, Lu, Nocedal & Zhu 1995). Draws nothing at random.
    """
    point = problem.null_point() if start is None else start
    if max_iter == 0:
        return point, 0
    units, flat = problem.lengths(), tol * problem.scale()
    slope = float(np.abs(problem.value_and_gradient(point)[1]).max())

    def smooth(x: np.ndarray) -> tuple[float, np.ndarray]:
        nonlocal slope
        value, gradient = problem.value_and_gradient(x.reshape(point.shape) * units)
        slope = float(np.abs(gradient).max())
        return value, (gradient * units).ravel()

    def step(intermediate_result: Any) -> None:
        # The slope that counts is that of the weights as they are, not in the units of the search.
        if slope <= flat:
            raise StopIteration

    if slope <= flat:
        return point, 0
    options = {
        "maxiter": max_iter, "maxfun": 10 * max_iter + 50, "maxls": 50, "gtol": 0.0, "ftol": 0.0, "maxcor": REMEMBERED,
    }  # fmt: skip
    found = minimize(
        smooth, (point / units).ravel(), jac=True, method="L-BFGS-B", callback=step, options=options,
    )  # fmt: skip
    return found.x.reshape(point.shape) * units, int(found.nit)


def merged(X: Matrix) -> sparse.csr_matrix:
    """E (p, q), orthonormal columns: if V is the minimum for X @ E then E @ V is the one for X.

    What only one row has is one column per row, for those weights can but grow in proportion to the row's values; what
    no row has is no column. Exact, and halves the columns of short texts.
    """
    columns = sparse.csc_matrix(X)
    columns.eliminate_zeros()
    stored = np.diff(columns.indptr)
    shared, single = np.flatnonzero(stored > 1), np.flatnonzero(stored == 1)
    at = columns.indptr[single]
    rows, values = columns.indices[at], columns.data[at]
    length = np.sqrt(np.bincount(rows, values**2, minlength=X.shape[0]))
    _, place = np.unique(rows, return_inverse=True)
    column = np.concatenate([np.arange(len(shared)), len(shared) + place])
    value = np.concatenate([np.ones(len(shared)), values / length[rows]])
    shape = (X.shape[1], len(shared) + len(np.unique(rows)))
    return sparse.csr_matrix((value, (np.concatenate([shared, single]), column)), shape=shape)


def _loss_and_residual(scores: np.ndarray, y: np.ndarray, worth: np.ndarray | None) -> tuple[float, np.ndarray]:
    """Sum of log losses, each times its row's `worth` (n,), and its derivative by the scores (k, n), which are
    overwritten: class by class, for sums over a few numbers that lie side by side are slow."""
    if len(scores) == 1:
        score = scores[0]
        loss, residual = np.logaddexp(0, score) - y * score, (expit(score) - y)[None]
        return (float(loss.sum()), residual) if worth is None else (float(loss @ worth), residual * worth)
    given = y, np.arange(len(y))
    scores -= scores.max(axis=0)
    reached = scores[given] if worth is None else scores[given] * worth
    residual = np.exp(scores, out=scores)
    total = residual.sum(axis=0)
    residual /= total
    residual[given] -= 1
    if worth is None:
        return float(np.log(total).sum() - reached.sum()), residual
    residual *= worth
    return float(np.log(total) @ worth - reached.sum()), residual
