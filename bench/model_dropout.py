"""Dropout with early stopping on banking77: rates beside one another at 1,000 and at 9,000 rows, 3 seeds.

Train: the rows learned from; validation: the tenth held out, which chose the epoch; test: the file's own split, by
which nothing was chosen. `model.dropout.*` compares a rate with none; the table above the rows has every figure.
"""

import importlib.metadata
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from annotation.core.features import Field, vectorizer
from annotation.core.grouping import group_items
from bench.table import Row, row
from modeling.core.dense import DenseFeatures
from modeling.core.learners import MlpLearner
from modeling.core.training import FEATURES
from tests.shared import SHARED

FILE = SHARED / "data/banking77/banking77.csv"
RATES, SIZES, SEEDS = (0.0, 0.2, 0.3, 0.5), (1_000, 9_000), (0, 1, 2)
FIELDS = (Field("text", "text"),)
NO_VERSION = "–"


@dataclass(frozen=True)
class Found:
    """Accuracies in [0, 1], CPU seconds of the fit alone, and the epoch kept."""

    train: float
    validation: float
    test: float
    seconds: float
    epoch: int


def run() -> list[Row]:
    if not FILE.is_file():
        print(f"model.dropout is skipped: no data in {FILE}; SECONDLOOK_SHARED names it.", file=sys.stderr)
        return []
    if find_spec("torch") is None:
        print("model.dropout: torch is not installed, so PyTorch's figures are left out.", file=sys.stderr)
    with threadpool_limits(1):
        return [one for size in SIZES for one in rows_of(size)]


def rows_of(size: int) -> list[Row]:
    found: dict[float, list[Found]] = {rate: [] for rate in RATES}
    linear = []
    for seed in SEEDS:
        learn, test = sample(size, seed)
        groups = group_items(learn, FIELDS).of
        features = DenseFeatures(FIELDS, MlpLearner.components, FEATURES, seed)
        X, X_test = features.fit(learn), features.transform(test)
        for rate in RATES:
            found[rate].append(measured(X, learn["label"], groups, X_test, test["label"], rate, seed))
        linear.append(plain(learn, test))
    show(size, found, float(np.mean(linear)))
    return table(size, found, float(np.mean(linear)), len(test))


def sample(size: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`size` rows of the file's training split, drawn without putting back, and its test split."""
    every = pd.read_csv(FILE)
    learn = every[every["split"] == "train"].sample(size, random_state=seed).reset_index(drop=True)
    return learn, every[every["split"] == "test"].reset_index(drop=True)


def measured(
    X: np.ndarray, y: pd.Series, groups: np.ndarray, X_test: np.ndarray, y_test: pd.Series, rate: float, seed: int
) -> Found:
    started = time.process_time()
    fitted = MlpLearner(dropout=rate, seed=seed).fit(X, y.to_numpy(str), groups=groups)
    seconds = time.process_time() - started
    guessed = fitted.classes_[fitted.predict_proba(X_test).argmax(axis=1)]
    curve = fitted.curve_
    test = float((guessed == y_test.to_numpy(str)).mean())
    return Found(curve["train_accuracy"], curve["validation_accuracy"], test, seconds, curve["best"])


def plain(learn: pd.DataFrame, test: pd.DataFrame) -> float:
    """Test accuracy of scikit-learn's logistic regression, C = 10, on TF-IDF of words and pairs of words."""
    words = vectorizer(FIELDS)
    model = LogisticRegression(C=10.0, max_iter=1000).fit(words.fit_transform(learn[["text"]]), learn["label"])
    return float((model.predict(words.transform(test[["text"]])) == test["label"]).mean())


def show(size: int, found: dict[float, list[Found]], linear: float) -> None:
    print(f"\nbanking77, {size:,} rows, {len(SEEDS)} seeds: mean (least to most over the seeds)")
    print(f"{'dropout':>8} {'train':>22} {'validation':>22} {'test':>22} {'gap':>7} {'epoch':>6} {'CPU s':>6}")
    for rate, ones in found.items():
        parts = [said([getattr(one, name) for one in ones]) for name in ("train", "validation", "test")]
        gap = np.mean([one.train - one.test for one in ones])
        epoch, seconds = (np.mean([getattr(one, name) for one in ones]) for name in ("epoch", "seconds"))
        print(f"{rate:8g} {parts[0]:>22} {parts[1]:>22} {parts[2]:>22} {gap:7.4f} {epoch:6.1f} {seconds:6.1f}")
    print(f"logistic regression on words alone, C = 10: test {linear:.4f}")


def said(values: list[float]) -> str:
    return f"{np.mean(values):.4f} ({min(values):.3f}–{max(values):.3f})"


def table(size: int, found: dict[float, list[Found]], linear: float, n: int) -> list[Row]:
    none = float(np.mean([one.test for one in found[0.0]]))
    name = f"model.dropout.{size // 1000}k"
    data = f"banking77, {size:,} rows, mean of {len(SEEDS)} seeds"
    rows = []
    for rate in RATES[1:]:
        test = float(np.mean([one.test for one in found[rate]]))
        rows.append(
            row(f"{name}.rate_{rate:g}", data, n, "test accuracy", test, none, "no dropout", NO_VERSION, 0.99)
        )
    best = float(np.mean([one.test for one in found[MlpLearner.dropout]]))
    version = importlib.metadata.version("scikit-learn")
    rival = "LogisticRegression on words alone, scikit-learn"
    return [*rows, row(f"{name}.against_linear", data, n, "test accuracy", best, linear, rival, version, 1.0)]
