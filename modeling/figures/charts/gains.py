"""Where the parts of a chart of gains stand: one row per cause, in points, on one axis that holds 0."""

from collections.abc import Sequence
from dataclasses import dataclass

from modeling.figures.charts.scale import Axis, around, axis
from modeling.figures.words.numbers import signed, signed_span

# Pixels from one row to the next, and from the top of a row to its dot and its words.
ROW, DOT, WORDS = 46, 32, 18


@dataclass(frozen=True)
class GainBar:
    """A gain with its limits, a share of production rows. first: what is named foremost; hollow: nobody can mend it."""

    name: str
    value: float
    low: float
    high: float
    first: bool = False
    hollow: bool = False

    @property
    def words(self) -> str:
        return signed(self.value)

    @property
    def limits(self) -> str:
        return signed_span(self.low, self.high)


@dataclass(frozen=True)
class GainMark:
    """A bar and its place: x in percent of the width, y in pixels."""

    bar: GainBar
    x: float
    x_low: float
    x_high: float
    y: int
    y_text: int


@dataclass(frozen=True)
class GainChart:
    """zero: where no gain stands, in percent. height: in pixels, without the words of the axis."""

    marks: tuple[GainMark, ...]
    axis: Axis
    zero: float
    height: int

    @property
    def words(self) -> str:
        return ", ".join(f"{mark.bar.name} {mark.bar.words} ({mark.bar.limits})" for mark in self.marks)


def gain_chart(bars: Sequence[GainBar]) -> GainChart:
    """One row per bar, top to bottom, on one axis in points that ends at round values around every limit and 0."""
    x = around(100 * min(0.0, *(bar.low for bar in bars)), 100 * max(0.01, *(bar.high for bar in bars)))
    marks = tuple(
        GainMark(bar, x(100 * bar.value), x(100 * bar.low), x(100 * bar.high), ROW * row + DOT, ROW * row + WORDS)
        for row, bar in enumerate(bars)
    )
    return GainChart(marks, axis(x, "points of accuracy on production"), x(0.0), ROW * len(bars))
