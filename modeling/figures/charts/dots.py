"""Where the parts of a dot-and-interval chart stand. Pure numbers; the template draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from modeling.figures.words.numbers import span

STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
MOST_TICKS = 6
# Nats between the lines of a loss curve.
LOSS_STEPS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0, 1000.0)
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

    marks = tuple(Mark(bar, x(bar.value), x(bar.low), x(bar.high), ROW * row + 32) for row, bar in enumerate(bars))
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


# A loss curve: its height and the room for labels beneath in pixels, and the percent of the width kept at either end.
TALL, FOOT, SIDE = 180, 26, 6.0


class Frame:
    """The place a chart of losses takes up: x in percent of the width, y in pixels."""

    bottom: int = TALL
    height: int = TALL + FOOT
    left: float = SIDE
    right: float = 100 - SIDE


def anchor_at(x: float) -> str:
    """The side of a mark at x on which there is room for its label."""
    return "end" if x > 60 else "start"


@dataclass(frozen=True)
class Curve(Frame):
    """Two lines over epochs from 0 on, `train` and `validation`, as SVG points; x in percent of the width, y in pixels.
    best: x, y and epoch of the smallest validation loss. ticks: (loss, y) from top to bottom, `digits` decimals each;
    epochs: (epoch, x)."""

    train: str
    validation: str
    best: tuple[float, float, int]
    ticks: tuple[tuple[float, float], ...]
    epochs: tuple[tuple[int, float], ...]
    digits: int

    @property
    def anchor(self) -> str:
        return anchor_at(self.best[0])


def loss_curve(found: dict[str, Any]) -> Curve | None:
    """found: a learner's curve_; None where fewer than two epochs have a loss."""
    rows = list(zip(found["train_loss"], found["validation_loss"], strict=True))
    rows = [row for row in rows if None not in row]
    if len(rows) < 2:
        return None
    highest, last, best = max(max(row) for row in rows), len(rows) - 1, found["best"]
    step = next((step for step in LOSS_STEPS if highest / step <= 4), LOSS_STEPS[-1])
    steps = ceil(highest / step) or 1

    def x(epoch: int) -> float:
        return round(SIDE + (100 - 2 * SIDE) * epoch / last, 2)

    def y(loss: float) -> float:
        return round(8 + (TALL - 8) * (1 - loss / (step * steps)), 1)

    train, validation = (" ".join(f"{x(at)},{y(row[side])}" for at, row in enumerate(rows)) for side in (0, 1))
    ticks = tuple((step * number, y(step * number)) for number in range(steps, -1, -1))
    epochs = tuple((epoch, x(epoch)) for epoch in range(0, last + 1, max(1, ceil(last / 6))))
    return Curve(train, validation, (x(best), y(rows[best][1]), best), ticks, epochs, 2 if step < 0.1 else 1)
