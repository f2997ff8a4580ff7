"""The labels of a new batch, judged by models that learned from the pool, before any of it is written."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from annotation.core.detectors.label_error import LabelError
from annotation.core.features.matrices import read_features, text_embeddings
from annotation.core.features.vectorizer import typed
from annotation.core.fields import Field
from annotation.core.intervals import Interval, wilson
from annotation.core.judging.confident_learning import confident_class, honest_overlap
from annotation.core.judging.evidence import Evidence
from annotation.core.judging.out_of_fold import learnable, pool_folds, views
from annotation.core.judging.said import UNSAID
from annotation.core.likeness.near_duplicates import Groups
from annotation.core.refusal import Refusal
from annotation.core.wording import counted

# Labels of the pool to learn from, at least and at most, and of a class before its labels are judged.
FEWEST, MOST, OF_A_CLASS = 100, 10_000, 5
FOLDS = 2


class UnableToJudge(Refusal):
    """The pool says nothing about these labels; the message says why."""


@dataclass(frozen=True, eq=False)
class JudgedBatch:
    """judged: how many of the m labels are of classes that the pool shows often enough. doubted: int (d,), positions of
    those that look wrong, most suspicious first; expected: int (d,), the class that the models expect instead. share:
    of the judged that look wrong. examples: labels of the pool learned from."""

    judged: int
    doubted: np.ndarray
    expected: np.ndarray
    examples: int

    @property
    def share(self) -> Interval:
        return wilson(len(self.doubted), self.judged)


@dataclass(frozen=True, eq=False)
class KnownLabels:
    """What the batch is judged by. table: n rows, one column per field; labels: int (n,), class codes, −1 = none;
    doubted: bool (n,), not to be learned from."""

    table: pd.DataFrame
    labels: np.ndarray
    doubted: np.ndarray


def judge_batch(
    known: KnownLabels,
    new: pd.DataFrame,
    given: np.ndarray,
    fields: Sequence[Field],
    classes: Sequence[str],
    seed: int = 0,
) -> JudgedBatch:
    """Which of the m labels `given` to the rows of `new` look wrong. given: int (m,), class codes.

    The models are those of detection, fitted on the pool, of more than MOST labels on a random part, and asked about
    the batch; they weigh by how well they predict labels of the pool out of fold, and `label_error` reads their
    answers. Raises UnableToJudge where there are fewer than FEWEST labels to learn from, the fields say nothing, or the
    models predict the pool's labels, the doubted among them, no better than how common each class is.
    """
    rows = _drawn(known.labels, seed)
    learned = ~np.asarray(known.doubted, dtype=bool)[rows]
    if learned.sum() < FEWEST or len(classes) < 2:
        raise UnableToJudge(
            f"{UNSAID}: the pool has {counted(int(learned.sum()), 'label')} to learn from, and it takes {FEWEST} of "
            "two classes."
        )
    both = typed(pd.concat([known.table.iloc[rows], new], ignore_index=True), fields)
    every = np.concatenate([known.labels[rows], given]).astype(np.int64)
    said = _asked(both, fields, every, learned, len(classes), seed)
    n = len(rows)
    if not learnable(said[:n], every[:n]):
        raise UnableToJudge(f"{UNSAID}: models predict the pool's own labels no better than how common they are.")
    taught = np.bincount(every[:n][learned], minlength=len(classes)) >= OF_A_CLASS
    judged = np.flatnonzero(taught[every[n:]]) + n
    evidence = _evidence(both, fields, classes, every, said, n)
    found = LabelError().judge(evidence)
    doubted = judged[found.flagged[judged]]
    doubted = doubted[np.argsort(-found.score[doubted], kind="stable")]
    return JudgedBatch(len(judged), doubted - n, found.suggested[doubted], int(learned.sum()))


def _drawn(labels: np.ndarray, seed: int) -> np.ndarray:
    """Positions of labels, of more than MOST some at random."""
    there = np.flatnonzero(np.asarray(labels) >= 0)
    if len(there) <= MOST:
        return there
    return np.sort(np.random.default_rng(seed).choice(there, MOST, replace=False))


def _asked(
    both: pd.DataFrame, fields: Sequence[Field], every: np.ndarray, learned: np.ndarray, n_classes: int, seed: int
) -> np.ndarray:
    """What the models say of the pool's rows, out of fold, and of the batch's behind them, float (n + m, K)."""
    with threadpool_limits(1):
        features = read_features(both, fields, text_embeddings(both, fields))
        if features is None:
            raise UnableToJudge(f"{UNSAID}: no field says anything that a model could read.")
        folds = np.full(len(every), FOLDS)
        folds[: len(learned)] = np.random.default_rng(seed).integers(0, FOLDS, len(learned))
        taught = np.zeros(len(every), dtype=bool)
        taught[: len(learned)] = learned
        said = [views(features, every, folds, taught, n_classes, seed, fold) for fold in range(FOLDS + 1)]
        return pool_folds(said, folds, every, np.arange(len(learned)))


def _evidence(
    both: pd.DataFrame, fields: Sequence[Field], classes: Sequence[str], every: np.ndarray, said: np.ndarray, n: int
) -> Evidence:
    """What `label_error` reads; how far classes overlap is told by the pool alone, its first n rows."""
    alone, overlap = np.arange(len(every)), honest_overlap(confident_class(said[:n], every[:n]), said[:n])
    return Evidence(
        both, tuple(fields), tuple(classes), every, pd.DataFrame(), (), Groups(alone, alone), said, overlap=overlap
    )
