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
        labels, (of, counts) = evidence.labels, _labels_of_groups(evidence)
        there = np.flatnonzero((of >= 0) & (labels >= 0))
        given, group = labels[there], of[there]
        best, score, suggested = counts.argmax(axis=1)[group], np.zeros(len(labels)), np.full(len(labels), -1)
        score[there] = 1 - counts[group, given] / counts.sum(axis=1)[group]
        suggested[there] = np.where((score[there] > self.flag_above) & (best != given), best, -1)

        def reason(item: int) -> str:
            own = counts[of[item]]
            parts = [f"{own[k]:,} {quoted(evidence.classes[k])}" for k in np.flatnonzero(own)]
            return f"Near-identical items carry different labels: {', '.join(parts)}."

        return Judgement(score, suggested, self.flag_above, reason)


def _labels_of_groups(evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Int (n,), the number of each item's group among those of two or more, −1 = alone; and int (groups, K), how many
    of their members carry each class."""
    several = np.flatnonzero(evidence.groups.sizes > 1)
    number = np.full(len(evidence.groups.sizes), -1)
    number[several] = np.arange(len(several))
    of = number[evidence.groups.of]
    there = (of >= 0) & (evidence.labels >= 0)
    counts = np.zeros((len(several), len(evidence.classes)), dtype=np.int32)
    np.add.at(counts, (of[there], evidence.labels[there]), 1)
    return of, counts
