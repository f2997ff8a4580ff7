"""Where the parts of a path of penalties stand: log loss over C. Pure numbers; the template draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

from modeling.figures.charts.dots import SIDE, TALL, Frame, anchor_at

STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
# Ratios are told apart by how their lines are broken, not by colour alone.
DASHES = ("", "6 4", "2 3")


@dataclass(frozen=True)
class PathPoint:
    """x in percent of the width; y, y_low and y_high, one standard error beneath and above it, in pixels."""

    x: float
    y: float
    y_low: float
    y_high: float


@dataclass(frozen=True)
class PathLine:
    """One L1 ratio: its name in words, SVG points, and how the line is broken."""

    name: str
    dash: str
    points: tuple[PathPoint, ...]

    @property
    def svg(self) -> str:
        return " ".join(f"{point.x},{point.y}" for point in self.points)


@dataclass(frozen=True)
class PathChart(Frame):
    """chosen: x, y and C. ticks: (loss, y); Cs: (power of ten in words, x). digits: decimals of a tick."""

    lines: tuple[PathLine, ...]
    chosen: tuple[float, float, float]
    ticks: tuple[tuple[float, float], ...]
    Cs: tuple[tuple[str, float], ...]
    digits: int

    @property
    def anchor(self) -> str:
        return anchor_at(self.chosen[0])


def path_chart(path: Sequence[dict[str, Any]], C: float, l1_ratio: float) -> PathChart | None:
    """path: as LogisticLearner's path_; None where one value of C alone was tried, or nothing could be told."""
    spread = sorted({entry["C"] for entry in path})
    chosen = next((entry for entry in path if (entry["C"], entry["l1_ratio"]) == (C, l1_ratio)), None)
    if len(spread) < 2 or chosen is None or not any(entry["log_loss"] for entry in path):
        return None
    low = min(entry["log_loss"] - entry["error"] for entry in path)
    high = max(entry["log_loss"] + entry["error"] for entry in path)
    step = next((step for step in STEPS if (high - low) / step <= 4), STEPS[-1])
    first, last = floor(low / step), max(ceil(high / step), floor(low / step) + 1)
    decades = log10(spread[0]), log10(spread[-1])

    def x(value: float) -> float:
        return round(SIDE + (100 - 2 * SIDE) * (log10(value) - decades[0]) / (decades[1] - decades[0]), 2)

    def y(loss: float) -> float:
        return round(8 + (TALL - 8) * (last - loss / step) / (last - first), 1)

    def point(entry: dict[str, Any]) -> PathPoint:
        loss, error = entry["log_loss"], entry["error"]
        return PathPoint(x(entry["C"]), y(loss), y(loss - error), y(loss + error))

    lines = tuple(
        PathLine(ratio_words(ratio), DASHES[at % len(DASHES)], tuple(map(point, entries)))
        for at, (ratio, entries) in enumerate(by_ratio(path).items())
    )
    powers = range(ceil(decades[0] - 1e-9), floor(decades[1] + 1e-9) + 1)
    ticks = tuple((step * at, y(step * at)) for at in range(last, first - 1, -1))
    Cs = tuple((f"{10.0**power:g}", x(10.0**power)) for power in powers)
    return PathChart(lines, (x(C), y(chosen["log_loss"]), C), ticks, Cs, 3 if step < 0.01 else 2 if step < 0.1 else 1)


def by_ratio(path: Sequence[dict[str, Any]]) -> dict[float, list[dict[str, Any]]]:
    """The entries of each L1 ratio, in the order they were tried."""
    found: dict[float, list[dict[str, Any]]] = {}
    for entry in path:
        found.setdefault(entry["l1_ratio"], []).append(entry)
    return found


def ratio_words(ratio: float) -> str:
    return {0.0: "L2", 1.0: "L1"}.get(ratio, f"elastic net, L1 ratio {ratio:g}")
