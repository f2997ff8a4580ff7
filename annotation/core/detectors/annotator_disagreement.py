"""Items on which annotators do not agree."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from annotation.core.crowd.dawid_skene import dawid_skene
from annotation.core.crowd.votes import Votes, majority_posterior, votes_of
from annotation.core.judging.evidence import Evidence


@dataclass(frozen=True)
class AnnotatorDisagreement:
    """Annotators gave this item different labels."""

    needs: ClassVar[frozenset[str]] = frozenset({"votes"})
    flag_above: float = 0.0

    def score(self, evidence: Evidence) -> np.ndarray:
        votes = self._votes(evidence)
        own = self._belief(votes)[np.arange(votes.n_items), np.maximum(evidence.labels, 0)]
        against = np.clip(1 - np.where(evidence.labels >= 0, own, 0.0), 0.0, 1.0)
        # a sure posterior leaves a trace, or the item would not be flagged at all
        return np.where(self._differ(votes), np.maximum(against, 1e-6), 0.0)

    def suggest(self, evidence: Evidence) -> np.ndarray:
        votes = self._votes(evidence)
        best = self._belief(votes).argmax(axis=1)
        return np.where(self._differ(votes) & (best != evidence.labels), best, -1)

    def reasons(self, evidence: Evidence, items: np.ndarray) -> list[str]:
        counts = self._votes(evidence).counts
        sentences = []
        for item in items:
            parts = [f"{counts[item, k]:.0f} say {evidence.classes[k]}" for k in np.flatnonzero(counts[item])]
            sentences.append(f"Of {counts[item].sum():.0f} annotators {', '.join(parts) or 'none gave a label'}.")
        return sentences

    def _votes(self, evidence: Evidence) -> Votes:
        return votes_of(evidence.votes, len(evidence.labels), len(evidence.annotators), len(evidence.classes))

    def _belief(self, votes: Votes) -> np.ndarray:
        """Mean of the votes' shares and Dawid-Skene's posterior: each alone misses errors that the other finds."""
        if not votes.overlap:
            return majority_posterior(votes)
        return (majority_posterior(votes) + dawid_skene(votes).probabilities) / 2

    def _differ(self, votes: Votes) -> np.ndarray:
        return (votes.counts > 0).sum(axis=1) > 1
