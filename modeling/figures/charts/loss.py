"""The loss of a network, epoch by epoch."""

from modeling.core.fitting.stored import TrainingCurve
from modeling.figures.charts.plot import DASHED, Ground, Plot, Upright
from modeling.figures.charts.scale import around, axis, between


def loss_curve(found: TrainingCurve) -> Plot | None:
    """found: a learner's curve_; None where fewer than two epochs have a loss."""
    pairs = zip(found["train_loss"], found["validation_loss"], strict=True)
    rows = [(train, held_out) for train, held_out in pairs if train is not None and held_out is not None]
    if len(rows) < 2:
        return None
    best = found["best"]
    on = Ground(between(0, len(rows) - 1, least=1), around(0, max(max(row) for row in rows) or 1))
    return Plot(
        axis(on.x, "epoch"),
        axis(on.y, "mean log loss, nats", upright=True),
        lines=(
            on.line(((at, row[0]) for at, row in enumerate(rows)), "before", DASHED),
            on.line((at, row[1]) for at, row in enumerate(rows)),
        ),
        uprights=(Upright(on.x(best), f"kept: epoch {best}"),),
        kept=on.at(best, rows[best][1]),
    )
