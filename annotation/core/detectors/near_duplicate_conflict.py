"""Near-identical items that carry different labels."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from annotation.core.judging.evidence import Evidence


@dataclass(frozen=True)
class NearDuplicateConflict:
    """Near-identical items carry different labels; at most one label is right."""

    needs: ClassVar[frozenset[str]] = frozenset({"labels", "groups"})
    flag_above: float = 0.0

    def score(self, evidence: Evidence) -> np.ndarray:
        counts, _ = self._counts(evidence)
        labelled = evidence.labels >= 0
        total = counts.sum(axis=1)
        own = counts[np.arange(len(counts)), np.maximum(evidence.labels, 0)]
        return np.where(labelled & (total > 0), 1 - own / np.maximum(total, 1), 0.0)

    def suggest(self, evidence: Evidence) -> np.ndarray:
        counts, _ = self._counts(evidence)
        best = counts.argmax(axis=1)
        return np.where((self.score(evidence) > self.flag_above) & (best != evidence.labels), best, -1)

    def reasons(self, evidence: Evidence, items: np.ndarray) -> list[str]:
        counts, _ = self._counts(evidence)
        sentences = []
        for item in items:
            parts = [f"{counts[item, k]:.0f} {evidence.classes[k]}" for k in np.flatnonzero(counts[item])]
            sentences.append(f"Near-identical items carry different labels: {', '.join(parts)}.")
        return sentences

    def _counts(self, evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
        _, group = np.unique(evidence.groups.of, return_inverse=True)
        labelled = evidence.labels >= 0
        table = np.zeros((group.max(initial=-1) + 1, len(evidence.classes)))
        np.add.at(table, (group[labelled], evidence.labels[labelled]), 1)
        return table[group], group
