"""Where the parts of a dot-and-interval chart stand. Pure numbers; the template draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

from modeling.words import span

STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
MOST_TICKS = 6
# Percent of the width kept free at either end, so that the labels of the outermost ticks are not cut.
EDGE = 3.0
ROW = 46


@dataclass(frozen=True)
class Bar:
    """A share in [0, 1] with its limits. series: "before", "after" or "" for the rest."""

    name: str
    value: float
    low: float
    high: float
    n: int
    series: str = ""

    @property
    def limits(self) -> str:
        return span(self.low, self.high)


@dataclass(frozen=True)
class Mark:
    """A bar and its place: x in percent of the width, y in pixels."""

    bar: Bar
    x: float
    x_low: float
    x_high: float
    y: int

    @property
    def y_text(self) -> int:
        return self.y - 14


@dataclass(frozen=True)
class Chart:
    """ticks: (share, x in percent). bottom: y of the end of the grid lines; height: of the whole, both in pixels.
    digits: decimals a tick needs in percent."""

    marks: tuple[Mark, ...]
    ticks: tuple[tuple[float, float], ...]
    bottom: int
    height: int
    digits: int


def dot_chart(bars: Sequence[Bar]) -> Chart:
    """One row per bar, top to bottom, on one axis that ends at round shares around every limit."""
    step, low, high = axis(min(bar.low for bar in bars), max(bar.high for bar in bars))
    first, last = low * step, high * step

    def x(share: float) -> float:
        return round(EDGE + (100 - 2 * EDGE) * (share - first) / (last - first), 2)

    marks = tuple(
        Mark(bar, x(bar.value), x(bar.low), x(bar.high), ROW * row + 32) for row, bar in enumerate(bars)
    )
    ticks = tuple((tick * step, x(tick * step)) for tick in range(low, high + 1))
    bottom = ROW * len(bars)
    return Chart(marks, ticks, bottom, bottom + 22, 0 if step >= 0.01 else 1)


def axis(low: float, high: float) -> tuple[float, int, int]:
    """A round step, and the multiples of it just outside the limits, with at most MOST_TICKS ticks."""
    for step in STEPS:
        first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
        if last - first < MOST_TICKS:
            return step, first, max(last, first + 1)
    return STEPS[-1], 0, 2
