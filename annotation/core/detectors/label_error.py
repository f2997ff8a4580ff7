"""Single labels that a model trained on the other items does not believe."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from annotation.core.detectors.suspicion import Judgement, NotApplicable, Suspicion
from annotation.core.intervals import wilson
from annotation.core.judging.confident_learning import confident_class, honest_overlap
from annotation.core.judging.evidence import Evidence, needed
from annotation.core.judging.judges import ROWS
from annotation.core.judging.out_of_fold import FLOOR
from annotation.core.wording import FindingKind, percent, quoted

SHOWN_NEIGHBOURS = 5


@dataclass(frozen=True, eq=False)
class Doubt:
    """What the out-of-fold model makes of n labels.

    belongs: int (n,), the class each item confidently belongs to. joint: int (K, K), labelled items by the label they
    carry and that class. excess: float (K, K), what is added to the log odds of class j for an item labelled i. rival:
    int (n,), the likeliest other class, −1 = none. score: float (n,) in [0, 1]; 0 without a label or without a rival.
    share: float (n,), the rival's probability, and odds: float (n,), how many times as likely as the label it is; 0
    without.
    """

    belongs: np.ndarray
    joint: np.ndarray
    excess: np.ndarray
    rival: np.ndarray
    score: np.ndarray
    share: np.ndarray
    odds: np.ndarray


@dataclass(frozen=True)
class LabelError:
    """A model that never saw this label expects another one.

    The score is 1 − the probability that model gives the label, out of fold. Where many items that confidently belong
    to one class carry another (the confident joint; Northcutt et al. 2021), that pair of classes counts more:
    honest confusion explains `pair_overlap` times what models fitted without the doubted labels find of it, and at
    least `pair_share`; `pair_weight` says how strongly an excess over that counts (0 = not at all); it is a finding
    from `pair_least` such items on. score .5 = all other classes together are as likely as the label. Flagged where one
    other class is `flag_odds` times as likely as the label, and its probability is over `flag_share`.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"labels", "probabilities"})
    prior: ClassVar[float] = 0.8
    kinds: ClassVar[dict[str, FindingKind]] = {
        "class_pair": FindingKind(
            "One class labelled as another", "items", "carry the other class",
            "Let experts decide on a few dozen; if they reverse most, say in the guideline how the two classes differ.",
        )
    }  # fmt: skip
    flag_above: float = 0.5
    flag_odds: float = 1.5
    flag_share: float = 0.5
    pair_share: float = 0.03
    pair_overlap: float = 1.0
    pair_weight: float = 2.0
    pair_least: int = 5

    def judge(self, evidence: Evidence) -> Judgement:
        """Suggested is the rival where it is likelier than the label."""
        if len(evidence.classes) < 2:
            raise NotApplicable("There is only one class.")
        doubt = self.read(evidence)
        suggested = np.where(doubt.score > 0.5, doubt.rival, -1)

        def reason(item: int) -> str:
            return self._reason(evidence, doubt, item, int(suggested[item]))

        return Judgement(
            doubt.score, suggested, self.flag_above, reason, self._findings(evidence, doubt),
            clear=(doubt.odds > self.flag_odds) & (doubt.share > self.flag_share),
        )  # fmt: skip

    def read(self, evidence: Evidence) -> Doubt:
        """What the model makes of each label."""
        labels, probabilities = evidence.labels, needed(evidence.probabilities)
        n, n_classes = probabilities.shape
        belongs = confident_class(probabilities, labels)
        labelled = labels >= 0
        joint = np.bincount(labels[labelled] * n_classes + belongs[labelled], minlength=n_classes**2)
        joint = joint.reshape(n_classes, n_classes)
        overlap = honest_overlap(belongs, probabilities) if evidence.overlap is None else evidence.overlap
        excess = self._excess(joint, overlap)
        if n_classes < 2:
            return Doubt(belongs, joint, excess, np.full(n, -1), *np.zeros((3, n)))
        own, share, rival = _beside(probabilities, np.maximum(labels, 0), np.exp(excess))
        return Doubt(
            belongs, joint, excess, np.where(labelled, rival, -1), np.where(labelled, 1 - own, 0.0),
            np.where(labelled, share, 0.0), np.where(labelled, share / own, 0.0),
        )  # fmt: skip

    def _excess(self, joint: np.ndarray, overlap: np.ndarray) -> np.ndarray:
        """What to add to the log odds of class j for an item labelled i, float (K, K): surely more (lower 95 % bound)
        of the items that look like j carry i than honest confusion explains."""
        explained, excess = np.maximum(self.pair_share, self.pair_overlap * overlap), np.zeros(joint.shape)
        size = joint.sum(axis=0)
        for given, looks in np.argwhere(joint > self.pair_share * size):
            if given != looks:
                low = wilson(int(joint[given, looks]), int(size[looks])).low
                excess[given, looks] = self.pair_weight * np.log(max(1.0, low / explained[given, looks]))
        return excess

    def _findings(self, evidence: Evidence, doubt: Doubt) -> list[Suspicion]:
        """Pairs of classes of which one is being labelled as the other more often than honest confusion explains, the
        most labels first; each covers the items that carry the one and confidently belong to the other."""
        pairs = [pair for pair in np.argwhere(doubt.excess > 0).tolist() if doubt.joint[*pair] >= self.pair_least]
        pairs.sort(key=lambda pair: -doubt.joint[*pair])
        found = []
        for given, looks in pairs:
            items = np.flatnonzero((evidence.labels == given) & (doubt.belongs == looks))
            items = items[np.argsort(-doubt.score[items], kind="stable")]
            size = int(doubt.joint[:, looks].sum())
            found.append(_pair_finding(evidence.classes[given], evidence.classes[looks], items, size))
        return found

    def _reason(self, evidence: Evidence, doubt: Doubt, item: int, rival: int) -> str:
        """What the neighbours carry, what the model gives, and how often this pair of classes is confused."""
        given, share = int(evidence.labels[item]), needed(evidence.probabilities)[item]
        names = [quoted(name) for name in (evidence.classes[given], evidence.classes[rival])]
        parts = [_neighbour_part(evidence, item, given if rival < 0 else rival)]
        parts.append(f"the model out of fold gives {names[0]} {percent(share[given])}")
        if rival >= 0:
            parts[-1] += f" and {names[1]} {percent(share[rival])}"
            count, size = int(doubt.joint[given, rival]), int(doubt.joint[:, rival].sum())
            if doubt.excess[given, rival] > 0:
                parts.append(f"{count} of {size} items that look like {names[1]} carry {names[0]}")
        sentence = "; ".join(part for part in parts if part)
        return sentence[0].upper() + sentence[1:] + "."


def _beside(
    probabilities: np.ndarray, given: np.ndarray, times: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of n items labelled `given` int (n,): the probability of that label, of the likeliest other, and which that is;
    class j counts `times` [i, j] as much, (K, K), where the label is i. Some rows at a time: no second (n, K)."""
    n = len(given)
    own, share, rival = np.empty(n), np.empty(n), np.empty(n, dtype=np.int64)
    for start in range(0, n, ROWS):
        some = slice(start, start + ROWS)
        likely = (probabilities[some].astype(np.float64) + FLOOR) * times[given[some]]
        likely /= likely.sum(axis=1, keepdims=True)
        rows = np.arange(len(likely))
        own[some] = likely[rows, given[some]]
        likely[rows, given[some]] = -1
        rival[some] = likely.argmax(axis=1)
        share[some] = likely[rows, rival[some]]
    return own, share, rival


def _neighbour_part(evidence: Evidence, item: int, label: int) -> str:
    if evidence.neighbours is None:
        return ""
    nearest = evidence.neighbours[0][item]
    carried = evidence.labels[nearest[nearest >= 0]]
    carried = carried[carried >= 0][:SHOWN_NEIGHBOURS]
    if len(carried) == 0:
        return ""
    agree = int((carried == label).sum())
    return (
        f"{agree} of its {len(carried)} nearest neighbours {'carries' if agree == 1 else 'carry'} "
        f"{quoted(evidence.classes[label])}"
    )


def _pair_finding(said: str, true: str, items: np.ndarray, size: int) -> Suspicion:
    share = wilson(len(items), size)
    return Suspicion(
        kind="class_pair",
        key=f"class_pair:{true}→{said}",
        title=f"{quoted(true)} is being labelled {quoted(said)}",
        reason=(
            f"{len(items):,} of the {size:,} items that look like {quoted(true)} to a model that never saw their "
            f"labels carry {quoted(said)}: {percent(share.value)}, 95 % interval {percent(share.low)} to "
            f"{percent(share.high)}."
        ),
        rule={"looks": true, "given": said},
        items=items, n=size, value=share.value, low=share.low, high=share.high,
    )  # fmt: skip
