"""Where the parts of the charts of a run's page stand. Pure numbers; the template draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

from modeling.figures.charts.dots import axis

# Pixels: the height of the plot, the room above and beneath it; percent of the width kept free at either end.
TALL, HEAD, FOOT, SIDE = 220, 8, 40, 8.0
DRAWN = 40
ROW_STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Spot:
    """A share with its limits: x in percent of the width, the ys in pixels. series: "before" or "after"."""

    x: float
    y: float
    y_low: float
    y_high: float
    series: str


@dataclass(frozen=True)
class PlotLine:
    """points: of an SVG polyline in percent and pixels; dashed: what is no measurement."""

    points: str
    series: str
    dashed: bool


@dataclass(frozen=True)
class Plot:
    """Shares over a number. ticks: (share, y), from bottom to top; across: (label, x in percent)."""

    spots: tuple[Spot, ...]
    lines: tuple[PlotLine, ...]
    ticks: tuple[tuple[float, float], ...]
    across: tuple[tuple[str, float], ...]
    bottom: int = TALL
    height: int = TALL + FOOT
    left: float = SIDE
    right: float = 100 - SIDE


@dataclass(frozen=True)
class Scale:
    """A straight map of low … high to first … last."""

    low: float
    high: float
    first: float
    last: float

    def __call__(self, value: float) -> float:
        return round(self.first + (self.last - self.first) * (value - self.low) / (self.high - self.low), 2)


def reliability_plot(before: dict[str, Any], after: dict[str, Any]) -> Plot:
    """Share right over confidence for both, the diagonal dashed. before, after: a Reliability as JSON."""
    both = (("before", before), ("after", after))
    found = [one for _, told in both for one in told["bins"]]
    least = min(min(one["confidence"] for one in found), min(one["right"]["low"] for one in found))
    step, low, high = axis(least, 1.0)
    x = Scale(low * step, high * step, SIDE, 100 - SIDE)
    y = Scale(low * step, high * step, TALL, HEAD)
    spots = tuple(_spot(x(one["confidence"]), y, one["right"], series) for series, told in both for one in told["bins"])
    marks = [tick * step for tick in range(low, high + 1)]
    diagonal = PlotLine(f"{x(marks[0])},{y(marks[0])} {x(marks[-1])},{y(marks[-1])}", "other", True)
    across = tuple((f"{100 * tick:.0f} %", x(tick)) for tick in marks)
    return Plot(spots, (diagonal,), tuple((tick, y(tick)) for tick in marks), across)


def curve_plot(curve: dict[str, Any], n: int) -> Plot:
    """Accuracy over the rows learned from; where a power law fits, its line dashed as far as it foretells.

    curve: a learning curve as JSON; n: rows of the whole snapshot."""
    points, expected = curve["points"], curve["expected"]
    last = n + expected["more"] if expected["fits"] else max(point["rows"] for point in points)
    law = [1 - _law(expected["curve"], last * (at + 1) / DRAWN) for at in range(DRAWN)] if expected["fits"] else []
    first = min(point["rows"] for point in points)
    law_at = [(last * (at + 1) / DRAWN, value) for at, value in enumerate(law) if last * (at + 1) / DRAWN >= first]
    highest = max([point["high"] for point in points] + [value for _, value in law_at])
    step, low, high = axis(min(point["low"] for point in points), highest)
    x, y = Scale(0, last, SIDE, 100 - SIDE), Scale(low * step, high * step, TALL, HEAD)
    spots = tuple(_spot(x(one["rows"]), y, {**one, "value": one["accuracy"]}, "after") for one in points)
    measured = PlotLine(" ".join(f"{spot.x},{spot.y}" for spot in spots), "after", False)
    lines = [measured]
    if law_at:
        lines.append(PlotLine(" ".join(f"{x(rows)},{y(value)}" for rows, value in law_at), "other", True))
    ticks = tuple((tick * step, y(tick * step)) for tick in range(low, high + 1))
    return Plot(spots, tuple(lines), ticks, tuple((f"{rows:,}", x(rows)) for rows in round_steps(last)))


@dataclass(frozen=True)
class Strip:
    """The place of a share on a line of its own, all in percent of the width; rest: that of the rest."""

    dot: float
    left: float
    width: float
    rest: float


def strips(slices: Sequence[dict[str, Any]]) -> tuple[list[Strip], float, float]:
    """One strip per slice, all on one scale between round shares, and the two ends of it."""
    limits = [one["right"][side] for one in slices for side in ("low", "high")]
    limits += [one["rest"]["value"] for one in slices]
    step, low, high = axis(min(limits), max(limits))
    x = Scale(low * step, high * step, 0, 100)
    drawn = [
        Strip(x(one["right"]["value"]), x(one["right"]["low"]), x(one["right"]["high"]) - x(one["right"]["low"]),
              x(one["rest"]["value"]))
        for one in slices
    ]  # fmt: skip
    return drawn, low * step, high * step


def round_steps(last: float, most: int = 5) -> list[int]:
    """Round numbers from 0 to at most `last`, no more than `most` above 0."""
    size = 1
    while True:
        for step in ROW_STEPS:
            if last / (step * size) <= most:
                return list(range(0, floor(last) + 1, step * size))
        size *= 10


def _spot(x: float, y: Scale, share: dict[str, float], series: str) -> Spot:
    return Spot(x, y(share["value"]), y(share["low"]), y(share["high"]), series)


def _law(curve: dict[str, float], rows: float) -> float:
    return curve["floor"] + curve["scale"] * max(rows, 1) ** -curve["power"]
