"""The order that learns on real label errors: against its own start, and against refitting a plain model.

An oracle answers 300 decisions in batches of 25 on each set of the suite. The rival's labels are mended as they are
decided, and its five-fold self-confidence is fitted anew after every batch. Another rival fits a logistic regression of
*wrong* on the words of decided items, their labels and its first self-confidence.
"""

import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import logit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import OneHotEncoder
from threadpoolctl import threadpool_limits

from annotation.core.judging.evidence import build_evidence
from annotation.core.order.learned_order import learn, predicted_chance
from annotation.core.order.prior_evidence import PriorEvidence, gather_prior_evidence, take
from bench.detected import detected
from bench.suite import SUITE, _columns, read
from bench.table import Row, row

BUDGET, BATCH, TOPS = 300, 25, (100, 200, 300)
RIVAL = "the better of the fixed order and a plain model refitted every 25"
# Chance per item, int (k,) decided and bool (k,) wrong.
Chance = Callable[[np.ndarray, np.ndarray], np.ndarray]


def run() -> list[Row]:
    """Errors found in 300 decisions on each set, then the share of the sets on which ours finds as many as both."""
    if not SUITE.is_dir():
        print(f"detect.learning is skipped: no data in {SUITE}; SECONDLOOK_SHARED can point at it.", file=sys.stderr)
        return []
    with threadpool_limits(1):
        rows = [one_set(name) for name in sorted(path.name for path in SUITE.iterdir() if path.is_dir())]
    kept = sum(one.holds for one in rows)
    return [
        *rows,
        row("detect.learning.sets", f"{len(rows)} sets", len(rows), "share of the sets ahead of or equal to both",
            kept / len(rows), 0.9, "nine of ten", "", 1.0),
    ]  # fmt: skip


def one_set(name: str) -> Row:
    table, fields, classes, given, known, wrong = read(name)
    rows = pd.read_csv(SUITE / name / "items.csv", dtype=str, keep_default_na=False)
    truth = rows["true_label"].map({one: code for code, one in enumerate(classes)}.get).fillna(-1).to_numpy(int)
    prior = prior_of(table, fields, classes, given, rows)
    folds = _folds([(table[field.name], field.type) for field in fields], given)
    judge = refitted(folds, given, truth, len(classes))
    first = judge(np.zeros(0, dtype=int), np.zeros(0, dtype=bool))
    found = {
        "ours": reviewed(known, wrong, learned(prior)),
        "fixed": reviewed(known, wrong, lambda decided, proved: prior.score),
        "refitted": reviewed(known, wrong, judge),
        "of decided": reviewed(known, wrong, of_decided(table, fields, given, first)),
    }
    tops = {one: ", ".join(str(errors[top - 1]) for top in TOPS) for one, errors in found.items()}
    print(f"{name:20} {wrong.sum():5} wrong; found by {TOPS}: {tops}")
    best = max(found["fixed"][-1], found["refitted"][-1])
    return row(
        f"detect.learning.{name}", f"{name}, {wrong.sum()} wrong", len(given), f"errors found in {BUDGET} decisions",
        float(found["ours"][-1]), float(best), RIVAL, "", 1.0,
    )  # fmt: skip


def prior_of(
    table: pd.DataFrame, fields: list, classes: list[str], given: np.ndarray, rows: pd.DataFrame
) -> PriorEvidence:
    """What a detection knows, as the file is imported with the columns of its annotators and sources."""
    who = rows["annotator"] if "annotator" in rows else pd.Series("import", index=rows.index)
    codes, names = pd.factorize(who, sort=True)
    votes = pd.DataFrame({"item": np.arange(len(rows)), "annotator": codes, "label": given})
    sources = rows["source"].to_numpy(str) if "source" in rows else None
    evidence = build_evidence(
        table, fields, classes, given, votes.assign(seconds=np.nan, at=pd.NaT), tuple(names), sources=sources
    )
    return gather_prior_evidence(np.arange(len(given)), evidence, detected(evidence))


def reviewed(known: np.ndarray, wrong: np.ndarray, chance: Chance) -> np.ndarray:
    """Errors found by each decision, int (BUDGET,); only items whose truth is known are decided."""
    decided = np.zeros(0, dtype=np.int64)
    while len(decided) < BUDGET:
        left = np.where(known, chance(decided, wrong[decided]), -np.inf)
        left[decided] = -np.inf
        decided = np.concatenate([decided, np.argsort(-left, kind="stable")[:BATCH]])
    return np.cumsum(wrong[decided])


def learned(prior: PriorEvidence) -> Chance:
    return lambda decided, proved: predicted_chance(learn(take(prior, decided), proved), prior)


Fold = tuple[np.ndarray, np.ndarray, sparse.csr_matrix, sparse.csr_matrix]


def _folds(columns: list[tuple[pd.Series, str]], given: np.ndarray) -> list[Fold]:
    """(rows to learn from, rows to judge, their features) of five folds."""
    found = []
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(given, given):
        parts = [_columns(column, kind, train, test) for column, kind in columns]
        learn_from, judge = (sparse.hstack(side).tocsr() for side in zip(*parts, strict=True))
        found.append((train, test, learn_from, judge))
    return found


def refitted(folds: list[Fold], given: np.ndarray, truth: np.ndarray, n_classes: int) -> Chance:
    """1 − the probability out of fold of the label, by logistic regression, C = 10, on labels mended so far."""

    def chance(decided: np.ndarray, proved: np.ndarray) -> np.ndarray:
        labels, out = given.copy(), np.zeros((len(given), n_classes))
        labels[decided] = truth[decided]
        for train, test, learn_from, judge in folds:
            fitted = LogisticRegression(C=10, max_iter=500).fit(learn_from, labels[train])
            out[np.ix_(test, fitted.classes_)] = fitted.predict_proba(judge)
        return 1 - out[np.arange(len(labels)), labels]

    return chance


def of_decided(table: pd.DataFrame, fields: list, given: np.ndarray, first: np.ndarray) -> Chance:
    """The chance by a logistic regression of the decided items alone; `first` until both outcomes are there."""
    everything = np.arange(len(given))
    parts = [_columns(table[field.name], field.type, everything, everything)[0] for field in fields]
    labels = OneHotEncoder().fit_transform(given[:, np.newaxis])
    features = sparse.hstack([*parts, labels, logit(np.clip(first, 0.005, 0.995))[:, np.newaxis]]).tocsr()

    def chance(decided: np.ndarray, proved: np.ndarray) -> np.ndarray:
        if proved.all() or not proved.any():
            return first
        return LogisticRegression(max_iter=500).fit(features[decided], proved).predict_proba(features)[:, 1]

    return chance
