"""A chart over two axes: lines, spots with their intervals, and what is marked. Everything in percent of the plot."""

from collections.abc import Iterable
from dataclasses import dataclass

from annotation.core.stored import LimitsJson
from modeling.figures.charts.scale import Axis, Scale

DASHED, DOTTED = "6 4", "2 3"
# A mark further right than this has its words on its left.
RIGHT = 60


@dataclass(frozen=True)
class Spot:
    """A value with its limits. series: "before", "after" or "other"; hollow: what is told apart without a colour."""

    x: float
    y: float
    y_low: float
    y_high: float
    series: str = "after"
    hollow: bool = False


@dataclass(frozen=True)
class PlotLine:
    """points: of an SVG polyline; dash: as SVG writes it, empty = whole."""

    points: str
    series: str = "after"
    dash: str = ""


@dataclass(frozen=True)
class Upright:
    """A vertical line that marks a value of the axis beneath, with its name."""

    x: float
    words: str
    series: str = "other"
    dash: str = DASHED

    @property
    def anchor(self) -> str:
        return "end" if self.x > RIGHT else "start"

    @property
    def aside(self) -> int:
        """Pixels from the line to its words."""
        return -8 if self.x > RIGHT else 8


@dataclass(frozen=True)
class Band:
    """An interval on the axis beneath, shaded."""

    x: float
    width: float


@dataclass(frozen=True)
class Plot:
    """kept: the one spot that stands out, as (x, y); n: rows behind the figures, where one number says it."""

    x: Axis
    y: Axis
    lines: tuple[PlotLine, ...] = ()
    spots: tuple[Spot, ...] = ()
    uprights: tuple[Upright, ...] = ()
    band: Band | None = None
    kept: tuple[float, float] | None = None
    title: str = ""
    n: int | None = None
    radius: float = 4


@dataclass(frozen=True)
class Ground:
    """The two scales of a plot; from values to places."""

    x: Scale
    y: Scale

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.x(x), self.y.down(y)

    def line(self, values: Iterable[tuple[float, float]], series: str = "after", dash: str = "") -> PlotLine:
        places = (self.at(x, y) for x, y in values)
        return PlotLine(" ".join(f"{x},{y}" for x, y in places), series, dash)

    def spot(self, x: float, share: LimitsJson, series: str = "after", hollow: bool = False) -> Spot:
        low, high = self.y.down(share["low"]), self.y.down(share["high"])
        return Spot(self.x(x), self.y.down(share["value"]), low, high, series, hollow)
