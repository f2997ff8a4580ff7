"""Each source judged by a model of the others: what a source that is not yet there may expect."""

from collections.abc import Callable

import numpy as np

from annotation.core.intervals import wilson
from modeling.core.fitting.stored import SourceScores
from modeling.core.learners import UnableToTrain
from modeling.core.proving.evaluation import paired_interval

# The largest sources are judged: each costs a fit.
MOST = 5


def by_source(
    sources: np.ndarray, truth: np.ndarray, oof: np.ndarray, groups: np.ndarray,
    judge: Callable[[np.ndarray], np.ndarray], report: Callable[[str, float], None],
) -> list[SourceScores]:  # fmt: skip
    """One dict for each of the MOST largest sources, largest first; none where there are fewer than two sources.

    sources: str (n,). truth: int (n,), columns of oof (n, K), probabilities out of random folds. groups: int (n,); rows
    whose group is in the source held out teach nothing either. judge(out): probabilities (rows of out, K) by a model of
    the rows that are not in out, bool (n,). Each dict: source, n, accuracy and folds (in random folds) with their 95 %
    limits (Wilson 1927), and their difference on the same rows, accuracy − folds (`paired_interval`). A source without
    which nothing can be learned is left out.
    """
    names, count = np.unique(sources, return_counts=True)
    largest: list[str] = names[np.argsort(-count, kind="stable")][:MOST].tolist() if len(names) > 1 else []
    found = []
    for at, name in enumerate(largest):
        report(f"judging source {at + 1} of {len(largest)} by the others", 0.8 + 0.2 * at / len(largest))
        out = sources == name
        unseen = out | np.isin(groups, groups[out])
        try:
            right = None if unseen.all() else judge(unseen)[out[unseen]].argmax(axis=1) == truth[out]
        except UnableToTrain:
            right = None
        if right is not None:
            found.append(_row(str(name), right, oof[out].argmax(axis=1) == truth[out]))
    return found


def _row(name: str, right: np.ndarray, in_folds: np.ndarray) -> SourceScores:
    n, alone, folds = len(right), wilson(int(right.sum()), len(right)), wilson(int(in_folds.sum()), len(right))
    gap = paired_interval(int((right & ~in_folds).sum()), int((in_folds & ~right).sum()), n)
    return {
        "source": name, "n": n, "accuracy": alone.value, "accuracy_low": alone.low, "accuracy_high": alone.high,
        "folds": folds.value, "folds_low": folds.low, "folds_high": folds.high, "difference": gap.value,
        "difference_low": gap.low, "difference_high": gap.high,
    }  # fmt: skip
