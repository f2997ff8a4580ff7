"""Items that are like nothing else in the dataset."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from annotation.core.detectors.suspicion import percent
from annotation.core.evidence import Evidence

BLOCK = 20_000
# Scales the median absolute deviation to a standard deviation where values are normal (Rousseeuw & Croux 1993).
TO_SIGMA = 1.4826


@dataclass(frozen=True)
class Outlier:
    """This item is unlike all others and may not belong in the dataset.

    Far from its nearest neighbours, robustly judged (`far` standard deviations below the median nearness), and among
    the `unsure` share of items whose likeliest class is least likely. A candidate for *bad input* or for a class that
    is missing, more than for another label.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"labels", "probabilities", "neighbours"})
    flag_above: float = 0.0
    far: float = 2.0
    unsure: float = 0.25

    def score(self, evidence: Evidence) -> np.ndarray:
        """Float (n,): 1 − far / z, z how many robust standard deviations the item is too far off; 0 up to `far`, for
        items the model is sure of, without a label, or decided on by an expert."""
        held = evidence.as_annotated >= 0
        if not held.any() or evidence.neighbours is None or evidence.probabilities is None:
            return np.zeros(len(evidence.labels))
        near = _nearness(evidence)
        middle = np.median(near)
        spread = TO_SIGMA * np.median(np.abs(near - middle))
        z = (middle - near) / spread if spread > 0 else np.zeros(len(near))
        best = evidence.probabilities.max(axis=1)
        doubted = best <= np.quantile(best, self.unsure)
        return np.where(held & doubted & (z > self.far), 1 - self.far / np.maximum(z, self.far), 0.0)

    def suggest(self, evidence: Evidence) -> np.ndarray:
        return np.full(len(evidence.labels), -1)

    def reasons(self, evidence: Evidence, items: np.ndarray) -> list[str]:
        if evidence.neighbours is None or evidence.probabilities is None or len(items) == 0:
            return ["Nothing says how near the others are."] * len(items)
        near, best = _nearness(evidence), evidence.probabilities.max(axis=1)
        usual, names = np.median(near), evidence.classes
        return [
            f"It is unlike all other items (mean similarity to its nearest {near[item]:.2f}, usually {usual:.2f}) and "
            f"the model is sure of no class (at best {names[evidence.probabilities[item].argmax()]} "
            f"{percent(best[item])}); it may be bad input or out of scope."
            for item in items
        ]


def _nearness(evidence: Evidence) -> np.ndarray:
    """Mean cosine similarity to the nearest neighbours, float (n,): of the words, and where there are embeddings the
    mean of that and of theirs; a neighbour that is missing counts 0."""
    positions, similarities = evidence.neighbours
    words = np.where(positions >= 0, similarities, 0.0).mean(axis=1) if positions.shape[1] else np.zeros(len(positions))
    if evidence.embeddings is None:
        return words
    vectors, meaning = evidence.embeddings, np.zeros(len(positions))
    for start in range(0, len(positions), BLOCK):
        rows = slice(start, start + BLOCK)
        for column in positions[rows].T:
            cosine = np.einsum("nd,nd->n", vectors[rows], vectors[np.maximum(column, 0)])
            meaning[rows] += np.where(column >= 0, cosine, 0.0)
    return (words + meaning / max(positions.shape[1], 1)) / 2
