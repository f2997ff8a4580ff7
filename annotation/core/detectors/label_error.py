"""Single labels that a model trained on the other items does not believe."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from annotation.core.detectors.suspicion import Suspicion, percent
from annotation.core.intervals import wilson
from annotation.core.judging.confident_learning import confident_class
from annotation.core.judging.evidence import Evidence
from annotation.core.judging.out_of_fold import FLOOR

SHOWN_NEIGHBOURS = 5


@dataclass(frozen=True)
class LabelError:
    """A model that never saw this label expects another one.

    The score is 1 − the probability that model gives the label, out of fold. Where many items that confidently belong
    to one class carry another (the confident joint; Northcutt et al. 2021), that pair of classes counts more:
    `pair_share` is the share of a class that honest confusion explains, `pair_weight` how strongly an excess over it
    counts (0 = not at all); it is a finding from `pair_least` such items on. score .5 = all other classes together are
    as likely as the label.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"labels", "probabilities"})
    flag_above: float = 0.8
    pair_share: float = 0.03
    pair_weight: float = 2.0
    pair_least: int = 5

    def score(self, evidence: Evidence) -> np.ndarray:
        """Float (n,) in [0, 1], 1 = most suspicious; 0 without a current label or without a rival class."""
        return self._rivals(evidence)[1]

    def suggest(self, evidence: Evidence) -> np.ndarray:
        """Int (n,): the rival where it is likelier than the label, else −1."""
        rival, score = self._rivals(evidence)
        return np.where(score > 0.5, rival, -1)

    def reasons(self, evidence: Evidence, items: np.ndarray) -> list[str]:
        """What the neighbours carry, what the model gives, and how often this pair of classes is confused."""
        rival, score = self._rivals(evidence)
        joint = _confident_joint(evidence)
        return [self._reason(evidence, item, rival[item] if score[item] > 0.5 else -1, joint) for item in items]

    def findings(self, evidence: Evidence) -> list[Suspicion]:
        """Pairs of classes of which one is being labelled as the other more often than honest confusion explains, the
        most labels first; each covers the items that carry the one and confidently belong to the other."""
        probabilities = evidence.probabilities
        if probabilities.shape[1] < 2:
            return []
        joint, excess = _confident_joint(evidence), self._pair_excess(evidence)
        belongs, score = confident_class(probabilities, evidence.labels), self.score(evidence)
        pairs = [(given, looks) for given, looks in np.argwhere(excess > 0) if joint[given, looks] >= self.pair_least]
        pairs.sort(key=lambda pair: -joint[pair])
        found = []
        for given, looks in pairs:
            items = np.flatnonzero((evidence.labels == given) & (belongs == looks))
            items = items[np.argsort(-score[items], kind="stable")]
            found.append(_pair_finding(evidence.classes, given, looks, items, int(joint[:, looks].sum())))
        return found

    def _rivals(self, evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
        labels, probabilities = evidence.labels, evidence.probabilities
        n, n_classes = probabilities.shape
        if n_classes < 2:
            return np.full(n, -1), np.zeros(n)
        rows, given = np.arange(n), np.maximum(labels, 0)
        likely = probabilities + FLOOR
        likely *= np.exp(self._pair_excess(evidence))[given]
        likely /= likely.sum(axis=1, keepdims=True)
        score = 1 - likely[rows, given]
        likely[rows, given] = -1
        rival = likely.argmax(axis=1)
        return np.where(labels < 0, -1, rival), np.where(labels < 0, 0.0, score)

    def _pair_excess(self, evidence: Evidence) -> np.ndarray:
        """What to add to the log odds of class j for an item labelled i, float (K, K): surely more than `pair_share`
        (lower 95 % bound) of the items that look like j carry i."""
        joint = _confident_joint(evidence)
        excess = np.zeros(joint.shape)
        size = joint.sum(axis=0)
        for given, looks in np.argwhere(joint > self.pair_share * size):
            if given != looks:
                low = wilson(int(joint[given, looks]), int(size[looks])).low
                excess[given, looks] = self.pair_weight * np.log(max(1.0, low / self.pair_share))
        return excess

    def _reason(self, evidence: Evidence, item: int, rival: int, joint: np.ndarray) -> str:
        given, share, names = evidence.labels[item], evidence.probabilities[item], evidence.classes
        if given < 0:
            best = int(share.argmax())
            return f"It has no current label; the model out of fold gives {names[best]} {percent(share[best])}."
        parts = [self._neighbour_part(evidence, item, given if rival < 0 else rival)]
        parts.append(f"the model out of fold gives {names[given]} {percent(share[given])}")
        if rival >= 0:
            parts[-1] += f" and {names[rival]} {percent(share[rival])}"
            count, size = int(joint[given, rival]), int(joint[:, rival].sum())
            if size and wilson(count, size).low > self.pair_share:
                parts.append(f"{count} of {size} items that look like {names[rival]} carry {names[given]}")
        sentence = "; ".join(part for part in parts if part)
        return sentence[0].upper() + sentence[1:] + "."

    def _neighbour_part(self, evidence: Evidence, item: int, label: int) -> str:
        if evidence.neighbours is None:
            return ""
        nearest = evidence.neighbours[0][item]
        carried = evidence.labels[nearest[nearest >= 0]]
        carried = carried[carried >= 0][:SHOWN_NEIGHBOURS]
        if len(carried) == 0:
            return ""
        agree = int((carried == label).sum())
        return f"{agree} of its {len(carried)} nearest neighbours carry {evidence.classes[label]}"


def _pair_finding(classes: Sequence[str], given: int, looks: int, items: np.ndarray, size: int) -> Suspicion:
    share, said, true = wilson(len(items), size), classes[given], classes[looks]
    return Suspicion(
        kind="class_pair",
        key=f"class_pair:{true}→{said}"[:200],
        title=f"{true} is being labelled {said}",
        reason=(
            f"{len(items):,} of the {size:,} items that look like {true} to a model that never saw their labels carry "
            f"{said}: {percent(share.value)}, 95 % interval {percent(share.low)} to {percent(share.high)}."
        ),
        rule={"looks": true, "given": said},
        items=items, n=size, value=share.value, low=share.low, high=share.high,
    )  # fmt: skip


def _confident_joint(evidence: Evidence) -> np.ndarray:
    """Int (K, K): labelled items by the label they carry and the class they confidently belong to."""
    n_classes = len(evidence.classes)
    held = evidence.labels >= 0
    looks = confident_class(evidence.probabilities, evidence.labels)[held]
    cells = evidence.labels[held] * n_classes + looks
    return np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)
