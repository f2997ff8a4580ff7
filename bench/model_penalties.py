"""What each penalty does with columns that say the same, and with columns that are gone when it is used.

Correlated: 60 columns in 12 groups of five (correlation .98 within a group), three of the groups tell two classes
apart. Blanked: a quarter of the columns, drawn 20 times, is set to its mean when predicting; on the same tables, and
on the words of ten intents of banking77. C by 5-fold cross-validation, elastic net at a ratio of .5. Intervals are
95 % t intervals over seeds of table, and for banking77 over draws of what is blanked.
"""

import sys
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t
from sklearn.feature_extraction.text import TfidfVectorizer
from threadpoolctl import threadpool_limits

from annotation.core.judging.folds import grouped_folds
from bench.table import Row, row
from modeling.core.learners import Fold, LogisticLearner
from tests.shared import SHARED

FILE = SHARED / "data/banking77/banking77.csv"
RATIOS = {"L1": 1.0, "elastic net": 0.5, "L2": 0.0}
GROUPS, SIZE, TRUE, ALIKE, TRAIN, FRESH = 12, 5, 3, 0.98, 500, 5_000
SEEDS, DRAWS, QUARTER, INTENTS = 10, 20, 0.25, 10
Rows = tuple[Any, np.ndarray]


def correlated() -> list[Row]:
    """How many of the true groups' columns each penalty keeps, and how many groups it sees at all."""
    with threadpool_limits(1):
        found = {name: [_kept(seed, ratio) for seed in range(SEEDS)] for name, ratio in RATIOS.items() if ratio}
    columns, groups, others = ({name: [one[at] for one in ones] for name, ones in found.items()} for at in range(3))
    show("true columns kept, of 15", columns)
    show("true groups with a column kept, of 3", groups)
    show("other columns kept, of 45", others)
    data = f"made, {GROUPS} groups of {SIZE} columns, {TRUE} of them true, mean of {SEEDS} seeds"
    return [
        _beside("correlated.columns", data, TRAIN, "true columns kept, of 15", columns, "L1", 1.5),
        _beside("correlated.groups", data, TRAIN, "true groups seen, of 3", groups, "L1", 1.0),
    ]


def blanked() -> list[Row]:
    """Accuracy with a quarter of the columns gone."""
    rows = []
    with threadpool_limits(1):
        made = {name: [_robust(_table(seed), ratio, seed) for seed in range(SEEDS)] for name, ratio in RATIOS.items()}
        rows += _blanked("made", f"{GROUPS} groups of {SIZE} columns, {SEEDS} seeds", FRESH, made)
        if FILE.is_file():
            words = {name: _draws(_words(), ratio) for name, ratio in RATIOS.items()}
            rows += _blanked("banking77", f"{INTENTS} intents, {DRAWS} draws", len(_words()[1][1]), words)
        else:
            print(f"model.path.blanked is without banking77: no data in {FILE}.", file=sys.stderr)
    return rows


def _blanked(name: str, data: str, n: int, found: dict[str, list[tuple[float, float]]]) -> list[Row]:
    for at, what in enumerate(("all columns", "a quarter blanked")):
        show(f"accuracy, {name}, {what}", {kind: [one[at] for one in ones] for kind, ones in found.items()})
    gone = {kind: [one[1] for one in ones] for kind, ones in found.items()}
    unit = "accuracy, a quarter of the columns blanked"
    return [
        _beside(f"blanked.{name}.{rival.lower()}", f"{name}, {data}", n, unit, gone, rival, 0.99)
        for rival in ("L1", "L2")
    ]  # fmt: skip


def _beside(name: str, data: str, n: int, unit: str, found: dict[str, list[float]], rival: str, goal: float) -> Row:
    ours, theirs = float(np.mean(found["elastic net"])), float(np.mean(found[rival]))
    return row(f"model.path.{name}", data, n, f"{unit}, elastic net .5", ours, theirs, f"ours, {rival}", "–", goal)


def show(what: str, found: dict[str, list[float]]) -> None:
    """Mean with its interval for each penalty, and the paired difference from the elastic net."""
    print(f"\n{what}: mean (95 % interval), and the elastic net's lead over it")
    for name, values in found.items():
        lead = np.subtract(found["elastic net"], values)
        print(f"{name:>12} {said(np.array(values, dtype=float))}   {said(lead) if name != 'elastic net' else ''}")


def said(values: np.ndarray) -> str:
    half = float(t.ppf(0.975, len(values) - 1)) * values.std(ddof=1) / len(values) ** 0.5
    return f"{values.mean():.4f} ({values.mean() - half:.4f} to {values.mean() + half:.4f})"


def _kept(seed: int, ratio: float) -> tuple[int, int, int]:
    """True columns kept, true groups seen, other columns kept."""
    (X, y), _ = _table(seed)
    used = (_fitted(X, y, ratio).coef_[0] != 0).reshape(GROUPS, SIZE)
    return int(used[:TRUE].sum()), int(used[:TRUE].any(axis=1).sum()), int(used[TRUE:].sum())


def _robust(data: tuple[Rows, Rows], ratio: float, seed: int) -> tuple[float, float]:
    """Accuracy with all columns, and the mean of DRAWS accuracies with a quarter of them blanked."""
    (X, y), (fresh, truth) = data
    model = _fitted(X, y, ratio)
    gone = [(model.predict(fresh * kept) == truth).mean() for kept in _kept_columns(X.shape[1], seed)]
    return float((model.predict(fresh) == truth).mean()), float(np.mean(gone))


def _draws(data: tuple[Rows, Rows], ratio: float) -> list[tuple[float, float]]:
    """The same draw by draw, for one table of words (blank is 0: the word is not there)."""
    (X, y), (fresh, truth) = data
    model = _fitted(X, y, ratio)
    whole = float((model.predict(fresh) == truth).mean())
    masks = _kept_columns(X.shape[1], 0)
    return [(whole, float((model.predict(fresh.multiply(kept).tocsr()) == truth).mean())) for kept in masks]


def _kept_columns(p: int, seed: int) -> list[np.ndarray]:
    """DRAWS arrays (p,) of 1, and 0 for a quarter of the columns."""
    rng = np.random.default_rng(1_000 + seed)
    return [(rng.permutation(p) >= round(QUARTER * p)).astype(float) for _ in range(DRAWS)]


def _fitted(X: Any, y: np.ndarray, ratio: float) -> Any:
    fold = grouped_folds(np.arange(len(y)), np.unique(y, return_inverse=True)[1])
    folds = [Fold(X[fold != k], y[fold != k], X[fold == k], y[fold == k]) for k in range(5)]
    return LogisticLearner(l1_ratio=ratio).fit(X, y, folds).estimator_


def _table(seed: int) -> tuple[Rows, Rows]:
    """TRAIN rows to learn from and FRESH ones; each column has mean 0 and variance 1."""
    rng = np.random.default_rng(seed)
    n = TRAIN + FRESH
    common = rng.normal(size=(n, GROUPS, 1))
    X = (ALIKE**0.5 * common + (1 - ALIKE) ** 0.5 * rng.normal(size=(n, GROUPS, SIZE))).reshape(n, -1)
    scores = X[:, : TRUE * SIZE] @ np.repeat(rng.choice([-1.0, 1.0], size=TRUE), SIZE) * 0.3
    y = (scores + rng.logistic(size=n) > 0).astype(int)
    return (X[:TRAIN], y[:TRAIN]), (X[TRAIN:], y[TRAIN:])


def _words() -> tuple[Rows, Rows]:
    every = pd.read_csv(FILE)
    some = every[every["label"].isin(sorted(every["label"].unique())[:INTENTS])]
    learn, test = some[some["split"] == "train"], some[some["split"] == "test"]
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2)
    X, fresh = words.fit_transform(learn["text"]), words.transform(test["text"])
    return (X, learn["label"].to_numpy(str)), (fresh, test["label"].to_numpy(str))
