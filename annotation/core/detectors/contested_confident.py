"""Contested items about which the model is sure, and not of the label they carry."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from annotation.core.detectors.suspicion import Suspicion, percent
from annotation.core.intervals import wilson
from annotation.core.judging.evidence import Evidence


@dataclass(frozen=True)
class ContestedConfident:
    """People disagree about this item, and the model is sure of another label than the one it carries.

    Either the label is wrong, or the model is confidently wrong: on contested items a model that is well calibrated on
    the whole can be sure without reason. `sure`: the least probability that counts.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"labels", "probabilities"})
    flag_above: float = 0.0
    sure: float = 0.8
    min_items: int = 5

    def score(self, evidence: Evidence) -> np.ndarray:
        """Float (n,): the probability of the model's class where it is at least `sure` and not that of the current
        label, on contested items no expert has decided on; else 0."""
        contested, otherwise, best = self._seen(evidence)
        return np.where(contested & otherwise, best, 0.0)

    def suggest(self, evidence: Evidence) -> np.ndarray:
        if evidence.probabilities is None:
            return np.full(len(evidence.labels), -1)
        return np.where(self.score(evidence) > 0, _likeliest(evidence), -1)

    def reasons(self, evidence: Evidence, items: np.ndarray) -> list[str]:
        voted, likeliest = _voted_apart(evidence), _likeliest(evidence)
        sentences = []
        for item in items:
            who = "Annotators disagree" if voted[item] else "Near-identical items carry different labels"
            says, given = int(likeliest[item]), evidence.labels[item]
            label = evidence.classes[given] if given >= 0 else "no label"
            sentences.append(
                f"{who}, and the model out of fold is {percent(evidence.probabilities[item, says])} sure of "
                f"{evidence.classes[says]} where the dataset holds {label}."
            )
        return sentences

    def findings(self, evidence: Evidence) -> list[Suspicion]:
        """One finding on all such items, beside how often the model is as sure against uncontested labels."""
        contested, otherwise, best = self._seen(evidence)
        covered = np.flatnonzero(contested & otherwise)
        if len(covered) < self.min_items:
            return []
        calm = (evidence.as_annotated >= 0) & ~contested
        share, rest = wilson(len(covered), int(contested.sum())), wilson(int((calm & otherwise).sum()), int(calm.sum()))
        return [
            Suspicion(
                kind="contested_confident",
                key="contested_confident:all",
                title=f"The model is sure of another label for {len(covered)} contested items",
                reason=(
                    f"On {share.n} items people disagree; for {len(covered)} ({percent(share.value)}) the model "
                    f"is at least {percent(self.sure)} sure of a label other than the current one, on the others for "
                    f"{percent(rest.value) if rest.n else 'none'} of {rest.n}."
                ),
                rule={"sure": f"{self.sure:g}"},
                items=covered[np.argsort(-best[covered], kind="stable")],
                n=share.n, value=share.value, low=share.low, high=share.high,
            )
        ]  # fmt: skip

    def _seen(self, evidence: Evidence) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Contested, the model surely of another opinion (bool (n,) each), and its highest probability."""
        labels = evidence.as_annotated
        if evidence.probabilities is None or len(labels) == 0:
            nothing = np.zeros(len(labels), dtype=bool)
            return nothing, nothing, np.zeros(len(labels))
        contested = (labels >= 0) & (_voted_apart(evidence) | _in_conflict(evidence))
        best = evidence.probabilities.max(axis=1)
        return contested, (labels >= 0) & (_likeliest(evidence) != labels) & (best >= self.sure), best


def _likeliest(evidence: Evidence) -> np.ndarray:
    return evidence.probabilities.argmax(axis=1)


def _voted_apart(evidence: Evidence) -> np.ndarray:
    """Bool (n,): two annotators' latest labels differ."""
    votes = evidence.votes.drop_duplicates(["item", "annotator"], keep="last")
    return _differ(votes["item"].to_numpy(dtype=int), votes["label"].to_numpy(dtype=int), len(evidence.labels))


def _in_conflict(evidence: Evidence) -> np.ndarray:
    """Bool (n,): members of the item's near-duplicate group carry different labels."""
    held = evidence.labels >= 0
    of = evidence.groups.of
    return _differ(of[held], evidence.labels[held], len(evidence.groups.medoid))[of]


def _differ(units: np.ndarray, labels: np.ndarray, n: int) -> np.ndarray:
    """Bool (n,): a unit has two different labels."""
    low, high = np.full(n, np.iinfo(np.int64).max), np.full(n, -1)
    np.minimum.at(low, units, labels)
    np.maximum.at(high, units, labels)
    return high > low
