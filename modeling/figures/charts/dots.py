"""Where the parts of a dot-and-interval chart stand: shares beneath one another on one axis."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from modeling.figures.charts.scale import Axis, Scale, around, axis, shares
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


class Limited(Protocol):
    """A figure with its limits, such as a bar of a chart."""

    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


B = TypeVar("B", bound=Limited)


@dataclass(frozen=True)
class Mark(Generic[B]):
    """A bar and its place: x in percent of the width, y in pixels."""

    bar: B
    x: float
    x_low: float
    x_high: float
    y: int
    y_text: int


def marks_of(bars: Sequence[B], x: Scale, unit: float = 1.0) -> tuple[Mark[B], ...]:
    """The bars beneath one another. unit: how much of what `x` measures a figure of 1 is."""
    return tuple(
        Mark(bar, x(unit * bar.value), x(unit * bar.low), x(unit * bar.high), ROW * row + DOT, ROW * row + WORDS)
        for row, bar in enumerate(bars)
    )


@dataclass(frozen=True)
class DotChart:
    """height: in pixels, without the words of the axis."""

    marks: tuple[Mark[Bar], ...]
    axis: Axis
    height: int

    @property
    def words(self) -> str:
        """The shares as a sentence: Before 61.0 %, After 72.1 %."""
        return ", ".join(f"{mark.bar.name} {percent(mark.bar.value)}" for mark in self.marks)


def dot_chart(bars: Sequence[Bar], name: str = "") -> DotChart:
    """One row per bar, top to bottom, on one axis of that name that ends at round shares around every limit."""
    x = around(min(bar.low for bar in bars), max(bar.high for bar in bars))
    return DotChart(marks_of(bars, x), axis(x, name, shares(x)), ROW * len(bars))
