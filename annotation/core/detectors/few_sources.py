"""Features that tell a class only because of a few sources."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from annotation.core.detectors.suspicion import Judgement, NotApplicable, Suspicion
from annotation.core.intervals import wilson
from annotation.core.judging.evidence import Evidence
from annotation.core.rules.annotator_habits import holm
from annotation.core.rules.candidate_rules import CandidateRules, find_candidate_rules
from annotation.core.rules.source_bound import SourceBound, bound_to_few_sources, source_codes
from annotation.core.rules.typed_rules import TypedRule
from annotation.core.wording import FindingKind, listed, quoted

BY_CHANCE = 0.01


@dataclass(frozen=True)
class FewSources:
    """A word or field points to this label only because of two or three sources.

    Like three angry reviewers who make a brand's name a sign of a bad review. Sources are many here (`sources` at
    least), and those few hold no more than `share` of the items: else to leave them out is to leave out the data.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"labels", "sources"})
    prior: ClassVar[float] = 0.3
    kinds: ClassVar[dict[str, FindingKind]] = {
        "few_sources": FindingKind(
            "Signs that rest on a few sources", "items", "carry its label",
            "Ask whether the sign is the class's or only the sources'; import items from others.",
        )
    }  # fmt: skip
    flag_above: float = 0.5
    few: int = 3
    sources: int = 10
    share: float = 0.25
    least: int = 20
    shown: int = 10

    def judge(self, evidence: Evidence) -> Judgement:
        """1 − the probability the out-of-fold model gives the label (½ without a model), of the labels that those
        sources' items got from the feature; 0 elsewhere."""
        reading, n = self.read(evidence), len(evidence.labels)
        score, suggested = np.where(reading.of >= 0, reading.doubt, 0.0), np.full(n, -1)
        if evidence.probabilities is not None:
            best = evidence.probabilities.argmax(axis=1)
            suggested = np.where((reading.of >= 0) & (reading.doubt > 0.5) & (best != evidence.labels), best, -1)
        findings = [self._finding(evidence, reading, number) for number in range(len(reading.bound))]
        return Judgement(score, suggested, self.flag_above, partial(reading.sentence, evidence), findings)

    def read(self, evidence: Evidence) -> "FewSourcesReading":
        """What the sources make of each feature. Raises NotApplicable where they are too few."""
        labels, n = evidence.as_annotated, len(evidence.labels)
        codes, names = source_codes(evidence.sources if evidence.sources is not None else [""] * n)
        if len(names) < self.sources:
            raise NotApplicable(f"It takes items of {self.sources} sources; there are {len(names)}.")
        candidates = find_candidate_rules(evidence.table, evidence.fields, None, self.least)
        found = bound_to_few_sources(candidates, labels, codes, len(evidence.classes), self.few, self.least)
        corrected = holm([one.p for one in found], len(candidates.clauses) * len(evidence.classes))
        found = [one for one, p in zip(found, corrected, strict=True) if p < BY_CHANCE]
        found = [one for one in found if _of_content(candidates, one) and self._small(one, codes, labels)][: self.shown]
        of = np.full(n, -1)
        for number in reversed(range(len(found))):
            of[_covered(candidates, found[number], labels, codes)] = number
        given = np.maximum(labels, 0)
        doubt = np.full(n, 0.5)
        if evidence.probabilities is not None:
            doubt = np.clip(1 - evidence.probabilities[np.arange(n), given], 0.0, 1.0)
        return FewSourcesReading(candidates, tuple(found), codes, names, of, doubt)

    def _small(self, one: SourceBound, codes: np.ndarray, labels: np.ndarray) -> bool:
        """They hold few of the items, and most of the class comes from elsewhere."""
        theirs, of_class = np.isin(codes, one.sources), (labels == one.label) & (codes >= 0)
        few = theirs.sum() <= self.share * (codes >= 0).sum()
        return bool(few and (theirs & of_class).sum() <= of_class.sum() / 2)

    def _finding(self, evidence: Evidence, reading: "FewSourcesReading", number: int) -> Suspicion:
        one = reading.bound[number]
        words, label = reading.rules.clauses[one.rule].words, evidence.classes[one.label]
        names = [reading.names[code] for code in one.sources]
        shows = _shows(reading.rules, one)
        theirs = shows & np.isin(reading.codes, one.sources) & (evidence.as_annotated >= 0)
        rest = shows & ~theirs & (evidence.as_annotated >= 0)
        carry, elsewhere = ((evidence.labels[where] == one.label).sum() for where in (theirs, rest))
        covered = _covered(reading.rules, one, evidence.as_annotated, reading.codes)
        share = wilson(int(carry), int(theirs.sum()))
        return Suspicion(
            kind="few_sources", key=f"few_sources:{label}:{TypedRule((reading.rules.clauses[one.rule],)).key}",
            title=f"{quoted(label)} where the item {words}: {listed(names)} make it so",
            reason=(
                f"Of the items of {listed(names)} of which each {words}, {carry:,} of {theirs.sum():,} carry "
                f"{quoted(label)}; of those of all other sources {elsewhere:,} of {rest.sum():,}. Without these "
                f"{len(names)} of {len(reading.names)} sources its weight in a linear model falls from "
                f"{one.weight:.2f} to {one.without:.2f}."
            ),
            rule={"rule": words, "label": label, "sources": ", ".join(names)},
            items=covered[np.argsort(-reading.doubt[covered], kind="stable")],
            n=int(theirs.sum()), value=share.value, low=share.low, high=share.high,
        )  # fmt: skip


@dataclass(frozen=True)
class FewSourcesReading:
    """of: int (n,), position in `bound` of a feature that covers the label, −1 = none; doubt: float (n,)."""

    rules: CandidateRules
    bound: tuple[SourceBound, ...]
    codes: np.ndarray
    names: list[str]
    of: np.ndarray
    doubt: np.ndarray

    def sentence(self, evidence: Evidence, item: int) -> str:
        one = self.bound[self.of[item]]
        return (
            f"It {self.rules.clauses[one.rule].words}, which points to {quoted(evidence.classes[one.label])} only in "
            f"items of {listed([self.names[code] for code in one.sources])}, where this one comes from."
        )


def _of_content(rules: CandidateRules, one: SourceBound) -> bool:
    return rules.clauses[one.rule].kind not in ("first", "last")


def _covered(rules: CandidateRules, one: SourceBound, labels: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Positions of the items of those sources that show the feature and carry its class."""
    return np.flatnonzero(_shows(rules, one) & (labels == one.label) & np.isin(codes, one.sources))


def _shows(rules: CandidateRules, one: SourceBound) -> np.ndarray:
    """Bool (n,)."""
    shows = np.zeros(rules.facts.shape[0], dtype=bool)
    shows[rules.shows(one.rule)] = True
    return shows
