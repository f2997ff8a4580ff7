"""Detection and training as items and classes grow: processor time, peak memory, and scikit-learn fit for fit.

`python -m bench.scale detect N K` and `… train N K` print one figure of their own as JSON, for sizes that the table
does not wait for.
"""

import json
import subprocess
import sys
import time
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from annotation.core.detectors.running import suspect
from annotation.core.fields import Field
from annotation.core.judging.evidence import build_evidence
from bench.made_texts import markov_texts
from bench.table import Row, row
from modeling.core.solvers.elastic_net import solve_path
from tests.shared import SHARED

ANNOTATORS, WRONG, C = 50, 0.05, 1.0
# Peak memory in MiB that a million items may take, and how much longer twice the items may.
MOST_MEMORY, TWICE = 3072, 2.2
SKLEARN = version("scikit-learn")


def run(n: int = 50_000) -> list[Row]:
    """Detection at n and at 2n items of 77 classes, and one fit of 3 and of 77 classes."""
    small, large = (_apart("detect", size, 77) for size in (n, 2 * n))
    each = (large["memory"] - small["memory"]) / n
    at_a_million = small["memory"] + each * (1_000_000 - n)
    rows = [
        row("detect.scale.time", "made texts, 77 classes", 2 * n, "CPU seconds", large["cpu"], TWICE * small["cpu"],
            f"{TWICE} times half of them", "-", 1.0, more_is_better=False),
        row("detect.scale.memory", "made texts, 77 classes", 1_000_000, "MiB, extrapolated", at_a_million, MOST_MEMORY,
            "3 GiB", "-", 1.0, more_is_better=False),
    ]  # fmt: skip
    for k in (3, 77):
        fit = _apart("train", n, k)
        rows.append(
            row(f"model.scale.fit_{k}", "made texts", n, "CPU seconds to the same loss", fit["ours"], fit["sklearn"],
                "scikit-learn", SKLEARN, 1.0, more_is_better=False)
        )  # fmt: skip
    return rows


def _apart(what: str, n: int, k: int) -> dict[str, Any]:
    """In a process of its own, whose memory is its own too."""
    command = [sys.executable, "-m", "bench.scale", what, str(n), str(k)]
    return dict(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def made(n: int, k: int, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """n texts, each made from the real ones of its class, and their labels, of which WRONG are drawn at random."""
    real = pd.read_csv(SHARED / "data/banking77/banking77.csv")
    code, rng = np.unique(real["label"], return_inverse=True)[1] % k, np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    texts = np.empty(n, dtype=object)
    for one in range(k):
        own = np.flatnonzero(truth == one)
        texts[own] = markov_texts(real["text"][code == one].tolist(), len(own), 8, rng)
    return texts.tolist(), np.where(rng.random(n) < WRONG, rng.integers(0, k, n), truth)


def detect(n: int, k: int) -> dict[str, Any]:
    """CPU and wall seconds, and the greatest resident memory in MiB, of evidence and all detectors."""
    texts, labels = made(n, k)
    votes = pd.DataFrame({"item": np.arange(n), "annotator": np.arange(n) * 7 % ANNOTATORS, "label": labels})
    votes = votes.assign(seconds=np.nan, at=pd.Series(pd.NaT, index=votes.index, dtype="datetime64[ns]"))
    table, names = pd.DataFrame({"text": texts}), [f"annotator {one}" for one in range(ANNOTATORS)]
    del texts
    started, cpu, stages, last = time.perf_counter(), time.process_time(), {}, ["start", time.process_time()]

    def report(stage: str, share: float) -> None:
        if stage != last[0]:
            stages[last[0]] = time.process_time() - float(last[1])
            last[:] = [stage, time.process_time()]

    evidence = build_evidence(table, [Field("text", "text")], [f"class {one}" for one in range(k)], labels, votes,
                              names, 0, report)  # fmt: skip
    report("detectors", 0.9)
    found = suspect(evidence)
    report("end", 1.0)
    return {
        "n": n, "k": k, "cpu": time.process_time() - cpu, "wall": time.perf_counter() - started, "memory": _peak(),
        "flags": {name: int(mask.sum()) for name, mask in found.flagged.items()}, "findings": len(found.findings),
        "failed": found.failed, "stages": stages,
    }  # fmt: skip


def train(n: int, k: int) -> dict[str, Any]:
    """CPU seconds of one fit at C = 1 on one thread; scikit-learn goes on until its loss is as low as ours, or to the
    end."""
    texts, labels = made(n, k)
    X = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=50_000).fit_transform(texts)
    solve = list(solve_path(X[:500], labels[:500] % 3, [C], 0.0))  # the loops are compiled before the clock starts
    with threadpool_limits(1):
        started = time.process_time()
        [ours] = solve_path(X, labels, [C], 0.0)
        seconds = time.process_time() - started
        started = time.process_time()
        model = LogisticRegression(C=C, max_iter=1000).fit(X, labels)
        theirs = time.process_time() - started
    scores = X @ model.coef_.T + model.intercept_
    scores -= scores.max(axis=1, keepdims=True)
    losses = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(n), labels]
    objective = C * losses.sum() + (model.coef_**2).sum() / 2
    return {
        "n": n, "k": k, "features": X.shape[1], "ours": seconds, "sklearn": theirs, "iterations": ours.n_iter,
        "sklearn_iterations": int(model.n_iter_[0]), "objective": ours.objective / n,
        "sklearn_objective": objective / n,
        "memory": _peak(), "compiled": len(solve),
    }  # fmt: skip


def _peak() -> float:
    """MiB of the most this process ever held; not what its parent held when it began, as `getrusage` would have it."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


if __name__ == "__main__":
    print(json.dumps({"detect": detect, "train": train}[sys.argv[1]](*map(int, sys.argv[2:4]))))
