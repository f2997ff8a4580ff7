"""Items on which annotators do not agree: labels to doubt, and honest differences for the guideline."""

from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import ClassVar

import numpy as np

from annotation.core.crowd.contested_items import HONEST, READINGS, readings_of
from annotation.core.crowd.expected_shares import believed, expected_shares
from annotation.core.crowd.votes import Votes, votes_of
from annotation.core.detectors.suspicion import Judgement, NotApplicable, Suspicion
from annotation.core.intervals import wilson
from annotation.core.judging.evidence import Evidence
from annotation.core.wording import FindingKind, counted, quoted

# Cells of (items, classes) worked with at a time.
CELLS = 20_000_000


@dataclass(frozen=True)
class AnnotatorDisagreement:
    """Annotators gave this item different labels.

    Where they honestly differ no answer settles it: such items are set aside for the guideline, by pair of classes, as
    far as there are `least` of a pair, and the first `shown` pairs. An expert is asked about all others.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"votes"})
    prior: ClassVar[float] = 0.6
    kinds: ClassVar[dict[str, FindingKind]] = {
        "honest_difference": FindingKind(
            "Classes between which annotators honestly differ", "contested items", "are split between the two",
            "Say in the guideline which of the two such items are; then open the queue, and experts decide by it.",
        )
    }  # fmt: skip
    flag_above: float = 0.0
    least: int = 5
    shown: int = 10

    def judge(self, evidence: Evidence) -> Judgement:
        """The score is what is believed of the other labels together, where annotators differ."""
        votes = votes_of(evidence.votes, len(evidence.labels), len(evidence.annotators), len(evidence.classes))
        if not votes.overlap:
            raise NotApplicable("No item has labels of two annotators.")
        read = _read(votes, evidence)
        score = np.where(read.readings >= 0, np.clip(1 - read.of_given, 1e-6, 1.0), 0.0)
        suggested = np.where((read.readings >= 0) & (read.best != evidence.labels), read.best, -1)
        findings = self._findings(evidence, read)
        aside = np.zeros(votes.n_items, dtype=bool)
        for one in findings:
            aside[one.items] = True

        def reason(item: int) -> str:
            count = read.counts(item)
            parts = [f"{n} {'says' if n == 1 else 'say'} {quoted(name)}"
                     for n, name in zip(count.tolist(), evidence.classes, strict=True) if n]  # fmt: skip
            return f"Of {count.sum()} annotators {', '.join(parts)}."

        return Judgement(score, suggested, self.flag_above, reason, findings, clear=~aside, aside=aside)

    def _findings(self, evidence: Evidence, read: "_Disagreement") -> list[Suspicion]:
        """One for each pair of classes, those with most items first."""
        honest = read.readings == READINGS.index(HONEST)
        if evidence.decided is not None:
            honest &= ~evidence.decided
        items = np.flatnonzero(honest)
        # the most evenly split come first
        items = items[np.argsort(read.top[items], kind="stable")].tolist()
        sides = {item: tuple(sorted(np.argsort(-read.counts(item), kind="stable")[:2].tolist())) for item in items}
        pairs = [(pair, list(own)) for pair, own in groupby(sorted(items, key=sides.__getitem__), sides.__getitem__)]
        pairs = sorted((one for one in pairs if len(one[1]) >= self.least), key=lambda one: -len(one[1]))[: self.shown]
        return [_finding(evidence, read, pair, own) for pair, own in pairs]


@dataclass(frozen=True, eq=False)
class _Disagreement:
    """What `votes`, in the order of items, say of n items. readings: int (n,), as `readings_of`; best: int (n,), the
    class believed most; of_given: float (n,), how far the label given is believed, the best one where there is none;
    top: float (n,), the share of further annotators expected to give the commonest label."""

    votes: Votes
    readings: np.ndarray
    best: np.ndarray
    of_given: np.ndarray
    top: np.ndarray

    def counts(self, item: int) -> np.ndarray:
        """How many annotators gave the item each class, int (K,)."""
        start, stop = np.searchsorted(self.votes.item, [item, item + 1])
        return np.bincount(self.votes.label[start:stop], minlength=self.votes.n_classes)

    def given(self, label: int) -> np.ndarray:
        """Bool (n,): an annotator gave the item this class."""
        given = np.zeros(self.votes.n_items, dtype=bool)
        given[self.votes.item[self.votes.label == label]] = True
        return given


def _read(votes: Votes, evidence: Evidence) -> _Disagreement:
    """Some items at a time, each time by the annotators' records on these, which are items enough to know them by: a
    dozen arrays (n, K) are worked with."""
    order = np.argsort(votes.item, kind="stable")
    votes = replace(votes, item=votes.item[order], annotator=votes.annotator[order], label=votes.label[order])
    n = votes.n_items
    read = _Disagreement(votes, np.full(n, -1), np.zeros(n, dtype=np.int64), np.zeros(n), np.zeros(n))
    parts = -(-n * votes.n_classes // CELLS)
    for low, high in pairwise(np.linspace(0, n, parts + 1).astype(int).tolist()):
        own = slice(*np.searchsorted(votes.item, [low, high]))
        some = replace(
            votes, item=votes.item[own] - low, annotator=votes.annotator[own], label=votes.label[own],
            n_items=high - low,
        )  # fmt: skip
        if not some.overlap:
            continue
        rows = slice(low, high)
        shares = expected_shares(some, None if evidence.probabilities is None else evidence.probabilities[rows])
        belief = believed(some, shares)
        labels, best = evidence.labels[rows], belief.argmax(axis=1)
        read.readings[rows], read.best[rows], read.top[rows] = readings_of(some, shares), best, shares.max(axis=1)
        read.of_given[rows] = belief[np.arange(high - low), np.where(labels >= 0, labels, best)]
    return read


def _finding(evidence: Evidence, read: _Disagreement, pair: tuple[int, ...], items: list[int]) -> Suspicion:
    one, other = (evidence.classes[code] for code in pair)
    both = int(np.logical_and(*map(read.given, pair)).sum())
    share = wilson(len(items), both)
    return Suspicion(
        kind="honest_difference", key=f"honest_difference:{one}|{other}",
        title=f"Annotators honestly differ between {quoted(one, 40)} and {quoted(other, 40)}",
        reason=(
            f"Of {counted(both, 'item')} that were called both {quoted(one)} and {quoted(other)}, {len(items):,} have "
            f"two or more annotators on each side, and further ones are expected to split alike. What one expert "
            f"says of them is one more opinion; a line in the guideline settles all of them."
        ),
        rule={"label": one, "other": other}, items=np.array(items, dtype=np.int64),
        n=share.n, value=share.value, low=share.low, high=share.high,
    )  # fmt: skip
