"""Regularized logistic regression: a whole path of penalties by cross-validation, and whether the fit converged."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
from sklearn.linear_model import LogisticRegression

from annotation.core.fields import Field
from modeling.core.fitting.dense_features import KEPT, NONE, DenseFeatures
from modeling.core.fitting.stored import PathEntry, Settings, SolverFacts, TrainingCurve
from modeling.core.learners.later_settings import (
    CLASS_WEIGHT_WORDS,
    CLASS_WEIGHTS,
    named_settings,
    weights_of_classes,
)
from modeling.core.proving.evaluation import log_loss
from modeling.core.solvers.elastic_net import Matrix, Solution, first_C, solve_path

GRID = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
# With an L1 term the first C worth trying depends on the rows: then 1, 2, 5 times powers of ten, over four decades.
STEPS, DECADES = (1.0, 2.0, 5.0), 4
LEAST_L1 = 0.1
RATIOS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
# By what C is chosen; what a text becomes, and a number: as a setting says it → in words.
RULE_WORDS = {"min": "the least loss", "1se": "the strongest penalty within one standard error of it"}
TEXT_WORDS = {
    "words": "words and pairs of words", "words+characters": "words, and characters inside them",
    "embeddings": "embeddings", "words+embeddings": "words and embeddings",
}  # fmt: skip
NUMBER_WORDS = {"ranges": "ranges", "scaled": "scaled numbers"}
RULES, TEXTS, NUMBERS = tuple(RULE_WORDS), tuple(TEXT_WORDS), tuple(NUMBER_WORDS)
# Shortest and longest run of characters inside words.
CHARACTERS = [2, 5]
# The steepest relative slope that counts as converged: what it leaves open moves the mean log loss by about 0.001.
FLAT = 3e-3
# Mean log losses (nats) closer than this are the same.
TIE = 1e-6
# A path ends where a fold's loss was this many times its least for two values of C in a row.
HOPELESS = 1.05


def a_C(text: str) -> float | str:
    """A positive number, or "cv"; raises ValueError."""
    if text == "cv":
        return text
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError(text)
    return number


def a_share(text: str) -> float | str:
    """A number in [0, 1], or "cv"; raises ValueError."""
    if text == "cv":
        return text
    number = float(text)
    if not 0 <= number <= 1:
        raise ValueError(text)
    return number


def one_of(*names: str) -> Callable[[str], str]:
    """A reader of one of these words, raising ValueError."""

    def read(text: str) -> str:
        if text not in names:
            raise ValueError(text)
        return text

    return read


# What one C gave on one fold: the mean log loss of the rows held out, the features in use, and the iterations.
Tried: TypeAlias = Sequence[float]


@dataclass(frozen=True)
class Fold:
    """Rows to learn from, X (m, p) and y (m,), and rows held out, X_out (o, p) and y_out (o,). tried: what its path was
    where it was gone elsewhere, L1 ratio as text → one entry per C; None where it is still to be gone."""

    X: Matrix
    y: np.ndarray
    X_out: Matrix
    y_out: np.ndarray
    tried: Mapping[str, Sequence[Tried]] | None = None


@dataclass
class LogisticLearner:
    """Multinomial logistic regression (two classes: binomial) with an L2, L1 or elastic-net penalty.

    C: inverse strength of the penalty, as in scikit-learn, or "cv": chosen on rows held out among `grid_for`. l1_ratio:
    in [0, 1], 0 = L2, 1 = L1, or "cv": chosen with C among RATIOS. rule: "min" takes the smallest mean log loss, the
    stronger penalty where two tie; "1se" the strongest penalty, at the same ratio, whose loss is within one standard
    error of it. text: what texts become, one of TEXTS. numbers: what numbers become, one of NUMBERS. class_weight:
    "balanced" counts every class the same, in what is minimised and in the loss that chooses C. The intercept is not
    penalised. tol: as `solve_path`, whatever the number of rows and classes. Nothing is drawn at random.

    After `fit`: classes_ (K,); C_ and l1_ratio_, the numbers used; path_, what was tried as dicts of C, l1_ratio,
    log_loss (mean, nats), error (its standard error over folds), active (features in use, mean over folds) and n_iter,
    empty where nothing was chosen; resolved_, every setting as used; facts_, JSON-ready, the path and how the solver
    ended; n_iter_; slope_, relative; converged_, slope_ ≤ 0.003; status_, a sentence; estimator_, the fitted
    scikit-learn LogisticRegression.
    """

    C: float | Literal["cv"] = "cv"
    l1_ratio: float | Literal["cv"] = 0.0
    rule: str = RULES[0]
    text: str = TEXTS[0]
    numbers: str = NUMBERS[0]
    class_weight: str = CLASS_WEIGHTS[0]
    max_iter: int = 3000
    tol: float = 2e-3

    TITLE: ClassVar[str] = "logistic regression"
    LINEAR: ClassVar[bool] = True
    # What a person may set: how to read it, and how to say what it must be.
    SETTINGS: ClassVar[dict[str, tuple[Any, ...]]] = {
        "C": (a_C, "a number above 0, or cv"),
        "l1_ratio": (a_share, "a number from 0 (L2) to 1 (L1), or cv", "L1 ratio"),
        "rule": (one_of(*RULES), " or ".join(RULES), "C chosen for", RULE_WORDS),
        "text": (one_of(*TEXTS), f"{', '.join(TEXTS[:-1])} or {TEXTS[-1]}", "text as", TEXT_WORDS),
        "numbers": (one_of(*NUMBERS), " or ".join(NUMBERS), "numbers as", NUMBER_WORDS),
        "class_weight": (one_of(*CLASS_WEIGHTS), " or ".join(CLASS_WEIGHTS), "class weight", CLASS_WEIGHT_WORDS),
    }

    def features(self, fields: Sequence[Field], options: dict[str, Any]) -> DenseFeatures | dict[str, Any]:
        """Word features under these options, or what embeddings and scaled numbers need."""
        options = options | {"characters": CHARACTERS} if "characters" in self.text else options
        embedded, scaled = "embeddings" in self.text, self.numbers == "scaled"
        if not embedded and not scaled:
            return options
        words = KEPT if "words" in self.text else NONE
        return DenseFeatures(tuple(fields), 0, options, words=words, embedded=embedded, scaled=scaled)

    def fit(
        self, X: Matrix, y: np.ndarray, folds: Sequence[Fold] = (), groups: np.ndarray | None = None
    ) -> "LogisticLearner":
        """X: (n, p) floats, CSR or dense. y: class per row (n,), two or more distinct. folds: used where C or l1_ratio
        is "cv"; where none of them can tell one value from another, the strongest penalty is chosen. Raises
        UnableToSolve."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.path_ = self._path(X, codes, folds) if "cv" in (self.C, self.l1_ratio) else []
        chosen = choose(self.path_, self.rule) if self.path_ else None
        self.C_ = chosen["C"] if chosen else float(self.C)
        self.l1_ratio_ = chosen["l1_ratio"] if chosen else float(self.l1_ratio)
        self.resolved_ = named_settings(asdict(self) | {"C": self.C_, "l1_ratio": self.l1_ratio_})
        worth = weights_of_classes(codes, self.class_weight)
        [found] = solve_path(X, codes, [self.C_], self.l1_ratio_, self.tol, self.max_iter, worth)
        self.n_iter_, self.slope_ = found.n_iter, found.slope
        self.converged_ = self.slope_ <= FLAT
        self.status_ = self._status()
        self.facts_ = {"path": self.path_, "solver": self._solver(found)}
        self.estimator_ = self._estimator(found)
        return self

    def predict_proba(self, X: Matrix) -> np.ndarray:
        """Probabilities (n, K), columns in the order of classes_."""
        return self.estimator_.predict_proba(X)

    @staticmethod
    def words(settings: Settings) -> str:
        """Penalty and strength: L2, C = 10."""
        C = settings.get("C", "cv")
        said = [_penalty_words(settings.get("l1_ratio", 0.0))]
        said.append("C by grouped cross-validation" if C == "cv" else f"C = {C:g}")
        text, numbers = settings.get("text", TEXTS[0]), settings.get("numbers", NUMBERS[0])
        said += [text.replace("+", " and ")] * (text != TEXTS[0]) + ["scaled numbers"] * (numbers != NUMBERS[0])
        said += ["classes balanced"] * (settings.get("class_weight", CLASS_WEIGHTS[0]) != CLASS_WEIGHTS[0])
        return ", ".join(said)

    @staticmethod
    def used(resolved: Settings, curve: TrainingCurve | None) -> str:
        """The C used, and the L1 ratio beside it where there is one: C = 10, L1 ratio 0.3."""
        ratio = resolved.get("l1_ratio", 0.0)
        return f"C = {resolved['C']:g}" + (f", L1 ratio {ratio:g}" if ratio else "")

    @staticmethod
    def strength(resolved: Settings) -> tuple[float, ...]:
        """How strong the penalty is, 1 / C."""
        return (1 / resolved["C"],)

    def tried_on(self, X: Matrix, y: np.ndarray, fold: Fold) -> dict[str, list[Tried]]:
        """The path of one fold of the rows X (n, p), y (n,): what `Fold.tried` takes."""
        codes = np.unique(y, return_inverse=True)[1]
        return {str(ratio): self._tried(fold, grid, ratio) for ratio, grid in self._grids(X, codes)}

    def _grids(self, X: Matrix, codes: np.ndarray) -> Iterator[tuple[float, tuple[float, ...]]]:
        """The L1 ratios to try, and the values of C with each."""
        worth = weights_of_classes(codes, self.class_weight)
        for ratio in RATIOS if self.l1_ratio == "cv" else (float(self.l1_ratio),):
            yield ratio, grid_for(X, codes, ratio, worth) if self.C == "cv" else (float(self.C),)

    def _path(self, X: Matrix, codes: np.ndarray, folds: Sequence[Fold]) -> list[PathEntry]:
        return [entry for ratio, grid in self._grids(X, codes) for entry in self._path_at(grid, ratio, folds)]

    def _path_at(self, grid: Sequence[float], ratio: float, folds: Sequence[Fold]) -> list[PathEntry]:
        """Up to where the first of the folds gave up."""
        tried, rows = [], []
        for fold in folds:
            own = self._tried(fold, grid, ratio) if fold.tried is None else fold.tried.get(str(ratio), [])
            if own:
                rows.append(int(np.isin(fold.y_out, np.unique(fold.y)).sum()))
                tried.append(own)
                grid = grid[: len(own)]
        return [_entry(C, ratio, [one[at] for one in tried], rows) for at, C in enumerate(grid)]

    def _tried(self, fold: Fold, grid: Sequence[float], ratio: float) -> list[Tried]:
        """What each C gives on the fold until they are hopeless; nothing where it can't tell one from another."""
        known, codes = np.unique(fold.y, return_inverse=True)
        # A class that is only among the rows held out is impossible at every C and tells none from another.
        judged = np.isin(fold.y_out, known)
        if len(known) < 2 or not judged.any():
            return []
        truth, X_out = np.searchsorted(known, fold.y_out[judged]), fold.X_out[judged]
        worth = weights_of_classes(codes, self.class_weight)
        tried: list[Tried] = []
        for found in solve_path(fold.X, codes, grid, ratio, self.tol, self.max_iter, worth):
            tried.append((_loss(truth, _probabilities(found, X_out), worth), found.active, found.n_iter))
            if _hopeless([loss for loss, _, _ in tried]):
                break
        return tried

    def _solver(self, found: Solution) -> SolverFacts:
        return {
            "objective": found.objective, "kkt_residual": found.residual, "relative_slope": found.slope,
            "active_features": found.active, "n_iter": found.n_iter,
        }  # fmt: skip

    def _status(self) -> str:
        steps = f"{self.n_iter_} iteration{'' if self.n_iter_ == 1 else 's'}"
        if not self.converged_:
            return (
                f"Not converged: stopped after {steps} at {self.slope_:.1%} of the first slope, and {FLAT:.1%} is the "
                "most allowed; a smaller C converges sooner."
            )
        tried = [entry["C"] for entry in self.path_ if entry["l1_ratio"] == self.l1_ratio_] if self.C == "cv" else []
        edge = {tried[0]: "smallest", tried[-1]: "largest"}.get(self.C_) if tried else None
        note = f" C = {self.C_:g} is the {edge} on the grid; a better one may lie beyond." if edge else ""
        return f"Converged in {steps}.{note}"

    def _estimator(self, found: Solution) -> LogisticRegression:
        estimator = LogisticRegression(
            C=self.C_, l1_ratio=self.l1_ratio_, solver="saga" if self.l1_ratio_ else "lbfgs", tol=self.tol,
            max_iter=self.max_iter, class_weight=None if self.class_weight == CLASS_WEIGHTS[0] else self.class_weight,
        )  # fmt: skip
        estimator.classes_ = self.classes_
        estimator.coef_, estimator.intercept_ = np.ascontiguousarray(found.weights.T), found.intercepts.copy()
        estimator.n_features_in_, estimator.n_iter_ = len(found.weights), np.array([self.n_iter_], dtype=np.int32)
        return estimator


def grid_for(X: Matrix, codes: np.ndarray, l1_ratio: float, worth: np.ndarray | None = None) -> tuple[float, ...]:
    """Values of C to try, ascending: GRID for L2; with an L1 term four decades from where features begin to be worth
    their price on these rows (as Friedman, Hastie & Tibshirani 2010 do)."""
    if l1_ratio == 0:
        return GRID
    first = first_C(X, codes, max(l1_ratio, LEAST_L1), worth)
    if not np.isfinite(first):
        return GRID
    decade = int(np.floor(np.log10(first)))
    values = [float(f"{step:g}e{at}") for at in range(decade, decade + DECADES + 2) for step in STEPS]
    return tuple(value for value in values if value > first)[: len(STEPS) * DECADES + 1]


def choose(path: Sequence[PathEntry], rule: str) -> PathEntry:
    """The entry with the least log loss, the first among ties; with "1se" the first at its ratio within one standard
    error of it (Breiman et al. 1984). Entries of one ratio go from strong penalty to weak."""
    least = min(entry["log_loss"] for entry in path)
    best = next(entry for entry in path if entry["log_loss"] <= least + TIE)
    most = best["log_loss"] + (best["error"] if rule == "1se" else 0.0)
    return next(entry for entry in path if entry["l1_ratio"] == best["l1_ratio"] and entry["log_loss"] <= most)


def _hopeless(losses: Sequence[float]) -> bool:
    return len(losses) > 2 and min(losses[-2:]) > HOPELESS * min(losses)


def _entry(C: float, ratio: float, found: Sequence[Tried], rows: Sequence[int]) -> PathEntry:
    """One C, found (log loss, active features, iterations) by each fold, with so many rows held out."""
    if not found:
        return {"C": C, "l1_ratio": ratio, "log_loss": 0.0, "error": 0.0, "active": 0.0, "n_iter": 0}
    losses, active, n_iter = (np.array(values, dtype=float) for values in zip(*found, strict=True))
    share = np.array(rows) / sum(rows)
    mean = float(share @ losses)
    error = float(np.sqrt(share @ (losses - mean) ** 2 / (len(losses) - 1))) if len(losses) > 1 else 0.0
    return {
        "C": C, "l1_ratio": ratio, "log_loss": mean, "error": error, "active": float(active.mean()),
        "n_iter": int(n_iter.sum()),
    }  # fmt: skip


def _loss(truth: np.ndarray, probabilities: np.ndarray, worth: np.ndarray | None) -> float:
    """Mean log loss, each row counting what its class is worth; of the classes there are, where one is missing."""
    if worth is None:
        return log_loss(truth, probabilities)
    each = [log_loss(truth[truth == code], probabilities[truth == code]) for code in np.unique(truth)]
    return float(np.average(each, weights=(np.bincount(truth) * worth[: truth.max() + 1])[np.unique(truth)]))


def _probabilities(found: Solution, X: Matrix) -> np.ndarray:
    scores = found.scores(X)
    if scores.shape[1] == 1:
        scores = np.hstack([np.zeros_like(scores), scores])
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


def _penalty_words(l1_ratio: float | str) -> str:
    if l1_ratio == "cv":
        return "L1 ratio by grouped cross-validation"
    if l1_ratio in (0, 1):
        return "L1" if l1_ratio else "L2"
    return f"elastic net with L1 ratio {l1_ratio:g}"
