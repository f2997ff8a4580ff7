"""Where the parts of a chart of gains stand: one row per cause, in points, on one axis that holds 0."""

from collections.abc import Sequence
from dataclasses import dataclass

from modeling.figures.charts.dots import ROW, Mark, marks_of
from modeling.figures.charts.scale import Axis, around, axis
from modeling.figures.words.numbers import signed, signed_span


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
class GainChart:
    """zero: where no gain stands, in percent. height: in pixels, without the words of the axis."""

    marks: tuple[Mark[GainBar], ...]
    axis: Axis
    zero: float
    height: int

    @property
    def words(self) -> str:
        return ", ".join(f"{mark.bar.name} {mark.bar.words} ({mark.bar.limits})" for mark in self.marks)


def gain_chart(bars: Sequence[GainBar]) -> GainChart:
    """One row per bar, top to bottom, on one axis in points that ends at round values around every limit and 0."""
    x = around(100 * min(0.0, *(bar.low for bar in bars)), 100 * max(0.01, *(bar.high for bar in bars)))
    return GainChart(marks_of(bars, x, unit=100), axis(x, "points of accuracy on production"), x(0.0), ROW * len(bars))
