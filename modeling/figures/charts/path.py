"""A path of penalties: log loss on rows not learned from, over C."""

from collections.abc import Sequence

from annotation.core.stored import LimitsJson
from modeling.core.fitting.stored import PathEntry
from modeling.figures.charts.plot import DASHED, DOTTED, Ground, Plot, Upright
from modeling.figures.charts.scale import around, axis, powers_of_ten

# Ratios are told apart by how their lines are broken, not by colour alone.
DASHES = {"": "whole", DASHED: "broken", DOTTED: "dotted"}


def path_chart(path: Sequence[PathEntry], C: float, l1_ratio: float) -> Plot | None:
    """path: as LogisticLearner's path_; None where one value of C alone was tried, or nothing could be measured."""
    spread = sorted({entry["C"] for entry in path})
    chosen = next((entry for entry in path if (entry["C"], entry["l1_ratio"]) == (C, l1_ratio)), None)
    if len(spread) < 2 or chosen is None or not any(entry["log_loss"] for entry in path):
        return None
    path = drawn(path, l1_ratio)
    found = [(entry["C"], with_error(entry)) for entry in path]
    losses = around(min(one["low"] for _, one in found), max(one["high"] for _, one in found))
    on = Ground(powers_of_ten(spread[0], spread[-1]), losses)
    dashes = list(DASHES)
    lines = tuple(
        on.line(((entry["C"], entry["log_loss"]) for entry in entries), dash=dashes[at % len(dashes)])
        for at, entries in enumerate(by_ratio(path).values())
    )
    return Plot(
        axis(on.x, "C, by powers of ten"),
        axis(on.y, "mean log loss, nats", upright=True),
        lines=lines,
        spots=tuple(on.spot(tried, one) for tried, one in found),
        uprights=(Upright(on.x(C), f"chosen: C = {C:g}"),),
        kept=on.at(C, chosen["log_loss"]),
        radius=2.5,
    )


def with_error(entry: PathEntry) -> LimitsJson:
    """Its loss with one standard error on either side."""
    loss, error = entry["log_loss"], entry["error"]
    return {"value": loss, "low": loss - error, "high": loss + error}


def drawn(path: Sequence[PathEntry], l1_ratio: float) -> Sequence[PathEntry]:
    """What the chart shows: all ratios where lines can tell them apart, else the one chosen and the two ends."""
    ratios = sorted({entry["l1_ratio"] for entry in path})
    if len(ratios) <= len(DASHES):
        return path
    return [entry for entry in path if entry["l1_ratio"] in (ratios[0], l1_ratio, ratios[-1])]


def line_names(path: Sequence[PathEntry], l1_ratio: float) -> list[str]:
    """The lines of the chart in words: L2 (whole), L1 (broken)."""
    broken, shown = list(DASHES.values()), by_ratio(drawn(path, l1_ratio))
    return [f"{ratio_words(ratio)} ({broken[at % len(broken)]})" for at, ratio in enumerate(shown)]


def by_ratio(path: Sequence[PathEntry]) -> dict[float, list[PathEntry]]:
    """The entries of each L1 ratio, in the order they were tried."""
    found: dict[float, list[PathEntry]] = {}
    for entry in path:
        found.setdefault(entry["l1_ratio"], []).append(entry)
    return found


def ratio_words(ratio: float) -> str:
    return {0.0: "L2", 1.0: "L1"}.get(ratio, f"elastic net, L1 ratio {ratio:g}")
