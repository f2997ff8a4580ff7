"""Contested items about which the model is sure, and not of the label they carry."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from annotation.core.detectors.suspicion import Judgement, NotApplicable, Suspicion
from annotation.core.intervals import wilson
from annotation.core.judging.evidence import Evidence, needed
from annotation.core.wording import FindingKind, counted, percent, quoted


@dataclass(frozen=True, eq=False)
class SureOfAnother:
    """Bool (n,) each: two annotators gave the item different labels; it is contested, by them or by near-identical
    items with other labels, and no expert has decided; the model is surely of another opinion. best: float (n,), its
    highest probability, and says: int (n,), that class."""

    voted: np.ndarray
    contested: np.ndarray
    otherwise: np.ndarray
    best: np.ndarray
    says: np.ndarray


@dataclass(frozen=True)
class ContestedConfident:
    """The item is contested, and the model is sure of another label than the one it carries.

    Contested: annotators disagree about it, or near-identical items carry other labels. Either the label is wrong, or
    the model is confidently wrong: on contested items a model that is well calibrated on the whole can be sure without
    reason. `sure`: the least probability that counts.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"labels", "probabilities"})
    prior: ClassVar[float] = 0.4
    kinds: ClassVar[dict[str, FindingKind]] = {
        "contested_confident": FindingKind(
            "Contested items the model is sure about", "contested items", "have a model sure of another label",
            "Let experts decide: either the label is wrong, or the model is confidently wrong.",
        )
    }  # fmt: skip
    flag_above: float = 0.0
    sure: float = 0.8
    min_items: int = 5

    def judge(self, evidence: Evidence) -> Judgement:
        """The score is the probability of the model's class where it is at least `sure` and not that of the current
        label, on contested items no expert has decided on; else 0."""
        seen = self._read(evidence)
        if not seen.contested.any():
            raise NotApplicable("No item is contested that experts have not decided on.")
        score = np.where(seen.contested & seen.otherwise, seen.best, 0.0)
        suggested = np.where(score > 0, seen.says, -1)

        def reason(item: int) -> str:
            why = "Annotators disagree" if seen.voted[item] else "Near-identical items carry different labels"
            says, label = (quoted(evidence.classes[code]) for code in (seen.says[item], evidence.labels[item]))
            sure = percent(seen.best[item])
            return f"{why}, and the model out of fold is {sure} sure of {says}; the label is {label}."

        return Judgement(score, suggested, self.flag_above, reason, self._findings(evidence, seen))

    def _read(self, evidence: Evidence) -> SureOfAnother:
        labels, probabilities = evidence.as_annotated, needed(evidence.probabilities)
        voted = _voted_apart(evidence)
        contested = (labels >= 0) & (voted | _in_conflict(evidence))
        says, best = probabilities.argmax(axis=1), probabilities.max(axis=1)
        return SureOfAnother(voted, contested, (labels >= 0) & (says != labels) & (best >= self.sure), best, says)

    def _findings(self, evidence: Evidence, seen: SureOfAnother) -> list[Suspicion]:
        """One finding on all such items, beside how often the model is as sure against uncontested labels."""
        covered = np.flatnonzero(seen.contested & seen.otherwise)
        if len(covered) < self.min_items:
            return []
        calm = (evidence.as_annotated >= 0) & ~seen.contested
        share = wilson(len(covered), int(seen.contested.sum()))
        rest = wilson(int((calm & seen.otherwise).sum()), int(calm.sum()))
        return [
            Suspicion(
                kind="contested_confident",
                key="contested_confident:all",
                title=f"The model is sure of another label for {len(covered)} contested items",
                reason=(
                    f"{_why_contested(seen)} For {len(covered)} of them ({percent(share.value)}) the model is at least "
                    f"{percent(self.sure)} sure of a label other than the current one, on uncontested items for "
                    f"{percent(rest.value) if rest.n else 'none'} of {rest.n:,}."
                ),
                rule={"sure": f"{self.sure:g}"},
                items=covered[np.argsort(-seen.best[covered], kind="stable")],
                n=share.n, value=share.value, low=share.low, high=share.high,
            )
        ]  # fmt: skip


def _why_contested(seen: SureOfAnother) -> str:
    """Who disagrees: annotators about an item, or only near-identical items among themselves."""
    voted = int((seen.contested & seen.voted).sum())
    copies = int(seen.contested.sum()) - voted
    if not voted:
        return f"Near-identical items carry other labels than {counted(copies, 'item')}."
    more = f", and near-identical ones carry other labels than {copies:,} more" if copies else ""
    return f"Annotators disagree on {counted(voted, 'item')}{more}."


def _voted_apart(evidence: Evidence) -> np.ndarray:
    """Bool (n,): two annotators' latest labels differ."""
    votes = evidence.votes.drop_duplicates(["item", "annotator"], keep="last")
    return _differ(votes["item"].to_numpy(dtype=int), votes["label"].to_numpy(dtype=int), len(evidence.labels))


def _in_conflict(evidence: Evidence) -> np.ndarray:
    """Bool (n,): members of the item's near-duplicate group carry different labels."""
    labelled = evidence.labels >= 0
    of = evidence.groups.of
    return _differ(of[labelled], evidence.labels[labelled], len(evidence.groups.medoid))[of]


def _differ(units: np.ndarray, labels: np.ndarray, n: int) -> np.ndarray:
    """Bool (n,): a unit has two different labels."""
    low, high = np.full(n, np.iinfo(np.int64).max), np.full(n, -1)
    np.minimum.at(low, units, labels)
    np.maximum.at(high, units, labels)
    return high > low
