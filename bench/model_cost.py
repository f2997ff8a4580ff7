"""Costs on german_credit: a bad customer taken for a good one costs 5, a good one for a bad one 1 (Statlog's matrix).

Everything is out of fold, 5 seeds of folds; thresholds are chosen on other folds than those they are judged on. The
rival that chooses a threshold is scikit-learn's TunedThresholdClassifierCV on the same features and folds.
"""

import importlib.metadata
import sys

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import TunedThresholdClassifierCV
from threadpoolctl import threadpool_limits

from annotation.core.features.vectorizer import typed, vectorizer
from annotation.core.fields import Field
from annotation.core.judging.folds import grouped_folds
from annotation.core.likeness.grouping import group_items
from bench.table import Row, row
from modeling.core.fitting.training import fit, predict
from modeling.core.proving.costs import CHEAPEST, CHOSEN, CONSTANT, LIKELIEST, CostReport, cost_matrix, losses, price
from tests.shared import SHARED

FILE = SHARED / "data/german_credit/german_credit.csv"
CLASSES = ("good", "bad")
COSTS = cost_matrix(CLASSES, 1, [("bad", "good", 5)])
SEEDS = (0, 1, 2, 3, 4)
NUMBERS = (
    "duration", "credit_amount", "installment_rate", "residence_since", "age", "existing_credits", "num_dependents",
)  # fmt: skip
NO_VERSION = "–"


def run() -> list[Row]:
    if not FILE.is_file():
        print(f"model.cost is skipped: no data in {FILE}; SECONDLOOK_SHARED names it.", file=sys.stderr)
        return []
    with threadpool_limits(1):
        table, fields, truth = credit()
        groups = group_items(table, fields).of
        found = [priced(table, fields, truth, groups, seed) for seed in SEEDS]
        tuned = [scikit(table, fields, truth, groups, C, seed) for seed, (_, C) in zip(SEEDS, found, strict=True)]
    reports = [report for report, _ in found]
    show(reports, tuned)
    return rows_of(reports, tuned, len(truth))


def credit() -> tuple[pd.DataFrame, tuple[Field, ...], np.ndarray]:
    every = pd.read_csv(FILE, dtype=str, keep_default_na=False)
    names = [name for name in every if name != "label"]
    fields = tuple(Field(name, "number" if name in NUMBERS else "category") for name in names)
    return typed(every, fields), fields, every["label"].map(CLASSES.index).to_numpy()


def priced(
    table: pd.DataFrame, fields: tuple[Field, ...], truth: np.ndarray, groups: np.ndarray, seed: int
) -> tuple[CostReport, float]:
    """What a run costs, and the C it settled on."""
    fitted = fit(table, fields, truth, CLASSES, groups, "logistic", {"C": "cv"}, seed, lambda stage, share: None)
    learned = predict(fitted.model, table, CLASSES)
    return price(truth, fitted.oof, learned, COSTS, groups, seed), fitted.resolved["C"]


def scikit(
    table: pd.DataFrame, fields: tuple[Field, ...], truth: np.ndarray, groups: np.ndarray, C: float, seed: int
) -> float:
    """Cost per 1,000 items, out of fold, of scikit-learn's choice of a threshold; `C` as ours chose it."""
    fold, predicted = grouped_folds(groups, truth, 5, seed), np.empty_like(truth)
    saved = make_scorer(lambda y, guess: -losses(y, guess, COSTS).mean())
    for number in range(5):
        out = fold == number
        features = vectorizer(fields)
        X = features.fit_transform(table[~out])
        plain = LogisticRegression(C=C, max_iter=2000)
        model = TunedThresholdClassifierCV(plain, scoring=saved, cv=5, random_state=seed).fit(X, truth[~out])
        predicted[out] = model.predict(features.transform(table[out]))
    return 1000 * float(losses(truth, predicted, COSTS).mean())


def show(reports: list[CostReport], tuned: list[float]) -> None:
    print("\ngerman_credit, 1,000 rows, cost per 1,000 items out of fold (95 % interval over groups)")
    rules = [one.rule for one in reports[0].rules]
    print(f"{'seed':>4} " + " ".join(f"{rule:>22}" for rule in rules) + f" {'saved by cheapest':>22} {'scikit':>8}")
    for seed, report, theirs in zip(SEEDS, reports, tuned, strict=True):
        cells = [said(one.validation.per_thousand) for one in report.rules]
        saved = next(one.saved for one in report.rules if one.rule == CHEAPEST)
        print(f"{seed:>4} " + " ".join(f"{cell:>22}" for cell in [*cells, said(saved)]) + f" {theirs:8.0f}")
    for seed, report in zip(SEEDS, reports, strict=True):
        one, train = report.threshold, {rule.rule: rule.train.per_thousand.value for rule in report.rules}
        print(
            f"seed {seed}: threshold for bad {one.chosen.value:.3f} ({one.chosen.low:.3f}–{one.chosen.high:.3f}), by "
            f"theory {one.by_theory:.3f}; on the rows learned from: likeliest {train[LIKELIEST]:.0f}, cheapest "
            f"{train[CHEAPEST]:.0f}, threshold {train[CHOSEN]:.0f}"
        )


def said(interval: object) -> str:
    return f"{interval.value:.0f} ({interval.low:.0f}–{interval.high:.0f})"


def rows_of(reports: list[CostReport], tuned: list[float], n: int) -> list[Row]:
    every = [one for report in reports for one in report.rules]
    mean = {
        rule: float(np.mean([one.validation.per_thousand.value for one in every if one.rule == rule]))
        for rule in (LIKELIEST, CHEAPEST, CHOSEN, CONSTANT)
    }
    version = importlib.metadata.version("scikit-learn")
    data, unit = f"german_credit, bad as good 5, good as bad 1, mean of {len(SEEDS)} seeds", "cost per 1,000 items"
    pairs = (
        ("cheapest_class", mean[CHEAPEST], mean[LIKELIEST], "the likeliest class, same model", NO_VERSION, 1.2),
        ("threshold", mean[CHOSEN], mean[LIKELIEST], "the likeliest class, same model", NO_VERSION, 1.2),
        ("against_constant", mean[CHEAPEST], mean[CONSTANT], "the one cheapest class for all", NO_VERSION, 1.2),
        ("against_tuned", mean[CHOSEN], float(np.mean(tuned)), "TunedThresholdClassifierCV", version, 0.97),
    )
    return [
        row(f"model.cost.{name}", data, n, unit, ours, theirs, rival, number, goal, more_is_better=False)
        for name, ours, theirs, rival, number, goal in pairs
    ]
