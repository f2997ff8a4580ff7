"""Where the parts of a dot-and-interval chart stand. Pure numbers; the template draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from modeling.words import span

STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
MOST_TICKS = 6
# Nats between the lines of a loss curve.
LOSS_STEPS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
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


# A loss curve's drawing area, in its own units; the labels beneath take the rest of the height.
WIDE, TALL, FOOT = 600, 180, 26
SIDE = 40


@dataclass(frozen=True)
class Curve:
    """Two lines over epochs from 0 on, as SVG points: `train` and `validation`. best: x, y and epoch of the smallest
    validation loss; stopped: x and epoch of the last. ticks: (loss, y) from top to bottom; epochs: (epoch, x)."""

    train: str
    validation: str
    best: tuple[float, float, int]
    stopped: tuple[float, int]
    ticks: tuple[tuple[float, float], ...]
    epochs: tuple[tuple[int, float], ...]
    width: int = WIDE
    height: int = TALL + FOOT
    bottom: int = TALL
    left: int = SIDE

    @property
    def anchor(self) -> str:
        """The side of the best epoch on which there is room for its label."""
        return "end" if self.best[0] > WIDE * 0.6 else "start"


def loss_curve(found: dict[str, Any]) -> Curve | None:
    """found: a learner's curve_; None where fewer than two epochs have a loss."""
    rows = list(zip(found["train_loss"], found["validation_loss"], strict=True))
    rows = [row for row in rows if None not in row]
    if len(rows) < 2:
        return None
    top = max(max(row) for row in rows)
    step = next((step for step in LOSS_STEPS if top / step <= 4), top / 4)
    last, top = len(rows) - 1, step * ceil(top / step)

    def x(epoch: int) -> float:
        return round(SIDE + (WIDE - 2 * SIDE) * epoch / last, 1)

    def y(loss: float) -> float:
        return round(8 + (TALL - 8) * (1 - loss / top), 1)

    train, validation = (" ".join(f"{x(at)},{y(row[side])}" for at, row in enumerate(rows)) for side in (0, 1))
    best = found["best"]
    ticks = tuple((step * number, y(step * number)) for number in range(round(top / step), -1, -1))
    every = max(1, ceil(last / 6))
    epochs = tuple((epoch, x(epoch)) for epoch in range(0, last + 1, every))
    return Curve(train, validation, (x(best), y(rows[best][1]), best), (x(last), last), ticks, epochs)
