"""Accuracy against the number of labels learned from, and what more of them would be expected to bring."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import floor, log10

import numpy as np

from annotation.core.intervals import Interval, multinomial_bootstrap, percentile_interval, wilson

SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)
RESAMPLES = 500
# A part with fewer groups is not learned from; a curve through fewer points than FEWEST predicts nothing.
LEAST, FEWEST = 10, 4
# Half as many labels again: further out a curve through five points says nothing.
BEYOND = 0.5
POWERS = np.round(np.arange(0.05, 2.01, 0.05), 2)
# (learned from, held out), bool (n,) each → probabilities (rows held out, K).
Refit = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Point:
    """share: of the groups learned from. rows: learned from, on average over folds. right: share of the rows held out
    that are predicted rightly, over all folds."""

    share: float
    rows: int
    right: Interval


@dataclass(frozen=True)
class Power:
    """error = floor + scale · rows^(−power), power > 0; one curve, or arrays (curves,) of them."""

    floor: np.ndarray
    scale: np.ndarray
    power: np.ndarray

    def at(self, rows: float) -> np.ndarray:
        return self.floor + self.scale * rows**-self.power


@dataclass(frozen=True)
class Expected:
    """gain: of accuracy in [0, 1] that `more` labels like these are expected to bring, with its interval. fits: whether
    the power law goes through the interval of every point, of four or more; where not, it predicts nothing."""

    more: int
    gain: Interval
    fits: bool
    curve: Power

    @property
    def rises(self) -> bool:
        return self.fits and self.gain.low > 0


@dataclass(frozen=True)
class LearningCurve:
    points: tuple[Point, ...]
    expected: Expected


def learning_curve(
    refit: Refit, labels: np.ndarray, groups: np.ndarray, fold: np.ndarray, seed: int,
    report: Callable[[str, float], None] = lambda stage, share: None, shares: Sequence[float] = SHARES,
) -> LearningCurve:  # fmt: skip
    """Train on nested parts of the rows of every fold but one, and predict that one.

    labels: int (n,), columns of what `refit` gives; groups: int (n,); fold: int (n,), groups whole. For each fold its
    groups are put in an order drawn from `seed`, and the first 10, 20, 40, 70 and 100 % of them are learned from: a
    larger part holds the smaller; a part of fewer than 10 groups is left out. All rows are held out once per share, so
    the points differ in the labels alone.
    """
    n_folds = int(fold.max()) + 1
    available = len(np.unique(groups)) * (n_folds - 1) / n_folds
    shares = [share for share in shares if share * available >= LEAST or share == 1]
    right = np.zeros((len(labels), len(shares)), dtype=bool)
    rows = np.zeros(len(shares))
    for number in range(n_folds):
        out = fold == number
        for at, learned in enumerate(nested(groups, ~out, shares, seed + number)):
            done = (number * len(shares) + at) / (n_folds * len(shares))
            report(f"learning from {shares[at]:.0%} of the labels, fold {number + 1} of {n_folds}", done)
            right[out, at] = refit(learned, out).argmax(axis=1) == labels[out]
            rows[at] += learned.sum() / n_folds
    points = tuple(
        Point(share, round(rows[at]), wilson(int(right[:, at].sum()), len(labels))) for at, share in enumerate(shares)
    )
    return LearningCurve(points, expect(points, right, groups, len(labels), seed))


def nested(groups: np.ndarray, among: np.ndarray, shares: Sequence[float], seed: int) -> Iterator[np.ndarray]:
    """Bool (n,) per share: the rows `among` in the first so many of their groups, at least two groups."""
    known, of = np.unique(groups[among], return_inverse=True)
    place = np.random.default_rng(seed).permutation(len(known))[of]
    for share in shares:
        learned = np.zeros(len(groups), dtype=bool)
        learned[among] = place < max(2, round(share * len(known)))
        yield learned


def expect(points: Sequence[Point], right: np.ndarray, groups: np.ndarray, n: int, seed: int) -> Expected:
    """What half as many labels again as n would bring, by a power law with a floor (Hestness et al. 2017).

    right: bool (n, points). The interval refits the curve to resamples of whole groups, all points of a row together.
    """
    rows = np.array([point.rows for point in points], dtype=float)
    more = _round(BEYOND * n)
    _, of = np.unique(groups, return_inverse=True)
    wrong = np.zeros((of.max() + 1, len(points)), dtype=np.int64)
    np.add.at(wrong, of, ~right)
    # groups that went alike at every share are one cell: a few dozen cells however many groups
    alike, counts = np.unique(np.column_stack([wrong, np.bincount(of)]), axis=0, return_counts=True)
    drawn = multinomial_bootstrap(counts, RESAMPLES, seed)
    errors = (drawn @ alike[:, :-1]) / (drawn @ alike[:, -1])[:, None]
    one = fit_power(rows, 1 - np.array([[point.right.value for point in points]]))
    many = fit_power(rows, errors)
    gain = percentile_interval(float((one.at(n) - one.at(n + more))[0]), many.at(n) - many.at(n + more), n)
    through = [1 - float(one.at(point.rows)[0]) for point in points]
    fits = len(points) >= FEWEST and all(
        point.right.low <= value <= point.right.high for point, value in zip(points, through, strict=True)
    )
    return Expected(more, gain, fits, one)


def fit_power(rows: np.ndarray, errors: np.ndarray) -> Power:
    """Least squares through errors (curves, points) at `rows` (points,): for each power of a grid floor and scale ≥ 0
    are linear (variable projection, Golub & Pereyra 1973); the power with the least squares is taken."""
    best = np.full(len(errors), np.inf)
    floor_, scale, power = (np.zeros(len(errors)) for _ in range(3))
    mean = errors.mean(axis=1)
    for one in POWERS:
        x = rows**-one
        spread = x - x.mean()
        slope = (errors @ spread) / (spread @ spread)
        base = mean - slope * x.mean()
        through_zero = base < 0
        slope = np.where(through_zero, (errors @ x) / (x @ x), slope)
        slope, base = np.where(slope < 0, 0.0, slope), np.where(slope < 0, mean, np.where(through_zero, 0.0, base))
        left = np.square(errors - base[:, None] - slope[:, None] * x).sum(axis=1)
        better = left < best - 1e-15
        best = np.where(better, left, best)
        floor_, scale = np.where(better, base, floor_), np.where(better, slope, scale)
        power = np.where(better, one, power)
    return Power(floor_, scale, power)


def _round(number: float) -> int:
    """To two significant digits."""
    if number < 10:
        return max(1, round(number))
    step = 10 ** (floor(log10(number)) - 1)
    return round(number / step) * step
