"""From which probability on the class of two that is more costly to miss is predicted: by theory, and by rows held
out."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from annotation.core.intervals import Interval, multinomial_bootstrap, percentile_interval
from annotation.core.judging.folds import grouped_folds

# Thresholds tried: this many quantiles of the probabilities, and both ends.
TRIED = 200
FOLDS = 5
RESAMPLES = 500
# Resampled groups held at once: 32 MB of counts.
BLOCK = 4_000_000
# Above every probability: the class is never predicted.
NEVER = float(np.nextafter(1.0, 2.0))


@dataclass(frozen=True)
class Threshold:
    """The class `positive` (0 or 1) is predicted from a probability of `chosen` on.

    chosen: in [0, 1] with its 95 % interval; NEVER where it had best never be predicted. by_theory: what the costs
    alone say where probabilities are true chances (Elkan 2001). tried, cost: (m,) every threshold tried, ascending, and
    its mean cost a row, in the matrix's unit; both on the rows it was chosen on, which flatters the least of them.
    """

    positive: int
    chosen: Interval
    by_theory: float
    tried: np.ndarray
    cost: np.ndarray

    def applied(self, probability: np.ndarray) -> np.ndarray:
        """Int (n,): the class predicted, from the probability (n,) of `positive`."""
        return _predicted(probability, self.chosen.value, self.positive)


def more_costly_to_miss(costs: np.ndarray) -> int:
    """The class of two whose error costs more; the second where both cost the same."""
    return 0 if costs[0, 1] > costs[1, 0] else 1


def by_theory(costs: np.ndarray, positive: int) -> float:
    """The probability of `positive` from which on predicting it costs no more than the other class (Elkan 2001)."""
    other = 1 - positive
    false_alarm = costs[other, positive] - costs[other, other]
    miss = costs[positive, other] - costs[positive, positive]
    return float(false_alarm / (false_alarm + miss))


def choose_threshold(
    probability: np.ndarray, is_positive: np.ndarray, costs: np.ndarray, positive: int, groups: np.ndarray,
    seed: int = 0,
) -> tuple[Threshold, np.ndarray]:  # fmt: skip
    """The threshold of least cost on n rows held out, and for each row the class predicted by the threshold that was
    chosen on the other folds of whole groups, int (n,).

    probability: of `positive`, float (n,). is_positive: bool (n,). costs: (2, 2). groups: int (n,). The interval is the
    percentile interval of the threshold over resampled groups.
    """
    theory = by_theory(costs, positive)
    tried = candidates(probability, theory)
    steps = _Steps.of(probability, is_positive, costs, positive, groups, tried)
    everything = np.ones((1, steps.n_groups))
    cost = steps.cost(everything)[0]
    chosen = tried[cost.argmin()]
    spread = percentile_interval(chosen, tried[_resampled(steps, seed)], steps.n_groups)
    crossed = np.empty(len(probability), dtype=np.int64)
    fold = grouped_folds(groups, is_positive.astype(np.int64), FOLDS, seed)
    for number in np.unique(fold):
        kept = np.zeros(steps.n_groups)
        kept[steps.group[fold != number]] = 1
        best = tried[steps.cost(kept[None])[0].argmin()] if kept.any() else theory
        crossed[fold == number] = _predicted(probability[fold == number], best, positive)
    return Threshold(positive, spread, theory, tried, cost / len(probability)), crossed


def candidates(probability: np.ndarray, theory: float) -> np.ndarray:
    """Ascending: 0, quantiles of the probabilities, the theory's threshold, and NEVER."""
    cuts = np.quantile(probability, np.linspace(0, 1, TRIED), method="inverted_cdf")
    return np.unique(np.concatenate([[0.0], cuts, [theory, NEVER]]).astype(np.float64))


@dataclass(frozen=True)
class _Steps:
    """What each group costs at the lowest threshold, and by how much that changes as thresholds rise."""

    group: np.ndarray
    n_groups: int
    base: np.ndarray
    change: sparse.csr_matrix

    @classmethod
    def of(
        cls, probability: np.ndarray, is_positive: np.ndarray, costs: np.ndarray, positive: int, groups: np.ndarray,
        tried: np.ndarray,
    ) -> "_Steps":  # fmt: skip
        names, group = np.unique(groups, return_inverse=True)
        truth = np.where(is_positive, positive, 1 - positive)
        as_positive, as_other = costs[truth, positive], costs[truth, 1 - positive]
        # a row is predicted positive by the thresholds up to its probability, and no longer by the next
        first = np.searchsorted(tried, probability, side="right")
        shape = (len(names), len(tried) + 1)
        change = sparse.csr_matrix((as_other - as_positive, (group, first)), shape=shape)
        return cls(group, len(names), np.bincount(group, as_positive), change)

    def cost(self, weights: np.ndarray) -> np.ndarray:
        """Total cost (rows, thresholds) for weights of groups (rows, groups)."""
        changes = (self.change.T @ weights.T).T[:, :-1]
        return (weights @ self.base)[:, None] + np.cumsum(changes, axis=1)


def _resampled(steps: _Steps, seed: int) -> np.ndarray:
    """The position of the best threshold in each of RESAMPLES draws of groups."""
    size = max(1, BLOCK // steps.n_groups)
    once = np.ones(steps.n_groups, dtype=np.int64)
    blocks = [min(size, RESAMPLES - start) for start in range(0, RESAMPLES, size)]
    drawn = (multinomial_bootstrap(once, block, seed + number) for number, block in enumerate(blocks))
    return np.concatenate([steps.cost(block.astype(np.float64)).argmin(axis=1) for block in drawn])


def _predicted(probability: np.ndarray, threshold: float, positive: int) -> np.ndarray:
    return np.where(probability >= threshold, positive, 1 - positive)
