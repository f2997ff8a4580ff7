"""Near-identical items that carry different labels."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from annotation.core.detectors.suspicion import Judgement, NotApplicable
from annotation.core.judging.evidence import Evidence
from annotation.core.wording import FindingKind, quoted


@dataclass(frozen=True)
class NearDuplicateConflict:
    """Near-identical items carry different labels; at most one label is right."""

    needs: ClassVar[frozenset[str]] = frozenset({"labels", "groups"})
    prior: ClassVar[float] = 0.7
    kinds: ClassVar[dict[str, FindingKind]] = {}
    flag_above: float = 0.0

    def judge(self, evidence: Evidence) -> Judgement:
        """A label's score is the share of its group's labels that are others; suggested is the group's commonest."""
        if (evidence.groups.sizes < 2).all():
            raise NotApplicable("No two items are near-identical.")
        labels, counts = evidence.labels, _labels_of_group(evidence)
        total, best = counts.sum(axis=1), counts.argmax(axis=1)
        own = counts[np.arange(len(counts)), np.maximum(labels, 0)]
        score = np.where((labels >= 0) & (total > 0), 1 - own / np.maximum(total, 1), 0.0)
        suggested = np.where((score > self.flag_above) & (best != labels), best, -1)

        def reason(item: int) -> str:
            parts = [f"{counts[item, k]:.0f} {quoted(evidence.classes[k])}" for k in np.flatnonzero(counts[item])]
            return f"Near-identical items carry different labels: {', '.join(parts)}."

        return Judgement(score, suggested, self.flag_above, reason)


def _labels_of_group(evidence: Evidence) -> np.ndarray:
    """How many members of each item's group carry each class, float (n, K)."""
    _, group = np.unique(evidence.groups.of, return_inverse=True)
    labelled = evidence.labels >= 0
    table = np.zeros((group.max(initial=-1) + 1, len(evidence.classes)))
    np.add.at(table, (group[labelled], evidence.labels[labelled]), 1)
    return table[group]
