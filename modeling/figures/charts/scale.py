"""One scale and one axis for every chart: where a value stands, and which round values are marked."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor, log10

# Steps between the ticks of an axis, at most.
MOST_STEPS = 5
FACTORS = (1, 2, 5, 10)
# Binary fractions fall short of round numbers by this much and less.
SLACK = 1e-9
# A label nearer to an end of its axis than this, in percent, would be cut if it stood in the middle of its tick.
EDGE = 6.0


@dataclass(frozen=True)
class Scale:
    """A map of low … high to 0 … 100 percent of an axis, straight or, with `powers`, by the logarithm. step: between
    ticks, in the unit of the values; of powers of ten each is a tick."""

    low: float
    high: float
    step: float
    powers: bool = False

    def __call__(self, value: float) -> float:
        """Percent from the low end."""
        low, high, place = (log10(one) if self.powers else one for one in (self.low, self.high, value))
        return round(100 * (place - low) / (high - low), 2)

    def down(self, value: float) -> float:
        """Percent from the high end: from the top of an upright axis."""
        return round(100 - self(value), 2)

    @property
    def ticks(self) -> tuple[float, ...]:
        """The round values from low to high, ascending."""
        if self.powers:
            first, last = ceil(log10(self.low) - SLACK), floor(log10(self.high) + SLACK)
            return tuple(float(f"1e{at}") for at in range(first, last + 1))
        first, last = ceil(self.low / self.step - SLACK), floor(self.high / self.step + SLACK)
        return tuple(round(self.step * at, 12) for at in range(first, last + 1))


@dataclass(frozen=True)
class Tick:
    """at: percent from the left, or from the top of an upright axis."""

    words: str
    at: float

    @property
    def anchor(self) -> str:
        """Which end of the label stands at the tick."""
        return anchor_at(self.at)


@dataclass(frozen=True)
class Axis:
    """name: what it measures, with its unit; empty where the chart's title says it."""

    name: str
    ticks: tuple[Tick, ...]
    upright: bool = False


def around(low: float, high: float, most: int = MOST_STEPS) -> Scale:
    """A straight scale that ends at the round values just outside low and high, at most so many steps apart."""
    step = round_step((high - low) / most or abs(high) / 10)
    while True:
        first, last = floor(low / step + SLACK), ceil(high / step - SLACK)
        if last - first <= most:
            return Scale(round(first * step, 12), round(max(last, first + 1) * step, 12), step)
        step = round_step(step * 1.1)


def between(low: float, high: float, least: float = 0.0) -> Scale:
    """A straight scale that ends at low and high themselves; its ticks are inside and at least `least` apart."""
    return Scale(low, high, round_step(max((high - low) / MOST_STEPS, least)))


def powers_of_ten(low: float, high: float) -> Scale:
    """A logarithmic scale from low to high, both above 0."""
    return Scale(low, high, 10.0, powers=True)


def round_step(least: float) -> float:
    """The next of 1, 2, 5 · 10ᵏ; 1 where nothing is asked for."""
    if least <= 0:
        return 1.0
    power = floor(log10(least))
    found = next(factor for factor in FACTORS if factor * 10.0**power >= least * (1 - SLACK))
    return float(f"{found}e{power}")


def axis(scale: Scale, name: str = "", words: Callable[[float], str] | None = None, upright: bool = False) -> Axis:
    """The ticks of a scale in words: with as many decimals as its step needs, unless `words` says otherwise."""
    said = words or plain(scale)
    place = scale.down if upright else scale
    return Axis(name, tuple(Tick(said(value), place(value)) for value in scale.ticks), upright)


def plain(scale: Scale) -> Callable[[float], str]:
    """Numbers: 0.05, 1,500."""
    if scale.powers:
        return lambda value: f"{value:,g}"
    digits = decimals(scale.step)
    return lambda value: f"{value:,.{digits}f}".replace("-", "−")


def shares(scale: Scale) -> Callable[[float], str]:
    """Shares in percent: 0.05 → 5 %, the space unbreakable."""
    digits = decimals(100 * scale.step)
    return lambda value: f"{100 * value:.{digits}f}\u00a0%"


def decimals(step: float) -> int:
    """How many decimals tell its multiples apart."""
    return max(0, -floor(log10(step) + SLACK))


def anchor_at(at: float) -> str:
    """The anchor of a label at so many percent of an axis: no end of it is cut."""
    return "start" if at < EDGE else "end" if at > 100 - EDGE else "middle"
