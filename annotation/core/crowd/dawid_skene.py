"""Dawid and Skene (1979): what annotators say and how each of them errs, each learned from the other."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import gammaln

from annotation.core.crowd.votes import Votes, majority_posterior

TINY = 1e-10
# Labels' worth of the pool's record that stand beside an annotator's own, tried in turn.
STRENGTHS = np.geomspace(0.5, 256, 19)
# Without an anchor a rare catch-all class ("cannot tell") draws in every hard item.
ANCHOR = 1000.0
# Half the 95 % point of chi-squared with one degree of freedom.
SLACK = 1.92
# Rounds before which the strength is found anew: the votes' shares hide how far annotators differ.
REFITTED = (0, 3, 10)


@dataclass(frozen=True, eq=False)
class Records:
    """How annotators label each true class, kept for the P pairs (annotator, label) that occur at all.

    annotator, label: int (P,). counts: float (P, K), how many of the annotator's items that truly are k got the label.
    pool: float (K, K), share [label, true] over all annotators, columns sum to 1. strength ≥ 0: labels' worth of the
    pool that each annotator's record is shrunk by, per true class.
    """

    annotator: np.ndarray
    label: np.ndarray
    counts: np.ndarray
    pool: np.ndarray
    strength: float
    n_annotators: int

    @property
    def totals(self) -> np.ndarray:
        """The annotator's labelled items by true class, float (n_annotators, K)."""
        return sums(self.annotator, self.counts, self.n_annotators)

    @property
    def rates(self) -> np.ndarray:
        """P(label | true class, annotator) of each pair, float (P, K): the record shrunk towards the pool."""
        if not self.strength:
            counts = np.maximum(self.counts, TINY)
            return counts / sums(self.annotator, counts, self.n_annotators)[self.annotator]
        shrunk = self.counts + self.strength * self.pool[self.label]
        return shrunk / (self.totals[self.annotator] + self.strength)

    def confusion(self, annotators: np.ndarray) -> np.ndarray:
        """Shrunk P(label | true class) of annotators named by their codes, float (len(annotators), label, true)."""
        place = np.full(self.n_annotators, -1, dtype=np.int64)
        place[annotators] = np.arange(len(annotators))
        mine = place[self.annotator] >= 0
        strength = max(self.strength, TINY)
        full = np.repeat(strength * self.pool[np.newaxis], len(annotators), axis=0)
        full[place[self.annotator[mine]], self.label[mine]] += self.counts[mine]
        return full / full.sum(axis=1, keepdims=True)


@dataclass(frozen=True, eq=False)
class DawidSkene:
    """probabilities: float (n, K), rows sum to 1; an item without votes has the classes' shares. records: how each
    annotator errs. steps: rounds of expectation and maximisation until `converged`."""

    probabilities: np.ndarray
    records: Records
    steps: int
    converged: bool


def dawid_skene(
    votes: Votes, strength: float | None = None, max_steps: int = 100, tolerance: float = 1e-5
) -> DawidSkene:
    """The maximum-likelihood estimate by expectation-maximisation, started from the votes' shares (Dawid and Skene
    1979).

    strength 0 is the method as published; above 0 each annotator's record is shrunk towards that of all by so many
    labels per true class; None finds the strength by the highest marginal likelihood, an empirical Bayes estimate.
    Converged: the log-likelihood per label moves by less than `tolerance`.
    """
    pair, annotator, label = _pairs(votes)
    said = sparse.csr_matrix((np.ones(len(votes)), (votes.item, pair)), (votes.n_items, len(annotator)))
    probabilities = majority_posterior(votes)
    last, steps, converged = -np.inf, 0, len(votes) == 0
    chosen = strength if strength is not None else 0.0
    records = _learned(said, probabilities, annotator, label, votes, chosen)
    voted = votes.per_item > 0
    while steps < max_steps and not converged:
        if strength is None and steps in REFITTED:
            records = _learned(said, probabilities, annotator, label, votes, best_strength(records))
        probabilities, likelihood = _expected(said, records, probabilities[voted].mean(axis=0))
        records = _learned(said, probabilities, annotator, label, votes, records.strength)
        converged = abs(likelihood / len(votes) - last) < tolerance
        last, steps = likelihood / len(votes), steps + 1
    return DawidSkene(probabilities, records, steps, converged)


def sums(groups: np.ndarray, rows: np.ndarray, n_groups: int) -> np.ndarray:
    """Rows float (m, K) added up by group, float (n_groups, K)."""
    columns = [np.bincount(groups, column, minlength=n_groups) for column in rows.T]
    return np.stack(columns, axis=1) if columns else np.zeros((n_groups, 0))


def records_of(votes: Votes, truth: np.ndarray, strength: float | None = None) -> Records:
    """Records of the votes where `truth` float (m, K) says for each *vote* how likely each true class is.

    Without a `strength` it is the weakest that the votes do not rule out (95 % profile likelihood): no interval of a
    record claims that annotators are more alike than is known.
    """
    pair, annotator, label = _pairs(votes)
    counts = sums(pair, truth, len(annotator))
    records = Records(annotator, label, counts, _pool(label, counts), 0.0, votes.n_annotators)
    found = best_strength(records, slack=SLACK) if strength is None else strength
    return Records(annotator, label, counts, records.pool, found, votes.n_annotators)


def best_strength(records: Records, slack: float = 0.0) -> float:
    """The strength under which the annotators' counts are likeliest, each annotator's labels of a true class being
    drawn from a Dirichlet round the pool's (Dirichlet-multinomial; empirical Bayes); with `slack` the weakest whose
    log-likelihood falls short of that by no more."""
    base, counts, totals = records.pool[records.label], records.counts, records.totals
    # a cell without counts adds nothing
    seen = counts > TINY
    base, counts, totals = np.maximum(base[seen], TINY), counts[seen], totals[totals > TINY]

    def likelihood(strength: float) -> float:
        cells = gammaln(strength * base + counts) - gammaln(strength * base)
        return float(cells.sum() + (gammaln(strength) - gammaln(strength + totals)).sum())

    found = np.array([likelihood(strength) for strength in STRENGTHS])
    return float(STRENGTHS[(found >= found.max() - slack).argmax()])


def _pairs(votes: Votes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pair (annotator, label) of each vote, int (m,), and the annotator and label of each pair."""
    pair, codes = pd.factorize(votes.annotator * votes.n_classes + votes.label)
    annotator, label = np.divmod(np.asarray(codes), max(votes.n_classes, 1))
    return pair, annotator, label


def _pool(label: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Share [label, true] over all annotators, columns sum to 1, shrunk by ANCHOR labels per true class towards one
    rate of right answers for all classes, the wrong ones being spread as labels are."""
    n_classes = counts.shape[1]
    pool = sums(label, counts, n_classes)
    labels = pool.sum(axis=1) + 1 / max(n_classes, 1)
    right = (np.trace(pool) + 1) / (pool.sum() + 2)
    wrong = np.outer(labels, np.ones(n_classes)) * (1 - np.eye(n_classes))
    wrong /= np.maximum(wrong.sum(axis=0), TINY)
    pool = pool + ANCHOR * (right * np.eye(n_classes) + (1 - right) * wrong)
    return pool / np.maximum(pool.sum(axis=0, keepdims=True), TINY)


def _learned(
    said: sparse.csr_matrix, probabilities: np.ndarray, annotator: np.ndarray, label: np.ndarray, votes: Votes,
    strength: float,
) -> Records:  # fmt: skip
    counts = said.T @ probabilities
    return Records(annotator, label, counts, _pool(label, counts), strength, votes.n_annotators)


def _expected(said: sparse.csr_matrix, records: Records, shares: np.ndarray) -> tuple[np.ndarray, float]:
    """Posterior (n, K) of the true classes, and the log-likelihood of the votes."""
    logs = said @ np.log(records.rates) + np.log(np.maximum(shares, TINY))
    highest = logs.max(axis=1, keepdims=True)
    np.exp(logs - highest, out=logs)
    total = logs.sum(axis=1, keepdims=True)
    return logs / total, float((np.log(total) + highest).sum())
