"""Where the parts of a curve of cost over threshold stand. Pure numbers; the template draws them."""

from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

# Height, room for labels beneath in pixels, and percent of the width kept at either end.
TALL, FOOT, LEFT, RIGHT = 190, 26, 9.0, 97.0
MOST_LINES = 4
SHOWN = tuple(number / 10 for number in range(11))


@dataclass(frozen=True)
class CostCurve:
    """points: SVG points, x in percent of the width, y in pixels. chosen, theory: x of the two thresholds; low, high:
    of the interval of the one chosen. y: of the least cost. ticks: (cost per 1,000 items, y) from top to bottom; marks:
    (threshold, x). rows: (threshold, cost per 1,000 items) for the table beneath."""

    points: str
    chosen: float
    low: float
    high: float
    theory: float
    y: float
    ticks: tuple[tuple[float, float], ...]
    marks: tuple[tuple[float, float], ...]
    rows: tuple[tuple[float, float], ...]
    bottom: int = TALL
    height: int = TALL + FOOT
    left: float = LEFT
    right: float = RIGHT

    @property
    def width(self) -> float:
        return max(0.4, round(self.high - self.low, 2))


def cost_curve(found: dict[str, Any]) -> CostCurve:
    """found: `threshold` of a run's cost report."""
    tried, cost = found["tried"], found["cost"]
    step = round_step(max(cost) / MOST_LINES)
    lines = ceil(max(cost) / step - 1e-9) or 1

    def x(threshold: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * min(threshold, 1.0), 2)

    def y(amount: float) -> float:
        return round(8 + (TALL - 8) * (1 - amount / (step * lines)), 1)

    ticks = tuple((step * number, y(step * number)) for number in range(lines, -1, -1))
    return CostCurve(
        " ".join(steps(tried, cost, x, y)), x(found["value"]), x(found["low"]), x(found["high"]), x(found["by_theory"]),
        y(min(cost)), ticks, tuple((share, x(share)) for share in SHOWN[::2]),
        tuple((share, cost_at(tried, cost, share)) for share in SHOWN),
    )  # fmt: skip


def steps(tried: list[float], cost: list[float], x: Any, y: Any) -> list[str]:
    """The cost stays as it is from above one threshold tried to the next."""
    points = [f"{x(tried[0])},{y(cost[0])}"]
    for before, threshold, amount in zip(tried, tried[1:], cost[1:], strict=False):
        points += [f"{x(before)},{y(amount)}", f"{x(threshold)},{y(amount)}"]
    return points


def cost_at(tried: list[float], cost: list[float], threshold: float) -> float:
    """What a threshold costs: that of the next one tried, which predicts the same rows or nearly."""
    return next((amount for known, amount in zip(tried, cost, strict=True) if known >= threshold), cost[-1])


def round_step(least: float) -> float:
    """The next of 1, 2, 5 · 10ᵏ."""
    if least <= 0:
        return 1.0
    power = 10.0 ** floor(log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
