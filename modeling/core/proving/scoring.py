"""The scores of a run with an interval each."""

from dataclasses import dataclass

import numpy as np

from annotation.core.intervals import Interval, bootstrap_interval, wilson
from modeling.core.proving.evaluation import FLOOR, Counts, balanced_accuracy, confusion, macro_f1
from modeling.core.proving.stored import ScoreJson

Z = 1.959964


@dataclass(frozen=True)
class Score:
    name: str
    value: float
    low: float
    high: float
    n: int

    def as_json(self) -> ScoreJson:
        return {"name": self.name, "value": self.value, "low": self.low, "high": self.high, "n": self.n}


def scores(truth: np.ndarray, probabilities: np.ndarray) -> list[Score]:
    """Accuracy (Wilson 1927), macro F1 and balanced accuracy (percentile bootstrap of rows, Efron & Tibshirani 1993),
    log loss in nats (mean ± 1.96 standard errors), each with 95 % limits.

    truth: int (n,), n ≥ 1, columns of `probabilities` (n, K).
    """
    n, n_classes = len(truth), probabilities.shape[1]
    table = confusion(truth, probabilities.argmax(axis=1), n_classes)

    def of_cells(rows: np.ndarray) -> Counts:
        tables = rows.reshape(-1, n_classes, n_classes)
        return Counts(tables.diagonal(axis1=1, axis2=2), tables.sum(axis=1), tables.sum(axis=2))

    cells = table.ravel()
    found = {
        "accuracy": wilson(int(table.trace()), n),
        "macro F1": bootstrap_interval(lambda rows: macro_f1(of_cells(rows)), cells),
        "balanced accuracy": bootstrap_interval(lambda rows: balanced_accuracy(of_cells(rows)), cells),
        "log loss": _log_loss(truth, probabilities),
    }
    return [Score(name, one.value, one.low, one.high, n) for name, one in found.items()]


def _log_loss(truth: np.ndarray, probabilities: np.ndarray) -> Interval:
    given = probabilities[np.arange(len(truth)), truth]
    loss = -np.log(np.maximum(given, FLOOR, dtype=np.float64))
    mean, half = float(loss.mean()), Z * float(loss.std()) / len(loss) ** 0.5
    return Interval(mean, max(0.0, mean - half), mean + half, len(loss))
