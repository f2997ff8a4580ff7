"""Elastic-net paths beside scikit-learn's saga, warm-started from C to C; and how sparse a model finds what is true.

Both get the same rows and the same values of C, in a process of their own with one thread. saga runs as documented,
at its default tolerance. The objective of both is worked out by the same function; where ours is at any C above
saga's × (1 + 1e-5), `objective` misses its goal. saga may take three times its default iterations: stopped short it
is at another objective. Samples are 1,000 rows drawn with seed 0; with `full` in the name it is all rows, and for texts
three values of C, for it takes many minutes with more.
"""

import json
import os
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.model_selection import PredefinedSplit

from annotation.core.judging.folds import grouped_folds
from bench.table import Row, row
from modeling.core.learners import Fold, LogisticLearner
from modeling.core.learners.logistic import grid_for
from modeling.core.solvers.elastic_net import solve_path
from tests.shared import SHARED

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = 1_000
RATIOS = (0.25, 0.5, 1.0)
CS = (1.0, 3.0, 10.0, 30.0)
FULL_CS = (1.0, 3.0, 10.0)
TABLE_CS = (0.003, 0.01, 0.1, 1.0)
# saga's default is 100, with which many of these fits do not converge.
ITERATIONS = 300
SLACK = 1e-5
FEATURES, TRUE, TABLE_ROWS, FOLDS = 200, 23, 50_000, 5
Data = tuple[Any, np.ndarray]


def run() -> list[Row]:
    return _paths(["banking77", "clinc150", "table"], SAMPLE, "")


def run_full(name: str) -> list[Row]:
    return _paths([name], 0, "_full")


def sparse_truth() -> list[Row]:
    """200 features of which 23 tell two classes apart, 50,000 rows; scikit-learn's own cross-validation beside ours."""
    ours, theirs = (_measured("truth", who) for who in ("ours", "rival"))
    min_rule = _measured("truth", "min")
    data = f"made, {FEATURES} features of which {TRUE} true, seed 0"
    name, cv = "model.path.sparse_truth", "LogisticRegressionCV(saga, L1, the same C and folds)"
    sk = version("scikit-learn")
    return [
        row(f"{name}.true_kept", data, TABLE_ROWS, "true features kept by 1se", ours["true"], TRUE, "all", "", 1.0),
        row(f"{name}.kept", data, TABLE_ROWS, "features kept, 1se beside least loss", ours["kept"], min_rule["kept"],
            "ours, rule=min", "", 1.0, more_is_better=False),
        row(f"{name}.cpu", data, TABLE_ROWS, "CPU s, compiling included, 13 C, 5 folds, L1", ours["seconds"],
            theirs["seconds"], cv, sk, 4.0, more_is_better=False),
        row(f"{name}.log_loss", data, TABLE_ROWS, "nats on 50,000 fresh rows", ours["log_loss"], theirs["log_loss"], cv,
            sk, 0.99, more_is_better=False),
    ]  # fmt: skip


def _paths(names: list[str], n: int, suffix: str) -> list[Row]:
    if not SHARED.is_dir():
        print(f"model.path is skipped: no data at {SHARED}; set SECONDLOOK_SHARED.", file=sys.stderr)
        return []
    rows = []
    for name in names:
        for ratio in RATIOS:
            asked = [name, str(n), str(ratio)]
            ours, theirs = _measured("path", "ours", *asked), _measured("path", "rival", *asked)
            rows += _beside(f"model.path{suffix}.{name}.{ratio:g}", ours, theirs)
    return rows


def _beside(name: str, ours: dict[str, Any], theirs: dict[str, Any]) -> list[Row]:
    data, n, sk = ours["data"], ours["n"], version("scikit-learn")
    worst = max(a / b for a, b in zip(ours["objectives"], theirs["objectives"], strict=True))
    saga = f"saga, warm start, {theirs['unconverged']} of {len(theirs['objectives'])} C unconverged"

    def lower(part: str, unit: str, one: float, other: float, goal: float) -> Row:
        return row(f"{name}.{part}", data, n, unit, one, other, saga, sk, goal, more_is_better=False)

    return [
        lower("cpu", "CPU s", ours["seconds"], theirs["seconds"], 20.0),
        lower("cpu_compiling", "CPU s, compiling included", ours["first"], theirs["seconds"], 10.0),
        lower("objective", "objective, worst C, saga's = 1", worst, 1.0, 1 / (1 + SLACK)),
        lower("memory", "MiB beyond the rows, the compiler's included", ours["mib"], theirs["mib"], 0.0),
    ]


def _measured(*arguments: str) -> dict[str, Any]:
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    command = [sys.executable, "-m", "bench.model_path", *arguments]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **threads}, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr.strip())
    printed = json.loads(done.stdout)
    print(f"{' '.join(arguments)}: {done.stdout.strip()}", file=sys.stderr)
    return printed


def _path(who: str, name: str, n: str, ratio: str) -> dict[str, Any]:
    X, y = DATA[name](int(n))
    grid = TABLE_CS if name == "table" else CS if int(n) else FULL_CS
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    solve = _ours if who == "ours" else _saga
    first, points, unconverged = solve(X, y, grid, float(ratio))
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
    started = time.process_time()
    seconds = first
    if who == "ours":
        _ours(X, y, grid, float(ratio))
        seconds = time.process_time() - started
    values = [objective(X, y, *point, C, float(ratio)) for C, point in zip(grid, points, strict=True)]
    return {
        "data": f"{name}, {X.shape[1]:,} features, {y.max() + 1} classes, {len(grid)} values of C", "n": len(y),
        "first": first, "seconds": seconds, "mib": max(mib, 1.0), "objectives": values, "unconverged": unconverged,
    }  # fmt: skip


def _ours(X: Any, y: np.ndarray, grid: tuple[float, ...], ratio: float) -> tuple[float, list[Data], int]:
    started = time.process_time()
    found = list(solve_path(X, y, grid, ratio))
    seconds = time.process_time() - started
    return seconds, [(one.weights, one.intercepts) for one in found], sum(not one.converged for one in found)


def _saga(X: Any, y: np.ndarray, grid: tuple[float, ...], ratio: float) -> tuple[float, list[Data], int]:
    model = LogisticRegression(solver="saga", l1_ratio=ratio, max_iter=ITERATIONS, warm_start=True)
    points, unconverged = [], 0
    started = time.process_time()
    for C in grid:
        model.set_params(C=C).fit(X, y)
        points.append((model.coef_.T.copy(), model.intercept_.copy()))
        unconverged += int(model.n_iter_[0] >= model.max_iter)
        print(f"saga at C = {C:g}: {model.n_iter_[0]} iterations, {time.process_time() - started:.1f} CPU s so far",
              file=sys.stderr, flush=True)  # fmt: skip
    return time.process_time() - started, points, unconverged


def objective(X: Any, y: np.ndarray, weights: np.ndarray, intercepts: np.ndarray, C: float, ratio: float) -> float:
    """scikit-learn's: C · Σ log loss + ratio · ‖W‖₁ + (1 − ratio)/2 · ‖W‖²."""
    scores = X @ weights + intercepts
    scores -= scores.max(axis=1, keepdims=True)
    losses = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(y)), y]
    return float(C * losses.sum() + ratio * np.abs(weights).sum() + (1 - ratio) / 2 * (weights**2).sum())


def _texts(name: str, label: str) -> Callable[[int], Data]:
    def read(n: int) -> Data:
        table = pd.read_csv(SHARED / f"data/{name}/{name}.csv")
        table = table.sample(n, random_state=0) if n else table
        X = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2).fit_transform(table["text"])
        return X, np.unique(table[label], return_inverse=True)[1]

    return read


def _table(n: int) -> Data:
    """40 numbers, some correlated, and 20 columns of encoded categories; 5 classes."""
    n, rng = n or 20_000, np.random.default_rng(0)
    numbers = rng.normal(size=(n, 40))
    numbers[:, 20:] = 0.7 * numbers[:, :20] + 0.7 * numbers[:, 20:]
    categories = np.eye(10)[rng.integers(10, size=(n, 2))].reshape(n, 20)
    X = np.hstack([numbers, categories])
    scores = X[:, ::4] @ rng.normal(size=(15, 5)) + rng.gumbel(size=(n, 5))
    return X, scores.argmax(axis=1)


def _truth(who: str) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2 * TABLE_ROWS, FEATURES))
    weights = np.zeros(FEATURES)
    weights[:TRUE] = rng.choice([-1.0, 1.0], size=TRUE) * rng.uniform(0.1, 0.4, size=TRUE)
    y = (X @ weights + rng.logistic(size=len(X)) > 0).astype(int)
    X, y, fresh, truth = X[:TABLE_ROWS], y[:TABLE_ROWS], X[TABLE_ROWS:], y[TABLE_ROWS:]
    fold = grouped_folds(np.arange(len(y)), y, FOLDS)
    started = time.process_time()
    if who == "rival":
        model = LogisticRegressionCV(
            Cs=grid_for(X, y, 1.0), cv=PredefinedSplit(fold), solver="saga", l1_ratios=(1.0,), scoring="neg_log_loss",
            use_legacy_attributes=False,
        ).fit(X, y)  # fmt: skip
    else:
        model = LogisticLearner(l1_ratio=1.0, rule="min" if who == "min" else "1se")
        folds = [Fold(X[fold != k], y[fold != k], X[fold == k], y[fold == k]) for k in range(FOLDS)]
        model = model.fit(X, y, folds).estimator_
    seconds, used = time.process_time() - started, model.coef_[0] != 0
    losses = -np.log(model.predict_proba(fresh)[np.arange(len(truth)), truth])
    return {
        "seconds": seconds, "kept": int(used.sum()), "true": int(used[:TRUE].sum()), "log_loss": float(losses.mean())
    }  # fmt: skip


DATA: dict[str, Callable[[int], Data]] = {
    "banking77": _texts("banking77", "label"), "clinc150": _texts("clinc150", "label"), "table": _table,
}  # fmt: skip
WORK: dict[str, Callable[..., dict[str, Any]]] = {"path": _path, "truth": _truth}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(json.dumps(WORK[sys.argv[1]](*sys.argv[2:])))
