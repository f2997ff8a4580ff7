"""Each source judged by a model of the others: what a source that is not yet there may expect."""

from collections.abc import Callable

import numpy as np

from annotation.core.intervals import wilson
from modeling.core.fitting.stored import SourceScores
from modeling.core.learners import UnableToTrain
from modeling.core.proving.paired import paired_by_group

# The largest sources are judged: each costs two fits.
MOST = 5

Judge = Callable[[np.ndarray], np.ndarray]


def by_source(
    sources: np.ndarray, truth: np.ndarray, groups: np.ndarray, judge: Judge, report: Callable[[str, float], None],
    seed: int,
) -> list[SourceScores]:  # fmt: skip
    """One dict for each of the MOST largest sources, largest first; none where there are fewer than two sources.

    sources: str (n,). truth: int (n,), columns of what judge says. groups: int (n,); rows whose group is held out teach
    nothing. judge(out): probabilities (rows of out, K) by a model of the rows that are not in out, bool (n,).

    Half of the source's groups, drawn at random, are judged twice: by a model that has seen nothing of the source, and
    by one of as many rows drawn from all others, its other half among them. What differs is whether the source was
    seen, and not how much was learned from. Each dict: source; n, rows judged; rows_each, rows either model learned
    from; accuracy and folds (the latter model's) with their 95 % limits (Wilson 1927); and accuracy − folds on the same
    rows, by group, at 1 − 0.05 / number of sources judged (Bonferroni). A source without which nothing can be learned
    is left out.
    """
    names, count = np.unique(sources, return_counts=True)
    largest: list[str] = names[np.argsort(-count, kind="stable")][:MOST].tolist() if len(names) > 1 else []
    random, found = np.random.default_rng(seed), []
    for at, name in enumerate(largest):
        report(f"judging source {at + 1} of {len(largest)} by the others", 0.8 + 0.2 * at / len(largest))
        its = sources == name
        half = _drawn(groups, its, int(its.sum()) // 2 or 1, random)
        unseen = np.isin(groups, groups[its])
        try:
            judged = None if unseen.all() else _twice(half, unseen, groups, judge, random)
        except UnableToTrain:
            judged = None
        if judged is not None:
            alone, among = (probabilities.argmax(axis=1) == truth[half] for probabilities in judged)
            level = 1 - 0.05 / len(largest)
            found.append(_source_row(str(name), int((~unseen).sum()), alone, among, groups[half], level))
    return found


def _twice(
    half: np.ndarray, unseen: np.ndarray, groups: np.ndarray, judge: Judge, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """What the rows of `half` are said to be without their source, and with it among as many rows."""
    others = ~np.isin(groups, groups[half])
    learned = _drawn(groups, others, int((~unseen).sum()), random)
    return judge(unseen)[half[unseen]], judge(~learned)[half[~learned]]


def _drawn(groups: np.ndarray, among: np.ndarray, n: int, random: np.random.Generator) -> np.ndarray:
    """Bool: about n rows of `among`, whole groups in an order drawn at random."""
    _, unit = np.unique(groups, return_inverse=True)
    order = random.permutation(np.unique(unit[among]))
    rows = np.bincount(unit[among], minlength=unit.max() + 1)[order]
    kept = order[: int(np.searchsorted(np.cumsum(rows), n)) + 1]
    return among & np.isin(unit, kept)


def _source_row(
    name: str, rows_each: int, right: np.ndarray, among: np.ndarray, groups: np.ndarray, level: float
) -> SourceScores:
    n, alone, folds = len(right), wilson(int(right.sum()), len(right)), wilson(int(among.sum()), len(right))
    gap = paired_by_group(among, right, groups, level=level)
    return {
        "source": name, "n": n, "rows_each": rows_each, "accuracy": alone.value, "accuracy_low": alone.low,
        "accuracy_high": alone.high, "folds": folds.value, "folds_low": folds.low, "folds_high": folds.high,
        "difference": gap.value, "difference_low": gap.low, "difference_high": gap.high,
    }  # fmt: skip
