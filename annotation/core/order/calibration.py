"""From a chance that orders to a probability that means something."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from annotation.core.order.learned_order import log_odds

# Fewer decisions than this, or fewer of either outcome, calibrate nothing: ranks only.
LEAST, LEAST_OF_EACH = 100, 5
# Bins of chances: the order decides at one end and the audit at the other, and bins of equal counts would stretch over
# all that lies between, where the next cases come from. Chosen on banking77.
EDGES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97)
# Decisions that the straight line is worth in each bin.
LINE = 3.0
# The order has reached down to this quantile of the chances of what it decided; a few below it were decided when they
# looked likelier.
REACHED = 0.05
# No probability is nearer to 0 or 1.
LEAST_SAID = 0.002

Knots = tuple[tuple[float, float], ...]


def calibrate(chance: np.ndarray, wrong: np.ndarray, weight: np.ndarray, least: int = LEAST) -> Knots:
    """Knots (chance, probability), both rising, or () where the decisions are fewer than `least` or all but alike.

    chance: float (k,) in [0, 1], each predicted without its own decision; wrong: bool (k,); weight: float (k,) > 0, the
    inverse inclusion probability of an audited item, 1 of another. A line in log odds (Platt 1999) fills in where
    decisions are few, bins of chances correct it where they are many, and the result is made to rise by pooling
    adjacent violators (Zadrozny & Elkan 2002; Barlow et al. 1972). Each bin counts for the line by the decisions it
    is worth: else a few audited items that stand for many would draw it at the other end too.
    """
    wrong = np.asarray(wrong, dtype=bool)
    if len(wrong) < least or min(wrong.sum(), (~wrong).sum()) < LEAST_OF_EACH:
        return ()
    x, w = log_odds(chance), standing_for(np.asarray(chance, dtype=float), np.asarray(weight, dtype=float))
    place = np.searchsorted(EDGES, chance)
    bins = [own for own in (np.flatnonzero(place == one) for one in range(len(EDGES) + 1)) if len(own)]
    middle = np.array([np.average(x[own], weights=w[own]) for own in bins])
    rate = np.array([np.average(wrong[own], weights=w[own]) for own in bins])
    # an audited item stands for many, but it is one observation
    size = np.array([w[own].sum() ** 2 / (w[own] ** 2).sum() for own in bins])
    for own, worth in zip(bins, size, strict=True):
        w[own] *= worth / w[own].sum()
    start, slope = _line(x, wrong, w)
    filled = (rate * size + LINE * expit(start + slope * middle)) / (size + LINE)
    ends = log_odds(np.array([0.0, 1.0]))
    middle = np.concatenate([[min(ends[0], middle[0])], middle, [max(ends[1], middle[-1])]])
    line = expit(start + slope * middle[[0, -1]])
    rising = _pooled(np.concatenate([line[:1], filled, line[1:]]), np.concatenate([[LINE], size + LINE, [LINE]]))
    return tuple((round(float(a), 6), round(float(b), 6)) for a, b in zip(expit(middle), rising, strict=True))


def standing_for(chance: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """How many items each decided one stands for, float (k,).

    The order decides on all of the likeliest, so an audited item as likely as those stands for itself alone: it is in
    both frames (Hartley 1962). Below what the order has reached it stands for the inverse of its inclusion
    probability.
    """
    by_order = chance[weight == 1]
    reached = np.quantile(by_order, REACHED) if len(by_order) else np.inf
    return np.where(chance >= reached, 1.0, weight)


def probability(chance: np.ndarray, knots: Sequence[Sequence[float]]) -> np.ndarray:
    """Probability float (n,) in [0, 1] that each label is wrong: between the knots a straight line, log odds over log
    odds. Without knots nan: nothing is known.
    """
    if len(knots) == 0:
        return np.full(len(chance), np.nan)
    at, value = np.array(knots, dtype=float).T
    odds = logit(np.clip(value, LEAST_SAID, 1 - LEAST_SAID))
    return expit(np.interp(log_odds(chance), log_odds(at), odds))


def _line(x: np.ndarray, wrong: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Start and slope ≥ 0 of the log odds, with a slight pull towards slope 1."""

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        eta = beta[0] + beta[1] * x
        error = weight * (expit(eta) - wrong)
        value = weight @ (np.logaddexp(0, eta) - wrong * eta) + (beta[1] - 1) ** 2
        return value, np.array([error.sum(), error @ x + 2 * (beta[1] - 1)])

    found = minimize(loss, np.array([0.0, 1.0]), jac=True, method="L-BFGS-B", bounds=[(None, None), (0.0, None)])
    return float(found.x[0]), float(found.x[1])


def _pooled(value: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The closest rising sequence (pool adjacent violators)."""
    blocks: list[list[float]] = []
    for one, w in zip(value.tolist(), weight.tolist(), strict=True):
        blocks.append([one, w, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            last, before = blocks.pop(), blocks.pop()
            total = before[1] + last[1]
            blocks.append([(before[0] * before[1] + last[0] * last[1]) / total, total, before[2] + last[2]])
    return np.concatenate([np.full(int(count), one) for one, _, count in blocks])
