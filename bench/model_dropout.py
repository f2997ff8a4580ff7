"""Dropout with early stopping on banking77: rates beside one another at 1,000 and at 9,000 rows, 3 seeds.

Train: the rows learned from; validation: the tenth held out, which chose the epoch; test: the file's own split, by
which nothing was chosen. `model.dropout.*` compares a rate with none; the table above the rows has every figure.
"""

import importlib
import importlib.metadata
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from annotation.core.features.vectorizer import vectorizer
from annotation.core.fields import Field
from annotation.core.likeness.grouping import group_items
from bench.table import Row, row
from modeling.core.fitting.dense_features import DenseFeatures
from modeling.core.fitting.training import FEATURES
from modeling.core.learners import MlpLearner
from modeling.core.learners.mlp import held_out
from tests.shared import SHARED

FILE = SHARED / "data/banking77/banking77.csv"
RATES, SEEDS = (0.0, 0.2, 0.3, 0.5), (0, 1, 2)
FIELDS = (Field("text", "text"),)
LINEAR, NO_LAYER = "scikit-learn's LogisticRegression on words alone, C = 10", "no hidden layer, the same features"
NO_VERSION = "–"


@dataclass(frozen=True)
class Found:
    """Accuracies in [0, 1], CPU seconds of the fit alone, and the epoch kept."""

    train: float
    validation: float
    test: float
    seconds: float
    epoch: int


def run(size: int) -> list[Row]:
    if not FILE.is_file():
        print(f"model.dropout is skipped: no data in {FILE}; SECONDLOOK_SHARED names it.", file=sys.stderr)
        return []
    if find_spec("torch") is None:
        print("model.dropout: torch is not installed, so PyTorch's figures are left out.", file=sys.stderr)
    with threadpool_limits(1):
        return rows_of(size)


def rows_of(size: int) -> list[Row]:
    found: dict[float, list[Found]] = {rate: [] for rate in RATES}
    linear: dict[str, list[float]] = {LINEAR: [], NO_LAYER: []}
    torch: list[Found] = []
    for seed in SEEDS:
        learn, test = sample(size, seed)
        groups = group_items(learn, FIELDS).of
        features = DenseFeatures(FIELDS, MlpLearner.components, FEATURES, seed)
        X, X_test = features.fit(learn), features.transform(test)
        for rate in RATES:
            found[rate].append(measured(X, learn["label"], groups, X_test, test["label"], rate, seed))
        linear[LINEAR].append(logistic(learn, test))
        flat = measured(X, learn["label"], groups, X_test, test["label"], 0.0, seed, layers=())
        linear[NO_LAYER].append(flat.test)
        if find_spec("torch"):
            torch.append(in_torch(X, learn["label"], groups, X_test, test["label"], MlpLearner.dropout, seed))
    show(size, found, linear, torch)
    return table(size, found, linear, torch, len(test))


def sample(size: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`size` rows of the file's training split, drawn without putting back, and its test split."""
    every = pd.read_csv(FILE)
    learn = every[every["split"] == "train"].sample(size, random_state=seed).reset_index(drop=True)
    return learn, every[every["split"] == "test"].reset_index(drop=True)


def measured(
    X: np.ndarray, y: pd.Series, groups: np.ndarray, X_test: np.ndarray, y_test: pd.Series, rate: float, seed: int,
    layers: tuple[int, ...] = MlpLearner.layers,
) -> Found:  # fmt: skip
    started = time.process_time()
    fitted = MlpLearner(layers=layers, dropout=rate, seed=seed).fit(X, y.to_numpy(str), groups=groups)
    seconds = time.process_time() - started
    guessed = fitted.classes_[fitted.predict_proba(X_test).argmax(axis=1)]
    curve = fitted.curve_
    test = float((guessed == y_test.to_numpy(str)).mean())
    return Found(curve["train_accuracy"], curve["validation_accuracy"], test, seconds, curve["best"])


def logistic(learn: pd.DataFrame, test: pd.DataFrame) -> float:
    """Test accuracy of scikit-learn's logistic regression on TF-IDF of words and pairs of words."""
    words = vectorizer(FIELDS)
    model = LogisticRegression(C=10.0, max_iter=1000).fit(words.fit_transform(learn[["text"]]), learn["label"])
    return float(model.score(words.transform(test[["text"]]), test["label"]))


def in_torch(
    X: np.ndarray, y: pd.Series, groups: np.ndarray, X_test: np.ndarray, y_test: pd.Series, rate: float, seed: int
) -> Found:
    """The same network in PyTorch: same layers, rows held out, schedule and patience; its own draws."""
    torch = importlib.import_module("torch")
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    ours = MlpLearner()
    names, codes = np.unique(y.to_numpy(str), return_inverse=True)
    validation = held_out(groups, codes, seed)
    nn, width = torch.nn, ours.layers[0]
    model = nn.Sequential(nn.Linear(X.shape[1], width), nn.ReLU(), nn.Dropout(rate), nn.Linear(width, len(names)))
    adam = torch.optim.Adam(model.parameters(), lr=ours.learning_rate, weight_decay=ours.weight_decay)
    learn, judge = ((torch.from_numpy(X[rows]), torch.from_numpy(codes[rows])) for rows in (~validation, validation))
    loss, losses, best = nn.CrossEntropyLoss(), [np.inf], {}
    started = time.process_time()
    while len(losses) <= ours.max_epochs and len(losses) - 1 - int(np.argmin(losses)) < ours.patience:
        model.train()
        for rows in torch.randperm(len(learn[0])).split(ours.batch):
            adam.zero_grad()
            loss(model(learn[0][rows]), learn[1][rows]).backward()
            adam.step()
        model.eval()
        with torch.no_grad():
            losses.append(float(loss(model(judge[0]), judge[1])))
        if losses[-1] == min(losses):
            best = {name: part.clone() for name, part in model.state_dict().items()}
    seconds = time.process_time() - started
    model.load_state_dict(best)
    truth = np.searchsorted(names, y_test.to_numpy(str))
    sides = ((X[~validation], codes[~validation]), (X[validation], codes[validation]), (X_test, truth))
    with torch.no_grad():
        right = [float((model(torch.from_numpy(A)).numpy().argmax(axis=1) == b).mean()) for A, b in sides]
    return Found(*right, seconds, int(np.argmin(losses)))


def show(size: int, found: dict[float, list[Found]], linear: dict[str, list[float]], torch: list[Found]) -> None:
    print(f"\nbanking77, {size:,} rows, {len(SEEDS)} seeds: mean (least to most over the seeds)")
    print(f"{'dropout':>12} {'train':>22} {'validation':>22} {'test':>22} {'gap':>7} {'epoch':>6} {'CPU s':>6}")
    lines = {f"{rate:g}": ones for rate, ones in found.items()}
    for name, ones in (lines | ({f"torch, {MlpLearner.dropout:g}": torch} if torch else {})).items():
        parts = [said([getattr(one, side) for one in ones]) for side in ("train", "validation", "test")]
        gap = np.mean([one.train - one.test for one in ones])
        epoch, seconds = (np.mean([getattr(one, side) for one in ones]) for side in ("epoch", "seconds"))
        print(f"{name:>12} {parts[0]:>22} {parts[1]:>22} {parts[2]:>22} {gap:7.4f} {epoch:6.1f} {seconds:6.1f}")
    for name, values in linear.items():
        print(f"{name}: test {said(values)}")


def said(values: list[float]) -> str:
    return f"{np.mean(values):.4f} ({min(values):.3f}–{max(values):.3f})"


def table(
    size: int, found: dict[float, list[Found]], linear: dict[str, list[float]], torch: list[Found], n: int
) -> list[Row]:
    """A rate may cost a hundredth of the accuracy without dropout; the default has to beat what is linear."""
    tests = {rate: float(np.mean([one.test for one in ones])) for rate, ones in found.items()}
    name, data = f"model.dropout.{size // 1000}k", f"banking77, {size:,} rows, mean of {len(SEEDS)} seeds"
    unit, ours = "test accuracy", tests[MlpLearner.dropout]
    rows = [
        row(f"{name}.rate_{rate:g}", data, n, unit, tests[rate], tests[0.0], "no dropout", NO_VERSION, 0.99)
        for rate in RATES[1:]
    ]
    versions = {LINEAR: ("linear", importlib.metadata.version("scikit-learn")), NO_LAYER: ("no_layer", NO_VERSION)}
    for rival, (short, version) in versions.items():
        theirs = float(np.mean(linear[rival]))
        rows.append(row(f"{name}.against_{short}", data, n, unit, ours, theirs, rival, version, 1.0))
    if torch:
        version = importlib.metadata.version("torch")
        pairs = {unit: (ours, float(np.mean([one.test for one in torch])), 0.99, True), "CPU s": (
            float(np.mean([one.seconds for one in found[MlpLearner.dropout]])),
            float(np.mean([one.seconds for one in torch])), 1.0, False,
        )}  # fmt: skip
        for what, (mine, theirs, goal, more) in pairs.items():
            short = f"{name}.torch_{what.split()[-1]}"
            rows.append(row(short, data, n, what, mine, theirs, "PyTorch, same network", version, goal, more))
    return rows
