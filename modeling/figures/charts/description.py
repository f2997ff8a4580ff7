"""The charts by which a run describes itself: reliability, the learning curve, slices."""

from collections.abc import Sequence
from dataclasses import dataclass

from modeling.core.fitting.stored import CurvePoint, LearningCurveJson, PowerLaw
from modeling.core.telling.stored import ReliabilityJson, SliceJson
from modeling.figures.charts.plot import DASHED, Ground, Plot
from modeling.figures.charts.scale import Axis, around, axis, between, shares

# Points by which a power law is drawn.
DRAWN = 40


def reliability_plot(before: ReliabilityJson, after: ReliabilityJson) -> Plot:
    """Share right over confidence for both, the diagonal dashed. before, after: a Reliability as JSON."""
    both = (("before", before), ("after", after))
    found = [one for _, part in both for one in part["bins"]]
    least = min(min(one["confidence"] for one in found), min(one["right"]["low"] for one in found))
    scale = around(least, 1.0)
    on = Ground(scale, scale)
    return Plot(
        axis(scale, "confidence in the predicted class", shares(scale)),
        axis(scale, "share predicted correctly", shares(scale), upright=True),
        lines=(on.line([(scale.low, scale.low), (scale.high, scale.high)], "other", DASHED),),
        spots=tuple(
            on.spot(one["confidence"], one["right"], series, series == "before")
            for series, part in both
            for one in part["bins"]
        ),
    )


def curve_plot(curve: LearningCurveJson, n: int) -> Plot:
    """Accuracy over the rows learned from; where a power law fits, its line dashed as far as it predicts.

    curve: a learning curve as JSON; n: rows of the whole snapshot."""
    points, expected = curve["points"], curve["expected"]
    last = n + expected["more"] if expected["fits"] else max(point["rows"] for point in points)
    law = _law_points(expected["curve"], points, last) if expected["fits"] else []
    highest = max([point["high"] for point in points] + [value for _, value in law])
    y = around(min(point["low"] for point in points), highest)
    on = Ground(between(0, last), y)
    lines = [on.line((one["rows"], one["accuracy"]) for one in points)]
    if law:
        lines.append(on.line(law, "other", DASHED))
    return Plot(
        axis(on.x, "labelled rows learned from"),
        axis(y, "accuracy", shares(y), upright=True),
        lines=tuple(lines),
        spots=tuple(
            on.spot(one["rows"], {"value": one["accuracy"], "low": one["low"], "high": one["high"]}) for one in points
        ),
    )


def _law_points(law: PowerLaw, points: Sequence[CurvePoint], last: float) -> list[tuple[float, float]]:
    """(rows, accuracy) along the law, from the first point measured on."""
    first = min(point["rows"] for point in points)
    rows = [last * (at + 1) / DRAWN for at in range(DRAWN)]
    return [(one, 1 - _law(law, one)) for one in rows if one >= first]


@dataclass(frozen=True)
class Strip:
    """The place of a share on a line of its own, all in percent of the width; rest: that of the rest."""

    dot: float
    left: float
    width: float
    rest: float


def strips(slices: Sequence[SliceJson]) -> tuple[list[Strip], Axis]:
    """One strip per slice, all on one axis between round shares."""
    limits = [share for one in slices for share in (one["right"]["low"], one["right"]["high"], one["rest"]["value"])]
    x = around(min(limits), max(limits))
    drawn = [
        Strip(x(one["right"]["value"]), x(one["right"]["low"]),
              round(x(one["right"]["high"]) - x(one["right"]["low"]), 2), x(one["rest"]["value"]))
        for one in slices
    ]  # fmt: skip
    return drawn, axis(x, "accuracy", shares(x))


def _law(curve: PowerLaw, rows: float) -> float:
    return curve["floor"] + curve["scale"] * max(rows, 1) ** -curve["power"]
