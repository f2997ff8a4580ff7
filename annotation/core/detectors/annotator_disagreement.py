"""Items on which annotators do not agree."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from annotation.core.evidence import Evidence


@dataclass(frozen=True)
class AnnotatorDisagreement:
    """Annotators gave this item different labels."""

    needs: ClassVar[frozenset[str]] = frozenset({"votes"})
    flag_above: float = 0.0

    def score(self, evidence: Evidence) -> np.ndarray:
        counts = self._counts(evidence)
        total = counts.sum(axis=1)
        own = counts[np.arange(len(counts)), np.maximum(evidence.labels, 0)]
        against = 1 - np.where(evidence.labels >= 0, own, 0.0) / np.maximum(total, 1)
        return np.where((counts > 0).sum(axis=1) > 1, against, 0.0)

    def suggest(self, evidence: Evidence) -> np.ndarray:
        best = self._counts(evidence).argmax(axis=1)
        return np.where((self.score(evidence) > 0) & (best != evidence.labels), best, -1)

    def reasons(self, evidence: Evidence, items: np.ndarray) -> list[str]:
        counts = self._counts(evidence)
        sentences = []
        for item in items:
            parts = [f"{counts[item, k]:.0f} say {evidence.classes[k]}" for k in np.flatnonzero(counts[item])]
            sentences.append(f"Of {counts[item].sum():.0f} annotators {', '.join(parts) or 'none gave a label'}.")
        return sentences

    def _counts(self, evidence: Evidence) -> np.ndarray:
        votes = evidence.votes.drop_duplicates(["item", "annotator"], keep="last")
        counts = np.zeros((len(evidence.labels), len(evidence.classes)))
        np.add.at(counts, (votes["item"].to_numpy(), votes["label"].to_numpy()), 1)
        return counts
