"""A mean over rows that are not independent: near-duplicates err together, so whole groups of them are the units."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve
from scipy.special import ndtri
from scipy.stats import binom
from scipy.stats import t as student

from annotation.core.intervals import Interval, wilson

# Equal groups that a set of groups has to amount to before anything is said of them: 5 to 1,000 were simulated
# (`bench.proof_intervals`), fewer hold no more than one large group's luck.
LEAST_UNITS = 10


@dataclass(frozen=True)
class GroupedMean:
    """A mean over groups of rows. value: as it is; centre and se: of the adjusted mean that limits go around and its
    standard error; df: degrees of freedom; n_units: groups; effective: equal groups they amount to."""

    value: float
    centre: float
    se: float
    df: float
    n_units: int
    effective: float

    def interval(self, level: float = 0.95, least: float = -np.inf, most: float = np.inf) -> Interval:
        """Student's t around the adjusted mean, never without the value itself, cut at `least` and `most`."""
        half = float(student.ppf((1 + level) / 2, self.df)) * self.se
        low, high = min(self.value, self.centre - half), max(self.value, self.centre + half)
        return Interval(self.value, max(least, low), min(most, high), self.n_units)

    def share_needed(self, difference: float, level: float, power: float = 0.8) -> float:
        """How many times as many rows as these would tell `difference` from none at that level, with that power."""
        reach = float(student.ppf((1 + level) / 2, self.df)) + float(ndtri(power))
        return (reach * self.se / difference) ** 2


def estimate(
    values: np.ndarray, groups: np.ndarray, weights: np.ndarray | None = None, *, largest: float = 1.0,
    between: np.ndarray | None = None,
) -> GroupedMean:  # fmt: skip
    """The weighted mean of `values` (n,) with rows of a group (int (n,)) taken as one unit.

    The variance is that of a ratio of sums over groups, linearized, each group's residual by the leverage of the group
    (CR3: Bell & McCaffrey 2002), with as many degrees of freedom as equal groups there would be (Kish 1965). Two made
    groups of mean size, one with +largest in every row and one with −largest, are added: with single rows and values
    −1, 0, 1 that is the adjusted Wald interval of Bonett & Price (2012), which holds where few rows changed and is
    never of width zero. largest: the largest size a value can have, 0 = add none. between: (seeds,) the same mean by
    training seed, whose spread is added (degrees of freedom: Satterthwaite 1946).
    """
    _, unit = np.unique(groups, return_inverse=True)
    weight = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    sums, sizes = np.bincount(unit, weight * values), np.bincount(unit, weight)
    total, n_units = float(sizes.sum()), len(sizes)
    value, size = float(sums.sum()) / total, total / n_units
    effective = total**2 / float((sizes**2).sum())
    if largest:
        sums, sizes = np.append(sums, [size * largest, -size * largest]), np.append(sizes, [size, size])
    grown, n = float(sizes.sum()), len(sizes)
    centre = float(sums.sum()) / grown
    # one group alone has a leverage of 1: nothing is known of what another would say
    residuals = (sums - centre * sizes) / np.maximum(1 - sizes / grown, 1e-9)
    variance = float((residuals**2).sum()) * (n - 1) / n / grown**2
    df = max(1.0, effective - 1 + (n - n_units))
    if between is not None and len(between) > 1:
        variance, df = _with_seeds(variance, df, between)
    return GroupedMean(value, centre, variance**0.5, df, n_units, effective)


def _with_seeds(variance: float, df: float, between: np.ndarray) -> tuple[float, float]:
    of_seeds = float(np.var(between, ddof=1)) / len(between)
    total = variance + of_seeds
    return total, total**2 / (variance**2 / df + of_seeds**2 / (len(between) - 1))


def ratio_by_group(
    values: np.ndarray, groups: np.ndarray, weights: np.ndarray | None = None, *, level: float = 0.95,
    largest: float = 1.0, between: np.ndarray | None = None,
) -> Interval:  # fmt: skip
    """The mean of `values` (n,), n ≥ 1, with its interval, as `estimate`. `n` counts groups."""
    return estimate(values, groups, weights, largest=largest, between=between).interval(level)


def paired_by_group(
    before_right: np.ndarray, after_right: np.ndarray, groups: np.ndarray, weights: np.ndarray | None = None, *,
    level: float = 0.95,
) -> Interval:  # fmt: skip
    """after − before of two accuracies on the same rows, in [−1, 1]. before_right, after_right: bool or share (n,)."""
    values = after_right.astype(np.float64) - before_right.astype(np.float64)
    return estimate(values, groups, weights).interval(level, -1.0, 1.0)


def share_by_group(
    right: np.ndarray, groups: np.ndarray, weights: np.ndarray | None = None, *, level: float = 0.95
) -> Interval:
    """A share of rows, in [0, 1]: Wilson's score interval (1927) at the effective sample size, as Korn & Graubard
    (1998) have it for surveys. right: bool or share (n,). `n` counts groups."""
    of_rows, of_groups = np.arange(len(right)), groups
    n_units = len(np.unique(groups))
    weight = np.ones(len(right)) if weights is None else weights
    share = float(np.average(right.astype(np.float64), weights=weight))
    grouped = estimate(right.astype(np.float64), of_groups, weights, largest=0.0)
    alone = estimate(right.astype(np.float64), of_rows, largest=0.0)
    design = (grouped.se / alone.se) ** 2 if alone.se > 0 else len(right) / grouped.effective
    shrink = (float(ndtri((1 + level) / 2)) / float(student.ppf((1 + level) / 2, max(1.0, grouped.df)))) ** 2
    n = min(float(len(right)), len(right) / max(design, 1e-12) * (shrink if n_units < len(right) else 1.0))
    found = wilson(share * n, n, level)
    return Interval(share, min(share, found.low), max(share, found.high), n_units)


def exchange_p(values: np.ndarray, groups: np.ndarray, n_draws: int = 10_000, seed: int = 0) -> float:
    """Two-sided p of no difference: before and after change places in whole groups, each with chance one half (Fisher
    1935; Edgington 1964). Exact where groups add up to whole numbers, else from draws.

    values: after − before of each row, (n,), weighted."""
    _, unit = np.unique(groups, return_inverse=True)
    sums = np.abs(np.bincount(unit, values))
    sizes, counts = np.unique(np.round(sums[sums > 1e-12], 12), return_counts=True)
    if not len(sizes):
        return 1.0
    observed = abs(float(values.sum())) * (1 - 1e-12) - 1e-12
    if (sizes == np.round(sizes)).all():
        return _exact_p(sizes.astype(np.int64), counts, observed)
    ups = np.random.default_rng(seed).binomial(counts, 0.5, size=(n_draws, len(counts)))
    reached = np.abs((2 * ups - counts) @ sizes) >= observed
    return (1 + int(reached.sum())) / (1 + n_draws)


def _exact_p(sizes: np.ndarray, counts: np.ndarray, observed: float) -> float:
    """P(|sum of ±size over all groups| ≥ observed), the distribution of the sum by convolution over sizes."""
    chances = np.ones(1)
    for size, count in zip(sizes.tolist(), counts.tolist(), strict=True):
        ups = np.zeros(size * count + 1)
        ups[::size] = binom.pmf(np.arange(count + 1), count, 0.5)
        chances = fftconvolve(chances, ups)
    total = len(chances) - 1
    reached = np.abs(2 * np.arange(total + 1) - total) >= observed
    return float(min(1.0, max(0.0, chances[reached].sum())))
