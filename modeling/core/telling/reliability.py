"""Whether a model that says 80 % is right four times in five, and the temperature that would make it so."""

from dataclasses import dataclass, replace

import numpy as np

from annotation.core.intervals import Interval, multinomial_bootstrap, wilson
from annotation.core.judging.folds import grouped_folds
from modeling.core.proving.evaluation import log_loss
from modeling.core.telling.stored import BinJson, ReliabilityJson

BINS, LEAST = 10, 20
RESAMPLES, LEVEL = 1000, 0.05
FOLDS = 5
# One number is fitted: more rows than this make it no better that anybody could see.
FITTED_ON = 10_000
# A probability of zero has no logarithm; below this it is as good as impossible.
TINY = 1e-12
COLDEST, HOTTEST = 0.05, 20.0


@dataclass(frozen=True)
class Bin:
    """Rows of neighbouring confidence: from `low` to `high`, on average `confidence`, all in [0, 1]; `right`: the share
    of them predicted rightly, with Wilson's interval and n."""

    low: float
    high: float
    confidence: float
    right: Interval

    def as_json(self) -> BinJson:
        return {"low": self.low, "high": self.high, "confidence": self.confidence, "right": self.right.as_json()}


@dataclass(frozen=True)
class Reliability:
    """bins: in rising order of confidence. error: expected calibration error, in [0, 1], 0 = best. by_chance: what rows
    as few as these would show of it, on average, were every confidence exactly right. p: how often such rows would show
    as much. gap: mean confidence − accuracy, in [−1, 1], above 0 = too sure. loss: mean log loss in nats."""

    bins: tuple[Bin, ...]
    error: Interval
    by_chance: float
    p: float
    gap: Interval
    loss: float

    @property
    def n(self) -> int:
        return self.error.n

    def as_json(self) -> ReliabilityJson:
        return {
            "bins": [one.as_json() for one in self.bins], "error": self.error.as_json(), "by_chance": self.by_chance,
            "p": self.p, "gap": self.gap.as_json(), "loss": self.loss,
        }  # fmt: skip


@dataclass(frozen=True)
class Scaled:
    """temperature: fitted to all rows, above 1 = the model is too sure, with the least and most over folds.
    probabilities: float (n, K), each row scaled by a temperature fitted without its fold."""

    temperature: float
    least: float
    most: float
    probabilities: np.ndarray


def reliability(truth: np.ndarray, probabilities: np.ndarray, seed: int = 0) -> Reliability:
    """How far the confidence in the likeliest class is borne out. truth: int (n,), n ≥ 1; probabilities: float (n, K).

    Bins hold equally many rows, at least 20 each; equal confidences share a bin. Expected calibration error: mean over
    rows of |share right − mean confidence| of their bin (Naeini, Cooper & Hauskrecht 2015), with a bootstrap interval
    that allows for its being too large by itself. `by_chance` and `p` by drawing right and wrong from the confidences
    1000 times.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == truth
    of = equal_mass(confidence, max(1, min(BINS, len(truth) // LEAST)))
    size = np.bincount(of)
    mean = np.bincount(of, confidence) / size
    hits = np.bincount(of, right, minlength=len(size)).astype(np.int64)
    error = float(np.abs(hits - size * mean).sum() / len(truth))
    drawn = np.random.default_rng(seed).binomial(size, np.clip(mean, 0, 1), (RESAMPLES, len(size)))
    chance = np.abs(drawn - size * mean).sum(axis=1) / len(truth)
    p = float((1 + (chance >= error - 1e-12).sum()) / (1 + RESAMPLES))
    bins = tuple(
        Bin(float(own.min()), float(own.max()), float(mean[at]), wilson(int(hits[at]), len(own)))
        for at, own in enumerate(np.split(confidence[np.argsort(of, kind="stable")], np.cumsum(size)[:-1]))
    )
    return Reliability(
        bins, _error_interval(error, p, of, confidence, right, seed), float(chance.mean()), p, _gap(confidence, right),
        log_loss(truth, probabilities),
    )  # fmt: skip


def equal_mass(values: np.ndarray, n_bins: int) -> np.ndarray:
    """Bin per value, int (n,), 0 … as rising as the values; equal values share a bin, so there may be fewer bins."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, n_bins + 1)[1:-1]))
    return np.unique(np.searchsorted(edges, values, side="left"), return_inverse=True)[1]


def temperature_scaled(truth: np.ndarray, probabilities: np.ndarray, groups: np.ndarray, seed: int = 0) -> Scaled:
    """Probabilities divided by a temperature in the logarithm (Guo, Pleiss, Sun & Weinberger 2017).

    Rows are parted into five folds by whole groups, int (n,), and each is scaled by the temperature that has the least
    log loss on the other folds, so that no row is scaled by what it taught. It changes no row's likeliest class.
    """
    fold = grouped_folds(groups, truth, FOLDS, seed)
    sample = np.sort(np.random.default_rng(seed).permutation(len(truth))[:FITTED_ON])
    logs = np.log(np.maximum(probabilities[sample], TINY, dtype=np.float64))
    temperature = fit_temperature(truth[sample], logs)
    scaled = np.empty(probabilities.shape, dtype=np.float32)
    fitted = []
    for number in np.unique(fold):
        others = fold[sample] != number
        own = fit_temperature(truth[sample[others]], logs[others], temperature) if others.any() else 1.0
        fitted.append(own)
        out = fold == number
        scaled[out] = cooled(probabilities[out], own)
    return Scaled(temperature, min(fitted), max(fitted), scaled)


def fit_temperature(truth: np.ndarray, logs: np.ndarray, start: float = 1.0) -> float:
    """The temperature with the least log loss, between 0.05 and 20. logs: float (n, K), log probabilities.

    Newton's method over the inverse temperature, in which the loss is convex, with steps halved until it falls.
    """
    rows = np.arange(len(truth))
    inverse = 1 / start

    def loss(inverse: float) -> tuple[float, float, float]:
        weights = np.exp(inverse * (logs - logs.max(axis=1, keepdims=True)))
        total = weights.sum(axis=1)
        weights /= total[:, None]
        mean = (weights * logs).sum(axis=1)
        spread = (weights * np.square(logs - mean[:, None])).sum(axis=1).mean()
        value = (np.log(total) + inverse * (logs.max(axis=1) - logs[rows, truth])).mean()
        return float(value), float((mean - logs[rows, truth]).mean()), float(spread)

    value, slope, curve = loss(inverse)
    for _ in range(50):
        step = -slope / max(curve, 1e-12)
        step = float(np.clip(inverse + step, 1 / HOTTEST, 1 / COLDEST)) - inverse
        while abs(step) > 1e-6 * inverse:
            found = loss(inverse + step)
            if found[0] <= value:
                break
            step /= 2
        else:
            break
        inverse += step
        value, slope, curve = found
    return 1 / inverse


def cooled(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Float32 (n, K): p^(1/T), made to sum to 1; a hotter T is less sure."""
    logs = np.log(np.maximum(probabilities, TINY, dtype=np.float32)) / np.float32(temperature)
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def _error_interval(
    error: float, p: float, of: np.ndarray, confidence: np.ndarray, right: np.ndarray, seed: int
) -> Interval:
    """The bins stay, the rows are drawn anew: right and wrong rows of each bin are the cells. What chance explains
    reaches down to 0."""
    cell = 2 * of + right
    counts = np.bincount(cell, minlength=2 * (of.max() + 1))
    mean = np.bincount(cell, confidence, minlength=len(counts)) / np.maximum(counts, 1)
    drawn = multinomial_bootstrap(counts, RESAMPLES, seed)
    signed = (drawn * (np.arange(len(counts)) % 2 - mean)).reshape(RESAMPLES, -1, 2).sum(axis=2)
    found = pivotal(error, np.abs(signed).sum(axis=1) / len(of), len(of))
    return found if p < LEVEL else replace(found, low=0.0)


def pivotal(value: float, resampled: np.ndarray, n: int, level: float = 0.95) -> Interval:
    """The pivotal bootstrap interval (Davison & Hinkley 1997) of what cannot be below 0: as far as resamples lie above
    the value, the value lies above the truth. A mean of absolute values is always too large by itself. It always holds
    the value, which then may be its upper end."""
    low, high = 2 * value - np.quantile(resampled, [(1 + level) / 2, (1 - level) / 2])
    return Interval(value, float(min(max(low, 0.0), value)), float(max(high, value)), n)


def _gap(confidence: np.ndarray, right: np.ndarray) -> Interval:
    """Mean of confidence − right with its normal interval."""
    excess = confidence - right
    half = 1.959964 * float(excess.std()) / len(excess) ** 0.5
    value = float(excess.mean())
    return Interval(value, value - half, value + half, len(excess))
