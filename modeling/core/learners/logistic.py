"""Regularized logistic regression that says whether it converged."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from modeling.core.evaluation import log_loss
from modeling.core.learners.softmax import Matrix, Problem, merged, minimise

GRID = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
# The steepest relative slope that counts as converged: what it leaves open moves the mean log loss by about 0.001.
FLAT = 3e-3
# Mean log losses (nats) closer than this are the same.
TIE = 1e-6


def a_C(text: str) -> float | str:
    """A positive number, or "cv"; raises ValueError."""
    if text == "cv":
        return text
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError(text)
    return number


def a_share(text: str) -> float:
    """A number in [0, 1]; raises ValueError."""
    number = float(text)
    if not 0 <= number <= 1:
        raise ValueError(text)
    return number


@dataclass(frozen=True)
class Fold:
    """Rows to learn from, X (m, p) and y (m,), and rows held out, X_out (o, p) and y_out (o,)."""

    X: Matrix
    y: np.ndarray
    X_out: Matrix
    y_out: np.ndarray


@dataclass
class LogisticLearner:
    """Multinomial logistic regression (two classes: binomial) with an L2, L1 or elastic-net penalty.

    C: inverse strength of the penalty, as in scikit-learn, or "cv": the one of GRID with the smallest mean log loss on
    rows held out, the stronger penalty where two tie. l1_ratio: in [0, 1], 0 = L2, 1 = L1. The intercept is not
    penalised. tol: the solver stops where the steepest slope of the objective is this share of its value at the model
    that looks at no feature, whatever the number of rows and classes. Nothing is drawn at random.

    After `fit`: classes_ (K,); C_, the number used; path_, the grid as dicts of C, log_loss (mean, nats) and n_iter,
    empty where C was given; n_iter_; slope_, relative as in tol; converged_, slope_ ≤ 0.003, measured afresh; status_,
    a sentence; estimator_, the fitted scikit-learn LogisticRegression.
    """

    C: float | Literal["cv"] = "cv"
    l1_ratio: float = 0.0
    max_iter: int = 3000
    tol: float = 1e-3

    TITLE: ClassVar[str] = "logistic regression"
    # What a person may set: how to read it, and how to say what it must be.
    SETTINGS: ClassVar[dict[str, tuple[Any, ...]]] = {
        "C": (a_C, "a number above 0, or cv"),
        "l1_ratio": (a_share, "a number from 0 (L2) to 1 (L1)", "L1 ratio"),
    }

    def fit(
        self, X: Matrix, y: np.ndarray, folds: Sequence[Fold] = (), groups: np.ndarray | None = None
    ) -> "LogisticLearner":
        """X: (n, p) floats, CSR or dense. y: class per row (n,), two or more distinct. folds: used with C = "cv" only;
        where none of them can tell one C from another, the strongest penalty is chosen."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.path_ = self._path(folds) if self.C == "cv" else []
        self.C_ = _best(self.path_) if self.C == "cv" else float(self.C)
        self.resolved_ = asdict(self) | {"C": self.C_}
        [(point, self.n_iter_)] = self._solve(X, codes, [self.C_])
        self.slope_ = Problem.of(X, codes, len(self.classes_), self.C_, self.l1_ratio).relative_slope(point)
        self.converged_ = self.slope_ <= FLAT
        self.status_ = self._status()
        self.estimator_ = self._estimator(point)
        return self

    def predict_proba(self, X: Matrix) -> np.ndarray:
        """Probabilities (n, K), columns in the order of classes_."""
        return self.estimator_.predict_proba(X)

    @staticmethod
    def words(settings: dict[str, Any]) -> str:
        """Penalty and strength: L2, C = 10."""
        ratio, C = settings.get("l1_ratio", 0.0), settings.get("C", "cv")
        penalty = f"elastic net with L1 ratio {ratio:g}" if 0 < ratio < 1 else "L1" if ratio else "L2"
        return f"{penalty}, C by grouped cross-validation" if C == "cv" else f"{penalty}, C = {C:g}"

    @staticmethod
    def used(resolved: dict[str, Any], curve: dict[str, Any] | None) -> str:
        """The C used: C = 10."""
        return f"C = {resolved['C']:g}"

    def _solve(self, X: Matrix, codes: np.ndarray, grid: Sequence[float]) -> Iterator[tuple[np.ndarray, int]]:
        """Minimum and iterations for each C, from strong to weak, each starting from the one before."""
        base = merged(X) if self.l1_ratio == 0 and sparse.issparse(X) else None
        small = X if base is None else X @ base
        point = None
        for C in grid:
            problem = Problem.of(small, codes, int(codes.max()) + 1, C, self.l1_ratio)
            point, n_iter = minimise(problem, point, self.tol, self.max_iter)
            yield (point if base is None else np.vstack([base @ point[:-1], point[-1]])), n_iter

    def _path(self, folds: Sequence[Fold]) -> list[dict[str, Any]]:
        losses, n_iter, rows = np.zeros(len(GRID)), np.zeros(len(GRID), dtype=int), 0
        for fold in folds:
            known, codes = np.unique(fold.y, return_inverse=True)
            # A class that is only among the rows held out is impossible at every C and tells none from another.
            judged = np.isin(fold.y_out, known)
            if len(known) < 2 or not judged.any():
                continue
            truth, X_out = np.searchsorted(known, fold.y_out[judged]), fold.X_out[judged]
            rows += len(truth)
            for at, (point, steps) in enumerate(self._solve(fold.X, codes, GRID)):
                losses[at] += log_loss(truth, _probabilities(X_out, point)) * len(truth)
                n_iter[at] += steps
        losses /= max(rows, 1)
        return [
            {"C": C, "log_loss": float(loss), "n_iter": int(steps)}
            for C, loss, steps in zip(GRID, losses, n_iter, strict=True)
        ]

    def _status(self) -> str:
        steps = f"{self.n_iter_} iteration{'' if self.n_iter_ == 1 else 's'}"
        if not self.converged_:
            return (
                f"Not converged: stopped after {steps} at {self.slope_:.1%} of the first slope, and {FLAT:.1%} is the "
                "most allowed; a smaller C converges sooner."
            )
        edge = {GRID[0]: "smallest", GRID[-1]: "largest"}.get(self.C_) if self.path_ else None
        note = f" C = {self.C_:g} is the {edge} on the grid; a better one may lie beyond." if edge else ""
        return f"Converged in {steps}.{note}"

    def _estimator(self, point: np.ndarray) -> LogisticRegression:
        estimator = LogisticRegression(
            C=self.C_, l1_ratio=self.l1_ratio, solver="saga" if self.l1_ratio else "lbfgs", tol=self.tol,
            max_iter=self.max_iter,
        )  # fmt: skip
        estimator.classes_ = self.classes_
        estimator.coef_, estimator.intercept_ = np.ascontiguousarray(point[:-1].T), point[-1].copy()
        estimator.n_features_in_, estimator.n_iter_ = len(point) - 1, np.array([self.n_iter_], dtype=np.int32)
        return estimator


def _best(path: list[dict[str, Any]]) -> float:
    least = min(entry["log_loss"] for entry in path)
    return next(entry["C"] for entry in path if entry["log_loss"] <= least + TIE)


def _probabilities(X: Matrix, point: np.ndarray) -> np.ndarray:
    scores = X @ point[:-1] + point[-1]
    if scores.shape[1] == 1:
        scores = np.hstack([np.zeros_like(scores), scores])
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)
