"""Where the parts of a dot-and-interval chart stand: shares beneath one another on one axis."""

from collections.abc import Sequence
from dataclasses import dataclass

from modeling.figures.charts.scale import Axis, around, axis, shares
from modeling.figures.words.numbers import percent, span

# Pixels from one row to the next, and from the top of a row to its dot and its words.
ROW, DOT, WORDS = 46, 32, 18


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
    y_text: int


@dataclass(frozen=True)
class DotChart:
    """height: in pixels, without the words of the axis."""

    marks: tuple[Mark, ...]
    axis: Axis
    height: int

    @property
    def words(self) -> str:
        """The shares as a sentence: Before 61.0 %, After 72.1 %."""
        return ", ".join(f"{mark.bar.name} {percent(mark.bar.value)}" for mark in self.marks)


def dot_chart(bars: Sequence[Bar], name: str = "") -> DotChart:
    """One row per bar, top to bottom, on one axis of that name that ends at round shares around every limit."""
    x = around(min(bar.low for bar in bars), max(bar.high for bar in bars))
    marks = tuple(
        Mark(bar, x(bar.value), x(bar.low), x(bar.high), ROW * row + DOT, ROW * row + WORDS)
        for row, bar in enumerate(bars)
    )
    return DotChart(marks, axis(x, name, shares(x)), ROW * len(bars))
