"""Intervals for shares and for any statistic of counted cells."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from annotation.core.stored import IntervalJson

# Resampled counts held at once by `bootstrap_interval`: 32 MiB of them.
_BLOCK = 1 << 22


@dataclass(frozen=True)
class Interval:
    """An estimate with its limits. `value`, `low` and `high` are in the unit of the statistic, nan where it is
    undefined; `n` is how many independent units (items, as a rule) it rests on."""

    value: float
    low: float
    high: float
    n: int

    def as_json(self) -> IntervalJson:
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


def wilson(successes: float, n: float, level: float = 0.95) -> Interval:
    """Score interval of a share, in [0, 1] (Wilson 1927). With n = 0 the value is nan and the limits are 0 and 1.

    Neither need be whole: n may be an effective sample size."""
    if n == 0:
        return Interval(float("nan"), 0.0, 1.0, 0)
    z = float(ndtri((1 + level) / 2))
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    # rounding must not put a limit beyond the value at shares of 0 and 1
    return Interval(share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)), int(n))


def newcombe(successes: int, n: int, other_successes: int, other_n: int) -> Interval:
    """The difference of two independent shares, in [−1, 1], with its 95 % hybrid score interval (Newcombe 1998, method
    10). `n` counts both sides; nan with limits −1 and 1 where a side is empty."""
    one, other = wilson(successes, n), wilson(other_successes, other_n)
    if not n or not other_n:
        return Interval(float("nan"), -1.0, 1.0, n + other_n)
    gap = one.value - other.value
    below = ((one.value - one.low) ** 2 + (other.high - other.value) ** 2) ** 0.5
    above = ((one.high - one.value) ** 2 + (other.value - other.low) ** 2) ** 0.5
    return Interval(gap, gap - below, gap + above, n + other_n)


def multinomial_bootstrap(counts: np.ndarray, n_resamples: int, seed: int) -> np.ndarray:
    """Resampled counts, int64 (n_resamples, cells), each row of as many units as `counts` (cells,) holds.

    Drawing units with replacement and counting their cells is one multinomial draw over the cells (Efron 1979), so the
    cost grows with the number of cells and not with the number of units.
    """
    return _resampled(np.asarray(counts, dtype=np.int64), n_resamples, np.random.default_rng(seed))


def bootstrap_interval(
    statistic: Callable[[np.ndarray], np.ndarray],
    counts: np.ndarray,
    *,
    n_resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap interval (Efron 1979) of a statistic of cell counts.

    `counts` (cells,) says how many units fell into each cell, such as the cells of a confusion table; `statistic` takes
    rows of counts (rows, cells) and returns one value for each row, nan where it is undefined. Resamples without a
    value are left out. `n` is the number of units.
    """
    return bootstrap_intervals([statistic], counts, n_resamples=n_resamples, level=level, seed=seed)[0]


def bootstrap_intervals(
    statistics: Sequence[Callable[[np.ndarray], np.ndarray]],
    counts: np.ndarray,
    *,
    n_resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> list[Interval]:
    """`bootstrap_interval` of several statistics of the same counts, by the same resamples: drawing those is dear."""
    counts = np.asarray(counts, dtype=np.int64)
    random = np.random.default_rng(seed)
    step = max(1, _BLOCK // max(1, counts.size))
    found: list[list[np.ndarray]] = [[] for _ in statistics]
    for start in range(0, n_resamples, step):
        rows = _resampled(counts, min(step, n_resamples - start), random)
        for values, statistic in zip(found, statistics, strict=True):
            values.append(statistic(rows))
    return [
        percentile_interval(float(of(counts[np.newaxis, :])[0]), np.concatenate(values), int(counts.sum()), level)
        for of, values in zip(statistics, found, strict=True)
    ]


def percentile_interval(value: float, resampled: np.ndarray, n: int, level: float = 0.95) -> Interval:
    """The middle `level` of resampled statistics (resamples,) around `value`; those that are nan are left out."""
    defined = resampled[~np.isnan(resampled)]
    if np.isnan(value) or defined.size == 0:
        return Interval(value, float("nan"), float("nan"), n)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high), n)


def _resampled(counts: np.ndarray, n_resamples: int, random: np.random.Generator) -> np.ndarray:
    total = int(counts.sum())
    if total == 0:
        return np.zeros((n_resamples, counts.size), dtype=np.int64)
    return random.multinomial(total, counts / total, size=n_resamples)
