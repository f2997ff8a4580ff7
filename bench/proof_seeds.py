"""How often a second training seed alone is called better or worse: one network on the same rows, each two of its runs
compared on the file's own test rows, as one run against the other and over five seeds of each.

The rival is one run against the other by single rows, as runs that draw were compared before.
"""

import sys
from itertools import combinations

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from annotation.core.fields import Field
from annotation.core.likeness.grouping import group_items
from bench.table import Row, row
from modeling.core.fitting.seeds import SEEDS
from modeling.core.fitting.training import FEATURES, fit_resolved, predict
from modeling.core.learners import learner_settings
from modeling.core.proving.proof import Pair, compare
from tests.shared import SHARED

FILE = SHARED / "data/banking77/banking77.csv"
FIELDS = (Field("text", "text"),)
RUNS, ROWS = 8, 1_500


def run() -> list[Row]:
    if not FILE.is_file():
        print(f"proof.seeds is skipped: no data in {FILE}; SECONDLOOK_SHARED names it.", file=sys.stderr)
        return []
    with threadpool_limits(1):
        return _rows()


def _rows() -> list[Row]:
    frame = pd.read_csv(FILE)
    classes = sorted(frame["label"].astype(str).unique())
    pool = frame[frame["split"] == "train"].sample(ROWS, random_state=0)
    test = frame[frame["split"] == "test"]
    truth = pd.Categorical(test["label"].astype(str), categories=classes).codes.astype(np.int64)
    groups = group_items(test[["text"]].astype(str).reset_index(drop=True), FIELDS).of
    said = [_predicted(pool, test, classes, seed) for seed in range(RUNS * SEEDS)]
    alone, several = 0, 0
    for one, other in combinations(range(RUNS), 2):
        before, after = (said[at * SEEDS : (at + 1) * SEEDS] for at in (one, other))
        more = [Pair(*pair) for pair in zip(before[1:], after[1:], strict=True)]
        alone += _told(compare(truth, before[0], after[0], len(classes), "accuracy", 1, 1).verdict)
        proof = compare(truth, before[0], after[0], len(classes), "accuracy", 1, 1, groups=groups, more=more)
        several += _told(proof.verdict)
    pairs = RUNS * (RUNS - 1) // 2
    data = f"banking77, {ROWS} rows, {len(truth)} test rows"
    return [
        row("proof.seeds.told_apart", data, pairs, "pairs of seeds", several, alone, "one run each", "–", 1.0, False)
    ]


def _told(verdict: str) -> bool:
    return verdict in ("better", "worse")


def _predicted(pool: pd.DataFrame, test: pd.DataFrame, classes: list[str], seed: int) -> np.ndarray:
    table, names = pool[["text"]].astype(str).reset_index(drop=True), pool["label"].astype(str).to_numpy(str)
    resolved = {
        "learner": "mlp", **learner_settings("mlp", {}), **FEATURES, "seed": seed, "folds": 5, "rows": len(table),
        "classes": classes, "fields": [["text", "text"]],
    }  # fmt: skip
    model = fit_resolved(table, FIELDS, names, group_items(table, FIELDS).of, resolved)  # type: ignore[arg-type]
    return predict(model, test[["text"]].astype(str).reset_index(drop=True), classes).argmax(axis=1)
