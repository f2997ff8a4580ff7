"""Where the lines of accuracy over size stand. Pure numbers; the template draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from modeling.figures.charts.dots import axis

TALL, HEAD, FOOT, SIDE = 190, 26, 40, 8.0
# Percent of the width by which the series stand apart, so that their intervals do not cover one another.
APART = 0.7
# (labels, regularized) in the order of their places.
SERIES = (("old", False), ("old", True), ("new", False), ("new", True))


@dataclass(frozen=True)
class Dot:
    """x in percent of the width, y and its limits in pixels."""

    x: float
    y: float
    y_low: float
    y_high: float


@dataclass(frozen=True)
class GrowthLine:
    """series: "before" for old labels, "after" for new ones; dashed: without regularization. points: for a polyline."""

    series: str
    dashed: bool
    points: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class Panel:
    """One slice of the rows, n of them. ticks: (share, y); sizes: (words, x)."""

    title: str
    n: int
    lines: tuple[GrowthLine, ...]
    ticks: tuple[tuple[float, float], ...]
    sizes: tuple[tuple[str, float], ...]
    digits: int
    head: int = HEAD
    bottom: int = HEAD + TALL
    height: int = HEAD + TALL + FOOT
    left: float = SIDE
    right: float = 100 - SIDE / 2


def panels(points: Sequence[dict[str, Any]]) -> list[Panel]:
    """Overall, and contested where there are such rows; both on the same sizes, each with an axis of its own."""
    known = [point for point in points if point["run"]]
    names = (("overall", "All items"), ("contested", "Contested items"))
    return [_panel(title, name, known) for name, title in names if known and known[0][name]["n"]]


def _panel(title: str, name: str, points: Sequence[dict[str, Any]]) -> Panel:
    sizes = sorted({point["size"] for point in points})
    limits = [point[name] for point in points]
    step, first, last = axis(min(one["low"] for one in limits), max(one["high"] for one in limits))
    low, high = first * step, last * step

    def x(size: Any, place: float = 0.0) -> float:
        inner = SIDE + 4
        return round(inner + (96 - inner) * sizes.index(size) / max(len(sizes) - 1, 1) + APART * place, 2)

    def y(share: float) -> float:
        return round(HEAD + TALL * (1 - (share - low) / (high - low)), 1)

    lines = []
    for at, (labels, held) in enumerate(SERIES):
        mine = [point for point in points if (point["labels"], point["regularized"]) == (labels, held)]
        dots = tuple(
            Dot(x(one["size"], at - 1.5), y(one[name]["value"]), y(one[name]["low"]), y(one[name]["high"]))
            for one in sorted(mine, key=lambda one: one["size"])
        )
        if dots:
            joined = " ".join(f"{dot.x},{dot.y}" for dot in dots)
            lines.append(GrowthLine("before" if labels == "old" else "after", not held, joined, dots))
    ticks = tuple((tick * step, y(tick * step)) for tick in range(last, first - 1, -1))
    marks = tuple((f"{size:,}", x(size)) for size in sizes)
    return Panel(title, limits[0]["n"], tuple(lines), ticks, marks, 0 if step >= 0.01 else 1)
