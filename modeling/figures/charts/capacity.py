"""Accuracy as a recipe grows: on all items and on contested ones."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from modeling.core.fitting.stored import GrowthPoint
from modeling.figures.charts.plot import DASHED, Ground, Plot, PlotLine, Spot
from modeling.figures.charts.scale import Axis, Scale, Tick, around, axis, shares

SliceName: TypeAlias = Literal["overall", "contested"]
# Parts of a step by which the series stand apart, so that their intervals do not cover one another.
APART = 0.04
# (labels, regularized) in the order of their places.
SERIES = (("old", False), ("old", True), ("new", False), ("new", True))
SLICES: tuple[tuple[SliceName, str], ...] = (("overall", "All items"), ("contested", "Contested items"))


def growth_plots(points: Sequence[GrowthPoint], across: str) -> list[Plot]:
    """Overall, and contested where there are such rows; both on the same sizes, each with an axis of its own."""
    known = [point for point in points if point["run"]]
    return [_plot(title, name, known, across) for name, title in SLICES if known and known[0][name]["n"]]


def _plot(title: str, name: SliceName, points: Sequence[GrowthPoint], across: str) -> Plot:
    sizes = sorted({point["size"] for point in points})
    found = [point[name] for point in points]
    y = around(min(one["low"] for one in found), max(one["high"] for one in found))
    # sizes grow by factors, so they stand at equal distances
    on = Ground(Scale(-0.25, len(sizes) - 0.75, 1.0), y)
    drawn = [_series(on, name, points, sizes, at) for at in range(len(SERIES))]
    x = Axis(across, tuple(Tick(f"{size:,}", on.x(place)) for place, size in enumerate(sizes)))
    return Plot(
        x,
        axis(y, "accuracy", shares(y), upright=True),
        lines=tuple(line for line, spots in drawn if spots),
        spots=tuple(spot for _, spots in drawn for spot in spots),
        title=title,
        n=found[0]["n"],
    )


def _series(
    on: Ground, name: SliceName, points: Sequence[GrowthPoint], sizes: Sequence[int], at: int
) -> tuple[PlotLine, list[Spot]]:
    labels, regularized = SERIES[at]
    mine = [one for one in points if (one["labels"], one["regularized"]) == (labels, regularized)]
    mine = sorted(mine, key=lambda one: one["size"])
    places = [sizes.index(one["size"]) + APART * (at - 1.5) for one in mine]
    series = "before" if labels == "old" else "after"
    spots = [on.spot(x, one[name], series, not regularized) for x, one in zip(places, mine, strict=True)]
    values = zip(places, (one[name]["value"] for one in mine), strict=True)
    return on.line(values, series, "" if regularized else DASHED), spots
