"""The model in use, week by week: its accuracy with intervals, and whether it fell below the interval it had."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from annotation.core.intervals import Interval
from modeling.core.proving.paired import share_by_group
from modeling.core.watching.stored import BatchJson

# Chance of a false alert: so much in a year of weeks, and as much again because the reference itself is an estimate.
ALPHA = 0.025
WEEKS = 52
# What is asked of the outcomes: all together, by week, by source. Each has a third of ALPHA.
FAMILIES = 3
# Inputs of known outcome that the first weeks must hold before they can be what later ones are held to.
REFERENCE = 100
# The accuracies, as shares of the threshold, that a fall may have led to.
FALLS = (np.arange(40) + 0.5) / 40


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Production items whose outcome is known. right: bool (n,); week: its Monday, datetime64[D] (n,); source: str
    (n,); groups: int (n,), near-copies together."""

    right: np.ndarray
    week: np.ndarray
    source: np.ndarray
    groups: np.ndarray

    def of(self, chosen: np.ndarray) -> "Outcomes":
        return Outcomes(self.right[chosen], self.week[chosen], self.source[chosen], self.groups[chosen])

    @property
    def inputs(self) -> np.ndarray:
        """Float (groups,) in [0, 1]: the share of each near-duplicate group that is right."""
        _, unit = np.unique(self.groups, return_inverse=True)
        return np.bincount(unit, self.right) / np.maximum(np.bincount(unit), 1)

    @property
    def accuracy(self) -> Interval | None:
        """By near-duplicate group; None of nothing."""
        return share_by_group(self.right, self.groups) if len(self.right) else None

    def by_input(self) -> Interval:
        """Accuracy with each near-duplicate group counted once: what falls are measured from."""
        values = self.inputs
        return share_by_group(values, np.arange(len(values)))


def mondays(received: np.ndarray) -> np.ndarray:
    """The Monday of the week of each moment, datetime64[D] (n,)."""
    days = received.astype("datetime64[D]").astype(np.int64)
    # 1 January 1970 was a Thursday
    return (days - (days + 3) % 7).astype("datetime64[D]")


def first_weeks(week: np.ndarray, groups: np.ndarray, least: int = REFERENCE) -> np.ndarray:
    """Bool (n,): the rows of the earliest weeks that together hold `least` groups; all False where all do not."""
    for monday in np.unique(week):
        chosen = week <= monday
        if len(np.unique(groups[chosen])) >= least:
            return chosen
    return np.zeros(len(week), dtype=bool)


def below(inputs: np.ndarray, threshold: float) -> float:
    """p that the inputs, float (g,) in [0, 1], have a mean of `threshold` in (0, 1) or more; of none it is 1."""
    return float(below_so_far(inputs, threshold)[-1]) if len(inputs) else 1.0


def below_so_far(inputs: np.ndarray, threshold: float) -> np.ndarray:
    """The same after each input, float (g,): valid together, however often and whenever one looks while outcomes come.

    One over the mean, over accuracies a fall may have led to, of the likelihood ratios against the threshold (Robbins
    1970; Ville's inequality; for shares instead of hits, Waudby-Smith & Ramdas 2024).
    """
    fallen = threshold * FALLS
    ratio = inputs[:, None] * (fallen / threshold) + (1 - inputs[:, None]) * ((1 - fallen) / (1 - threshold))
    evidence = logsumexp(np.log(ratio).cumsum(axis=0), axis=1) - np.log(len(fallen))
    return np.exp(-np.maximum(evidence, 0.0))


def judge(found: Outcomes, received: int, name: str, threshold: float | None, tests: float) -> BatchJson:
    """A batch with its accuracy and whether that is below the threshold, corrected for so many tests; None = nothing to
    hold it to."""
    accuracy = found.accuracy
    p = min(1.0, below(found.inputs, threshold) * tests) if threshold is not None else None
    return {
        "name": name, "received": received, "labelled": len(found.right),
        "accuracy": accuracy.as_json() if accuracy else None, "p": p, "below": p is not None and p <= ALPHA,
    }  # fmt: skip


def judge_weeks(found: Outcomes, received: np.ndarray, tested: np.ndarray, threshold: float | None) -> list[BatchJson]:
    """One batch per week in which anything came in. received: weeks of all items, datetime64[D] (m,); tested: bool
    (n,), outcomes that are no part of the reference."""
    weeks, counts = np.unique(received, return_counts=True)
    held = set(found.week[~tested].tolist())
    return [
        judge(found.of(found.week == week), int(n), str(week), None if week.item() in held else threshold,
              FAMILIES * WEEKS)
        for week, n in zip(weeks, counts, strict=True)
    ]  # fmt: skip


def judge_sources(found: Outcomes, sources: np.ndarray, tested: np.ndarray, threshold: float | None) -> list[BatchJson]:
    """One batch per source in the order in which they first came; the k-th of however many may come has a share of
    1 / k(k + 1). sources: of all items in the order of time, str (m,)."""
    names = list(dict.fromkeys(sources.tolist()))
    counts = dict(zip(*np.unique(sources, return_counts=True), strict=True))
    later = found.of(tested)
    return [
        judge(later.of(later.source == name), int(counts[name]), name, threshold, FAMILIES * (at + 1) * (at + 2))
        for at, name in enumerate(names)
    ]


def names_below(batches: Sequence[BatchJson]) -> list[str]:
    return [one["name"] for one in batches if one["below"]]
