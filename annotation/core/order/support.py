"""Where a probability may be shown: only where what was predicted before decisions came in is what they proved."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotation.core.intervals import Interval, wilson
from annotation.core.order.calibration import calibrate, probability, standing_for
from annotation.core.order.learned_order import held_out, learn, predicted_chance
from annotation.core.order.prior_evidence import PriorEvidence, take
from annotation.core.order.stored import CheckJson, SupportJson
from annotation.core.wording import listed, percent

# Ranges of probabilities that are checked each on its own.
RANGES = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0)
# Predictions in a range before it is believed, as many observations as they are worth.
ENOUGH = 25
# Decisions before the first is predicted; how many are predicted from the same ones, at least; how often, at most.
FIRST, STEP, STEPS = 50, 25, 3
# Odds this many times beyond the interval are as good as within: with many checked a small bias is sure and harmless.
NEARLY = 1.25
# A range is believed down to this quantile of the predictions checked in it: nobody looked beneath.
LOWEST = 0.05


@dataclass(frozen=True)
class Check:
    """What proved true of the predictions between two of RANGES. low, high: probabilities in [0, 1] between which the
    range is believed, for items with a chance of `reached` or above; said: mean of the predictions; proved: the share
    that was wrong, its n the observations they are worth."""

    low: float
    high: float
    reached: float
    said: float
    proved: Interval

    @property
    def holds(self) -> bool:
        """Enough were checked, and what was said lies within the interval of what proved true, or nearly."""
        low, high = _odds_times(self.proved.low, 1 / NEARLY), _odds_times(self.proved.high, NEARLY)
        return self.proved.n >= ENOUGH and low <= self.said <= high

    def covers(self, probability: np.ndarray, chance: np.ndarray) -> np.ndarray:
        return (probability >= self.low) & (probability <= self.high) & (chance >= self.reached)

    def as_json(self) -> CheckJson:
        proved = self.proved.as_json()
        return {"low": self.low, "high": self.high, "said": self.said, "proved": proved, "holds": self.holds}

    def in_words(self) -> str:
        """On what a probability in the range rests."""
        between = f"95 % interval {percent(self.proved.low)} to {percent(self.proved.high)}"
        return (
            f"Of {self.proved.n:,} labels predicted to be wrong with {percent(self.low)} to {percent(self.high)} "
            f"before they were decided, {percent(self.proved.value)} were ({between})."
        )


def check(decided: PriorEvidence, wrong: np.ndarray, weight: np.ndarray) -> tuple[Check, ...]:
    """The ranges in which predictions were made before the decisions, lowest first.

    decided: k items in the order of their decisions; wrong: bool (k,); weight: float (k,), as for `calibrate`. The
    newer half is predicted from what came before it, a step at a time (prequential; Dawid 1984).
    """
    chance, said = _before_decided(decided, wrong, weight)
    known = ~np.isnan(said)
    stands_for = np.ones(len(said))
    stands_for[known] = standing_for(chance[known], weight[known])
    place = np.clip(np.searchsorted(RANGES, said, side="right"), 1, len(RANGES) - 1)
    ranges = [(number, np.flatnonzero(known & (place == number))) for number in range(1, len(RANGES))]
    return tuple(
        _check(number, chance[own], said[own], wrong[own], stands_for[own]) for number, own in ranges if len(own)
    )


def _check(number: int, chance: np.ndarray, said: np.ndarray, wrong: np.ndarray, weight: np.ndarray) -> Check:
    worth = float(weight.sum() ** 2 / (weight**2).sum())
    share = float(np.average(wrong, weights=weight))
    low, reached = max(RANGES[number - 1], float(np.quantile(said, LOWEST))), float(np.quantile(chance, LOWEST))
    mean = float(np.average(said, weights=weight))
    return Check(low, RANGES[number], reached, mean, wilson(share * worth, worth))


def _before_decided(decided: PriorEvidence, wrong: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Chance and probability float (k,) of each decided item as they stood before its decision; nan where none did."""
    k = len(wrong)
    chance, said = np.full(k, np.nan), np.full(k, np.nan)
    first = max(FIRST, k // 2)
    step = max(STEP, -(-(k - first) // STEPS))
    for start in range(first, k, step):
        before, own = take(decided, np.arange(start)), np.arange(start, min(start + step, k))
        knots = calibrate(held_out(before, wrong[:start]), wrong[:start], weight[:start], FIRST)
        chance[own] = predicted_chance(learn(before, wrong[:start]), take(decided, own))
        said[own] = probability(chance[own], knots)
    return chance, said


def _odds_times(share: float, factor: float) -> float:
    return factor * share / (1 - share + factor * share)


def supported(probability: np.ndarray, chance: np.ndarray, checks: Sequence[Check]) -> np.ndarray:
    """Int (n,): the check that each item's probability rests on, by position; −1 = none, and it is not to be shown."""
    found = np.full(len(chance), -1)
    for number, one in enumerate(checks):
        if one.holds:
            found[one.covers(probability, chance)] = number
    return found


def where_shown(support: SupportJson) -> str:
    """Where a probability is shown, and why not elsewhere."""
    held = [one for one in support.get("checks", []) if one["holds"]]
    if not held:
        return (
            f"No chance is shown: in no range were {ENOUGH} labels predicted before they were decided, and as many of "
            "them wrong as predicted."
        )
    ranges = listed([f"{percent(one['low'])} to {percent(one['high'])}" for one in held])
    where = f"A chance is shown from {ranges}, where as many labels proved wrong as were predicted to be before they "
    if held[0]["low"] <= RANGES[1]:
        return f"{where}were decided. Elsewhere it is left out."
    return (
        f"{where}were decided. Elsewhere it is left out: of labels that look less likely too few were decided, or they "
        "did not prove as predicted. An audit draws some of those too."
    )
