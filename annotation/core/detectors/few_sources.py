"""Features that tell a class only because of a few sources."""

from dataclasses import dataclass
from typing import ClassVar
from weakref import WeakKeyDictionary

import numpy as np

from annotation.core.detectors.suspicion import Suspicion
from annotation.core.intervals import wilson
from annotation.core.judging.evidence import Evidence
from annotation.core.rules.annotator_habits import holm
from annotation.core.rules.candidate_rules import CandidateRules, find_candidate_rules
from annotation.core.rules.source_bound import SourceBound, bound_to_few_sources, source_codes
from annotation.core.rules.typed_rules import TypedRule

READINGS: WeakKeyDictionary[Evidence, dict["FewSources", "FewSourcesReading"]] = WeakKeyDictionary()
BY_CHANCE = 0.01


@dataclass(frozen=True)
class FewSources:
    """A word or field points to this label only because of two or three sources.

    Like three angry reviewers who make a brand's name a sign of a bad review. Sources are many here (`sources` at
    least), and those few hold no more than `share` of the items: else to leave them out is to leave out the data.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"labels", "sources"})
    flag_above: float = 0.5
    few: int = 3
    sources: int = 10
    share: float = 0.25
    least: int = 20
    shown: int = 10

    def score(self, evidence: Evidence) -> np.ndarray:
        """1 − the probability the out-of-fold model gives the label (½ without a model), of the labels that those
        sources' items got from the feature; 0 elsewhere."""
        reading = self.reading(evidence)
        return np.where(reading.of >= 0, reading.doubt, 0.0)

    def suggest(self, evidence: Evidence) -> np.ndarray:
        reading = self.reading(evidence)
        if evidence.probabilities is None:
            return np.full(len(reading.of), -1)
        best = evidence.probabilities.argmax(axis=1)
        return np.where((reading.of >= 0) & (reading.doubt > 0.5) & (best != evidence.labels), best, -1)

    def reasons(self, evidence: Evidence, items: np.ndarray) -> list[str]:
        reading, sentences = self.reading(evidence), []
        for item in items.tolist():
            if reading.of[item] < 0:
                sentences.append("Its label rests on no feature of a few sources.")
                continue
            one = reading.bound[reading.of[item]]
            sentences.append(
                f"It {reading.rules.clauses[one.rule].words}, which points to {evidence.classes[one.label]} only in "
                f"items of {_and([reading.names[code] for code in one.sources])}, where this one comes from."
            )
        return sentences

    def findings(self, evidence: Evidence) -> list[Suspicion]:
        reading = self.reading(evidence)
        return [self._finding(evidence, reading, number) for number in range(min(len(reading.bound), self.shown))]

    def reading(self, evidence: Evidence) -> "FewSourcesReading":
        """The dataset as read once, for as long as the evidence is held."""
        by_detector = READINGS.setdefault(evidence, {})
        if self not in by_detector:
            by_detector[self] = self._read(evidence)
        return by_detector[self]

    def _read(self, evidence: Evidence) -> "FewSourcesReading":
        labels, n = evidence.as_annotated, len(evidence.labels)
        codes, names = source_codes(evidence.sources if evidence.sources is not None else [""] * n)
        rules = find_candidate_rules(evidence.table, evidence.fields, None, self.least)
        found: list[SourceBound] = []
        if len(names) >= self.sources:
            found = bound_to_few_sources(rules.matrix, labels, codes, len(evidence.classes), self.few, self.least)
            tried = rules.matrix.shape[1] * len(evidence.classes)
            corrected = holm([one.p for one in found], tried)
            found = [one for one, p in zip(found, corrected, strict=True) if p < BY_CHANCE]
            found = [one for one in found if _of_content(rules, one) and self._small(one, codes, labels)][: self.shown]
        of = np.full(n, -1)
        for number in reversed(range(len(found))):
            of[_covered(rules, found[number], labels, codes)] = number
        given = np.maximum(labels, 0)
        doubt = np.full(n, 0.5)
        if evidence.probabilities is not None:
            doubt = np.clip(1 - evidence.probabilities[np.arange(n), given], 0.0, 1.0)
        return FewSourcesReading(rules, tuple(found), codes, names, of, doubt)

    def _small(self, one: SourceBound, codes: np.ndarray, labels: np.ndarray) -> bool:
        """They hold few of the items, and most of the class comes from elsewhere."""
        theirs, of_class = np.isin(codes, one.sources), (labels == one.label) & (codes >= 0)
        few = theirs.sum() <= self.share * (codes >= 0).sum()
        return bool(few and (theirs & of_class).sum() <= of_class.sum() / 2)

    def _finding(self, evidence: Evidence, reading: "FewSourcesReading", number: int) -> Suspicion:
        one = reading.bound[number]
        words, label = reading.rules.clauses[one.rule].words, evidence.classes[one.label]
        names = [reading.names[code] for code in one.sources]
        shows = reading.rules.matrix[:, [one.rule]].toarray().ravel() > 0
        theirs = shows & np.isin(reading.codes, one.sources) & (evidence.as_annotated >= 0)
        rest = shows & ~theirs & (evidence.as_annotated >= 0)
        carry, elsewhere = ((evidence.labels[where] == one.label).sum() for where in (theirs, rest))
        covered = _covered(reading.rules, one, evidence.as_annotated, reading.codes)
        share = wilson(int(carry), int(theirs.sum()))
        return Suspicion(
            kind="few_sources", key=f"few_sources:{label[:40]}:{TypedRule((reading.rules.clauses[one.rule],)).key}",
            title=f"“{label}” where the item {words}: {_and(names)} make it so"[:300],
            reason=(
                f"Of the items of {_and(names)} of which each {words}, {carry:,} of {theirs.sum():,} carry {label}; of "
                f"those of all other sources {elsewhere:,} of {rest.sum():,}. Without these {len(names)} of "
                f"{len(reading.names)} sources its weight in a linear model falls from {one.weight:.2f} to "
                f"{one.without:.2f}."
            ),
            rule={"rule": words, "label": label, "sources": ", ".join(names)},
            items=covered[np.argsort(-reading.doubt[covered], kind="stable")],
            n=int(theirs.sum()), value=share.value, low=share.low, high=share.high,
        )  # fmt: skip


@dataclass(frozen=True)
class FewSourcesReading:
    """of: int (n,), position in `carried` of a feature that covers the label, −1 = none; doubt: float (n,)."""

    rules: CandidateRules
    bound: tuple[SourceBound, ...]
    codes: np.ndarray
    names: list[str]
    of: np.ndarray
    doubt: np.ndarray


def _of_content(rules: CandidateRules, one: SourceBound) -> bool:
    return rules.clauses[one.rule].kind not in ("first", "last")


def _covered(rules: CandidateRules, one: SourceBound, labels: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Positions of the items of those sources that show the feature and carry its class."""
    shows = rules.matrix[:, [one.rule]].toarray().ravel() > 0
    return np.flatnonzero(shows & (labels == one.label) & np.isin(codes, one.sources))


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
