"""Items that are like nothing else in the dataset."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import entr

from annotation.core.detectors.suspicion import Judgement
from annotation.core.judging.evidence import Evidence, needed
from annotation.core.wording import FindingKind, percent

NEAREST, BLOCK = 5, 20_000
# Scales the median absolute deviation to a standard deviation where values are normal (Rousseeuw & Croux 1993).
TO_SIGMA = 1.4826


@dataclass(frozen=True)
class Outlier:
    """This item is unlike all others and may not belong in the dataset.

    Far from its nearest neighbours, far from the centre of every class, and nothing the model is sure of; each robustly
    judged against what is usual here. A candidate for *bad input* or for a class that is missing, more than for another
    label. `far`: robust standard deviations from which an item is flagged.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"labels", "probabilities", "neighbours"})
    prior: ClassVar[float] = 0.2
    kinds: ClassVar[dict[str, FindingKind]] = {}
    flag_above: float = 0.0
    far: float = 3.0

    def judge(self, evidence: Evidence) -> Judgement:
        """The score is 1 − far / z, z the item's unlikeness; 0 up to `far`, without a label, or once decided on."""
        near, given = nearness(evidence), needed(evidence.probabilities)
        z, usual = unlikeness(evidence, near), np.median(near)
        there = (evidence.as_annotated >= 0) & (z > self.far)
        score = np.where(there, 1 - self.far / np.maximum(z, self.far), 0.0)

        def reason(item: int) -> str:
            return (
                f"It is unlike the other items (similarity to its nearest {near[item]:.2f}, usually {usual:.2f}) and "
                f"the model gives no class more than {percent(given[item].max())}; it may be bad input or out of scope."
            )

        return Judgement(score, np.full(len(score), -1), self.flag_above, reason)


def unlikeness(evidence: Evidence, near: np.ndarray) -> np.ndarray:
    """Float (n,), robust standard deviations, higher = less like the rest: of the sum of how far too low the nearness
    to neighbours `near` and to class centres are, plus the entropy of the model's classes in nats."""
    given = needed(evidence.probabilities)
    blocks = (given[start : start + BLOCK].astype(np.float32) for start in range(0, len(given), BLOCK))
    unsure = np.concatenate([entr(block).sum(axis=1, dtype=float) for block in blocks] or [np.zeros(0)])
    return _robust(unsure - _robust(near) - _robust(_to_centre(evidence)))


def _robust(values: np.ndarray) -> np.ndarray:
    """Each value's distance from the median, in robust standard deviations; 0 where half of the values are equal."""
    middle = np.median(values)
    spread = TO_SIGMA * np.median(np.abs(values - middle))
    return (values - middle) / spread if spread > 0 else np.zeros(len(values))


def nearness(evidence: Evidence) -> np.ndarray:
    """Mean cosine similarity to the five nearest neighbours, float (n,), of the embeddings where there are any,
    else of the words; a neighbour that is missing counts 0."""
    positions, similarities = (one[:, :NEAREST] for one in needed(evidence.neighbours))
    if positions.shape[1] == 0:
        return np.zeros(len(evidence.labels))
    if evidence.embeddings is None:
        return np.where(positions >= 0, similarities, 0.0).mean(axis=1)
    vectors, meaning = evidence.embeddings, np.zeros(len(positions))
    for start in range(0, len(positions), BLOCK):
        rows = slice(start, start + BLOCK)
        own = _single(vectors[rows])
        for column in positions[rows].T:
            cosine = np.einsum("nd,nd->n", own, _single(vectors[np.maximum(column, 0)]))
            meaning[rows] += np.where(column >= 0, cosine, 0.0)
    return meaning / positions.shape[1]


def _to_centre(evidence: Evidence) -> np.ndarray:
    """Cosine similarity to the nearest centre of a class, float (n,); the centres are means of the embeddings weighted
    by the model's probabilities, which know nothing of the item's own label. Zeros without embeddings."""
    if evidence.embeddings is None:
        return np.zeros(len(evidence.labels))
    vectors, given = evidence.embeddings, needed(evidence.probabilities)
    blocks = [slice(start, start + BLOCK) for start in range(0, len(vectors), BLOCK)]
    centres = sum(_single(given[rows]).T @ _single(vectors[rows]) for rows in blocks)
    centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
    nearest = np.empty(len(vectors))
    for rows in blocks:
        nearest[rows] = (_single(vectors[rows]) @ centres.T).max(axis=1)
    return nearest


def _single(rows: np.ndarray) -> np.ndarray:
    return rows.astype(np.float32, copy=False)
