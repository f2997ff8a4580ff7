"""When a cause is named, and when nobody can tell yet."""

from dataclasses import dataclass, replace

from annotation.core.intervals import Interval

LABELS, FIT, DATA, COVERAGE, NOBODY = "labels", "fit", "data", "coverage", "nobody"
# What is found times this is what mending the cause was worth where it was planted (`bench.proof_diagnosis`).
FACTORS = {LABELS: 1.0, FIT: 1.0, DATA: 1.0, COVERAGE: 1.25, NOBODY: 1.0}
# Where labels are wrong a stronger penalty hides some of it: it comes first only if it gains so many times as much.
HIDES = 1.5
# How far what is found misses what mending was worth, beside the sampling of production rows: so much, and this part of
# it more. The least that held nine in ten of the plants on the sets that set the bars; on the others they held .88.
# A penalty is tried out, and misses nothing.
MISS, MISSED_PART = 0.03, 0.75
# Gains, shares of production rows, from which a cause is worth naming; its interval must lie above 0.
BARS = {LABELS: 0.02, FIT: 0.02, DATA: 0.03, COVERAGE: 0.02, NOBODY: 0.04}


@dataclass(frozen=True)
class Cause:
    """gain: of accuracy on production, if this were mended and nothing else, a share of production rows; of NOBODY the
    share that no hour would mend. Its limits are those of sampling production rows, by which a cause is named."""

    name: str
    gain: Interval

    @property
    def stands(self) -> bool:
        return self.gain.low > 0 and self.gain.value >= BARS[self.name]

    @property
    def expected(self) -> Interval:
        """The gain with limits that hold how far such estimates miss as well."""
        miss = 0.0 if self.name == FIT else MISS + MISSED_PART * max(0.0, self.gain.value)
        return replace(self.gain, low=self.gain.low - miss, high=self.gain.high + miss)


def named(causes: tuple[Cause, ...], learned: bool = True) -> tuple[str, ...]:
    """Those that stand, the largest gain first; what nobody can mend last, however large: an hour is spent on what can
    be mended. Empty where none stands. learned: whether enough was learned to call anything beyond mending."""
    standing = [one for one in causes if one.stands and (learned or one.name != NOBODY)]
    hidden = HIDES if LABELS in {one.name for one in standing} else 1.0

    def size(one: Cause) -> float:
        return one.gain.value / (hidden if one.name == FIT else 1.0)

    standing.sort(key=lambda one: (one.name == NOBODY, -size(one)))
    return tuple(one.name for one in standing)
