"""Accuracy of the model in use week by week, between the limits it is held to."""

from datetime import date, timedelta

from modeling.core.watching.stored import LiveJson
from modeling.figures.charts.plot import DASHED, Ground, Plot
from modeling.figures.charts.scale import around, axis, between, shares

# Spots of many weeks are smaller.
CLOSE = 26


def weeks_plot(found: LiveJson) -> Plot | None:
    """One spot per week with known outcomes; hollow: the weeks that the others are held to; in the other colour: below.
    None where no week has any."""
    known = [(date.fromisoformat(one["name"]), one, one["accuracy"]) for one in found["weeks"] if one["accuracy"]]
    if not known:
        return None
    start, reference = known[0][0], found["reference"]
    weeks = (known[-1][0] - start).days / 7
    limits = [share for _, _, share in known if share] + ([reference["share"]] if reference else [])
    x = between(-0.5, weeks + 0.5, least=1)
    y = around(min(one["low"] for one in limits), max(one["high"] for one in limits))
    on = Ground(x, y)
    spots = tuple(
        on.spot((day - start).days / 7, share, "before" if one["below"] else "after", hollow=one["p"] is None)
        for day, one, share in known if share
    )  # fmt: skip
    held = [reference["share"]["low"], reference["share"]["high"]] if reference else []
    lines = tuple(on.line([(-0.5, limit), (weeks + 0.5, limit)], "other", DASHED) for limit in held)
    words = lambda value: f"{start + timedelta(weeks=value):%-d %b}"  # noqa: E731
    n = sum(one["labelled"] for _, one, _ in known)
    return Plot(
        axis(x, "week from Monday", words), axis(y, "accuracy", shares(y), upright=True), lines, spots,
        title="Accuracy by week", n=n, radius=3 if len(known) > CLOSE else 4,
    )  # fmt: skip
