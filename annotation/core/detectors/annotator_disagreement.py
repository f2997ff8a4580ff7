"""Items on which annotators do not agree."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from annotation.core.crowd.dawid_skene import dawid_skene
from annotation.core.crowd.votes import Votes, majority_posterior, votes_of
from annotation.core.detectors.suspicion import Judgement, NotApplicable
from annotation.core.judging.evidence import Evidence
from annotation.core.wording import FindingKind, quoted


@dataclass(frozen=True)
class AnnotatorDisagreement:
    """Annotators gave this item different labels."""

    needs: ClassVar[frozenset[str]] = frozenset({"votes"})
    prior: ClassVar[float] = 0.6
    kinds: ClassVar[dict[str, FindingKind]] = {}
    flag_above: float = 0.0

    def judge(self, evidence: Evidence) -> Judgement:
        """The score is what is believed of the other classes together, where annotators differ."""
        votes = votes_of(evidence.votes, len(evidence.labels), len(evidence.annotators), len(evidence.classes))
        if not votes.overlap:
            raise NotApplicable("No item has labels of two annotators.")
        differ, belief = (votes.counts > 0).sum(axis=1) > 1, _belief(votes)
        own = belief[np.arange(votes.n_items), np.maximum(evidence.labels, 0)]
        against = np.clip(1 - np.where(evidence.labels >= 0, own, 0.0), 0.0, 1.0)
        # a sure posterior leaves a trace, or the item would not be flagged at all
        score = np.where(differ, np.maximum(against, 1e-6), 0.0)
        best = belief.argmax(axis=1)
        suggested = np.where(differ & (best != evidence.labels), best, -1)

        def reason(item: int) -> str:
            count = votes.counts[item]
            parts = [f"{n:.0f} {'says' if n == 1 else 'say'} {quoted(name)}"
                     for n, name in zip(count, evidence.classes, strict=True) if n]  # fmt: skip
            return f"Of {count.sum():.0f} annotators {', '.join(parts)}."

        return Judgement(score, suggested, self.flag_above, reason)


def _belief(votes: Votes) -> np.ndarray:
    """Mean of the votes' shares and Dawid-Skene's posterior: each alone misses errors that the other finds."""
    return (majority_posterior(votes) + dawid_skene(votes).probabilities) / 2
