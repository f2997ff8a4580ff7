"""What expert time brings: labels fixed per hour, accuracy per 100 decisions, the next 100 projected, when to stop."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import ndtri
from scipy.stats import chi2

from annotation.core.intervals import Interval
from modeling.core.proving.paired import LEAST_UNITS, estimate, share_by_group
from modeling.core.watching.stored import ProjectionJson, ReturnPoint

# A decision left open over a break takes no longer than so many times the median one.
LONGEST = 10.0
# Times the recipe is trained along the decisions, and decisions before that says anything.
POINTS, ENOUGH = 6, 25
AHEAD = 100
# Two models whose labels differ in a few errors differ by chance too: the standard deviation of the difference of their
# accuracies is this much, times the square root of the share of rows that one of them predicts rightly and one wrongly.
JITTER = 0.04
Word: TypeAlias = Literal["stop", "go on", "cannot tell yet"]


@dataclass(frozen=True)
class Spent:
    """Decisions of one expert or period. changed: those that changed a label; seconds: of all of them together."""

    decisions: int
    changed: int
    seconds: float

    @property
    def per_hour(self) -> Interval:
        return per_hour(self.changed, self.seconds)


@dataclass(frozen=True, eq=False)
class AlongDecisions:
    """right: float (m, n), share of the trainings of each point that predict a row rightly; decisions, changed: int
    (m,), made and of them those that changed a label, from 0 on. groups: int (n,), near-copies together; weights: float
    (n,) or None. seeds: float (s, m), accuracy of each point by training seed, of learners that draw."""

    right: np.ndarray
    decisions: np.ndarray
    changed: np.ndarray
    groups: np.ndarray
    weights: np.ndarray | None = None
    seeds: np.ndarray | None = None

    @classmethod
    def of_seeds(
        cls, right: np.ndarray, decisions: np.ndarray, changed: np.ndarray, groups: np.ndarray,
        weights: np.ndarray | None = None,
    ) -> "AlongDecisions":  # fmt: skip
        """right: bool (s, m, n), by training seed too."""
        by_seed = np.average(right, axis=2, weights=weights) if len(right) > 1 else None
        return cls(right.mean(axis=0), decisions, changed, groups, weights, by_seed)

    def points(self) -> list[ReturnPoint]:
        """Accuracy after so many decisions, and its gain over the point before, None at the first."""
        gains = [None, *(self.gain(at - 1, at).as_json() for at in range(1, len(self.right)))]
        shares = [share_by_group(right, self.groups, self.weights).as_json() for right in self.right]
        return [
            {"decisions": int(k), "changed": int(errors), "accuracy": share, "gain": gain}
            for k, errors, share, gain in zip(self.decisions, self.changed, shares, gains, strict=True)
        ]

    def gain(self, start: int, end: int = -1) -> Interval:
        """Of accuracy from one point to another, in [−1, 1], on the same rows."""
        between = None if self.seeds is None else self.seeds[:, end] - self.seeds[:, start]
        change = self.right[end].astype(float) - self.right[start]
        return estimate(change, self.groups, self.weights, between=between).interval(0.95, -1.0, 1.0)

    def per_hundred(self) -> Interval:
        """Accuracy gained per 100 decisions, from the first point to the last."""
        return scaled(self.gain(0), AHEAD / self.decisions[-1])

    def middle(self) -> int:
        """The point nearest to half of the decisions that changed a label, the last but one at the latest."""
        return int(np.abs(self.changed[:-1] - self.changed[-1] / 2).argmin())

    @property
    def too_few(self) -> bool:
        """The rows amount to so few groups that no interval of theirs would hold."""
        return estimate(self.right[-1].astype(float), self.groups, self.weights).effective < LEAST_UNITS


@dataclass(frozen=True)
class Projection:
    """gain: of accuracy that the next `cases` decisions are expected to bring; reach: within which it will be found, as
    two models differ by chance too. per_error: gained per label changed in the later half so far; errors: expected
    among them."""

    cases: int
    gain: Interval
    reach: Interval
    per_error: Interval
    errors: Interval

    def as_json(self) -> ProjectionJson:
        return {
            "cases": self.cases, "gain": self.gain.as_json(), "reach": self.reach.as_json(),
            "per_error": self.per_error.as_json(), "errors": self.errors.as_json(),
        }  # fmt: skip


def usable_seconds(seconds: np.ndarray) -> np.ndarray:
    """Float (k,) of seconds float (k,), nan = not known: those the median of the known, none more than LONGEST times
    it; all nan where none is known."""
    known = seconds[~np.isnan(seconds)]
    if not len(known):
        return np.full(len(seconds), np.nan)
    median = float(np.median(known))
    return np.minimum(np.where(np.isnan(seconds), median, seconds), LONGEST * median)


def per_hour(found: int, seconds: float) -> Interval:
    """Rate per hour of what was found `found` times in so many seconds, with exact Poisson limits (Garwood 1936); nan
    to infinity where no time is known."""
    if not seconds > 0:
        return Interval(float("nan"), 0.0, float("inf"), found)
    hours = seconds / 3600
    low = float(chi2.ppf(0.025, 2 * found)) / 2 if found else 0.0
    return Interval(found / hours, low / hours, float(chi2.ppf(0.975, 2 * found + 2)) / 2 / hours, found)


def cut_points(n: int, points: int = POINTS) -> list[int]:
    """Numbers of decisions, from 0 to n, at which the recipe is trained: evenly apart."""
    return sorted({round(n * at / (points - 1)) for at in range(points)})


def project(curve: AlongDecisions, errors: Interval, cases: int = AHEAD) -> Projection | None:
    """What the next `cases` decisions are expected to bring; None where none has changed a label in the later half.

    Gain per label changed in the later half, times the `errors` expected among the next; the limits of either add up in
    squares (Zou & Donner 2008), and for its reach the chance by which two models differ.
    """
    middle = curve.middle()
    changed = int(curve.changed[-1] - curve.changed[middle])
    if changed < 1:
        return None
    worth = scaled(curve.gain(middle), 1 / changed)
    value = worth.value * errors.value
    differ = float(np.abs(curve.right[-1].astype(float) - curve.right[middle]).mean()) * errors.value / changed
    fewer, more = (errors.low, errors.high) if worth.value >= 0 else (errors.high, errors.low)
    below, above = (
        (errors.value * (limit - worth.value)) ** 2 + (worth.value * (other - errors.value)) ** 2
        for limit, other in ((worth.low, fewer), (worth.high, more))
    )

    def within(apart: float) -> Interval:
        return Interval(value, value - (below + apart) ** 0.5, value + (above + apart) ** 0.5, worth.n)

    chance = (float(ndtri(0.975)) * JITTER) ** 2 * differ
    return Projection(cases, within(0.0), within(chance), worth, errors)


def stop_word(gain: Interval, least: float) -> Word:
    """What a gain projected says beside the `least` that is worth its time."""
    if gain.high < least:
        return "stop"
    return "go on" if gain.low >= least else "cannot tell yet"


def scaled(found: Interval, factor: float) -> Interval:
    """A figure in another unit; factor > 0."""
    return Interval(found.value * factor, found.low * factor, found.high * factor, found.n)
