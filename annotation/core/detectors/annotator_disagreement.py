"""Items on which annotators do not agree: labels to doubt, and honest differences for the guideline."""

from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

import numpy as np

from annotation.core.crowd.contested_items import HONEST, READINGS, readings_of
from annotation.core.crowd.expected_shares import believed, expected_shares
from annotation.core.crowd.votes import Votes, votes_of
from annotation.core.detectors.suspicion import Judgement, NotApplicable, Suspicion
from annotation.core.intervals import wilson
from annotation.core.judging.evidence import Evidence
from annotation.core.wording import FindingKind, counted, quoted


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
        shares = expected_shares(votes, evidence.probabilities)
        readings, belief = readings_of(votes, shares), believed(votes, shares)
        best = belief.argmax(axis=1)
        given = np.where(evidence.labels >= 0, evidence.labels, best)
        score = np.where(readings >= 0, np.clip(1 - belief[np.arange(votes.n_items), given], 1e-6, 1.0), 0.0)
        suggested = np.where((readings >= 0) & (best != evidence.labels), best, -1)
        findings = self._findings(evidence, votes, readings, shares)
        aside = np.zeros(votes.n_items, dtype=bool)
        for one in findings:
            aside[one.items] = True

        def reason(item: int) -> str:
            count = votes.counts[item]
            parts = [f"{n:.0f} {'says' if n == 1 else 'say'} {quoted(name)}"
                     for n, name in zip(count, evidence.classes, strict=True) if n]  # fmt: skip
            return f"Of {count.sum():.0f} annotators {', '.join(parts)}."

        return Judgement(score, suggested, self.flag_above, reason, findings, clear=~aside, aside=aside)

    def _findings(self, evidence: Evidence, votes: Votes, readings: np.ndarray, shares: np.ndarray) -> list[Suspicion]:
        """One for each pair of classes, those with most items first."""
        honest = readings == READINGS.index(HONEST)
        if evidence.decided is not None:
            honest &= ~evidence.decided
        items = np.flatnonzero(honest)
        # the most evenly split come first
        items = items[np.argsort(shares[items].max(axis=1), kind="stable")].tolist()
        sides = {item: tuple(sorted(np.argsort(-votes.counts[item], kind="stable")[:2].tolist())) for item in items}
        pairs = [(pair, list(own)) for pair, own in groupby(sorted(items, key=sides.__getitem__), sides.__getitem__)]
        pairs = sorted((one for one in pairs if len(one[1]) >= self.least), key=lambda one: -len(one[1]))[: self.shown]
        return [_finding(evidence, votes, pair, own) for pair, own in pairs]


def _finding(evidence: Evidence, votes: Votes, pair: tuple[int, ...], items: list[int]) -> Suspicion:
    one, other = (evidence.classes[code] for code in pair)
    both = int((votes.counts[:, list(pair)] > 0).all(axis=1).sum())
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
