"""What a run costs by the threshold from which it predicts a class."""

from collections.abc import Sequence

from modeling.core.proving.stored import ThresholdJson
from modeling.figures.charts.plot import DASHED, Band, Ground, Plot, Upright
from modeling.figures.charts.scale import around, axis, between

# The thresholds of the table beneath the chart.
SHOWN = tuple(number / 10 for number in range(11))
# The interval of a threshold is drawn at least so wide, in percent.
LEAST_BAND = 0.4


def cost_curve(found: ThresholdJson, unit: str) -> Plot:
    """found: `threshold` of a run's cost report."""
    tried, cost = found["tried"], found["cost"]
    on = Ground(between(0, 1), around(0, max(cost) or 1))
    low, high = on.x(found["low"]), on.x(min(found["high"], 1.0))
    chosen = min(found["value"], 1.0)
    return Plot(
        axis(on.x, f"probability from which “{found['class']}” is predicted"),
        axis(on.y, f"{unit} per 1,000 items", upright=True),
        lines=(on.line(steps(tried, cost)),),
        uprights=(
            Upright(on.x(min(found["by_theory"], 1.0)), "", "before", DASHED),
            Upright(on.x(chosen), "", "after", ""),
        ),
        band=Band(low, max(LEAST_BAND, round(high - low, 2))),
        kept=on.at(chosen, min(cost)),
    )


def cost_rows(found: ThresholdJson) -> list[tuple[float, float]]:
    """(threshold, cost per 1,000 items) of the table beneath the chart."""
    return [(threshold, cost_at(found["tried"], found["cost"], threshold)) for threshold in SHOWN]


def steps(tried: Sequence[float], cost: Sequence[float]) -> list[tuple[float, float]]:
    """(threshold, cost): the cost stays as it is from above one threshold tried to the next."""
    points = [(tried[0], cost[0])]
    for before, threshold, amount in zip(tried, tried[1:], cost[1:], strict=False):
        points += [(min(before, 1.0), amount), (min(threshold, 1.0), amount)]
    return points


def cost_at(tried: Sequence[float], cost: Sequence[float], threshold: float) -> float:
    """What a threshold costs: that of the next one tried, which predicts the same rows or nearly."""
    return next((amount for known, amount in zip(tried, cost, strict=True) if known >= threshold), cost[-1])
