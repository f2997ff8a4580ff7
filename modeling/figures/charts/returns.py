"""Accuracy along the decisions, and what the next are expected to bring."""

from annotation.core.stored import LimitsJson
from modeling.core.watching.stored import ReturnsJson
from modeling.figures.charts.plot import DASHED, Ground, Plot
from modeling.figures.charts.scale import around, axis, between, shares


def returns_plot(found: ReturnsJson) -> Plot:
    """One spot per point with its interval; hollow and dashed, what the next decisions are projected to reach."""
    points = found["points"]
    last, ahead = points[-1], found["projection"]
    known = [point["accuracy"] for point in points]
    reach = _reached(last["accuracy"], ahead["reach"]) if ahead else None
    limits: list[LimitsJson] = [*known, reach] if reach else [*known]
    end = last["decisions"] + (ahead["cases"] if ahead else 0)
    x, y = between(0, end, least=1), around(min(one["low"] for one in limits), max(one["high"] for one in limits))
    on = Ground(x, y)
    lines = [on.line((point["decisions"], point["accuracy"]["value"]) for point in points)]
    spots = [on.spot(point["decisions"], point["accuracy"]) for point in points]
    if reach:
        lines.append(on.line([(last["decisions"], last["accuracy"]["value"]), (end, reach["value"])], dash=DASHED))
        spots.append(on.spot(end, reach, hollow=True))
    return Plot(
        axis(x, "decisions"), axis(y, "accuracy", shares(y), upright=True), tuple(lines), tuple(spots), n=found["rows"]
    )


def _reached(start: LimitsJson, gain: LimitsJson) -> LimitsJson:
    """Where the gain leads to from the last accuracy; its limits are those of the gain alone."""
    value, low, high = (min(max(start["value"] + gain[key], 0.0), 1.0) for key in ("value", "low", "high"))
    return {"value": value, "low": low, "high": high}
