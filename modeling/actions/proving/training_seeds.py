"""What the recipe of a run predicts when it is trained with other seeds."""

import numpy as np

from annotation import frames
from annotation.core.likeness.grouping import group_items
from annotation.core.progress import Report
from annotation.reading.frozen_rows import rows_as_of
from modeling.actions.proving.predict_production import Predicted, ProductionRows
from modeling.core.fitting.seeds import SEEDS, draws, with_seed
from modeling.core.fitting.training import fit_resolved, predict_now
from modeling.reading.comparison_sides import Side


def draws_at_random(*sides: Side) -> bool:
    return any(side.run is not None and draws(side.run.resolved) for side in sides)


def of_other_seeds(said: Predicted, rows: ProductionRows, report: Report) -> list[np.ndarray]:
    """Probabilities (n, K) of SEEDS − 1 further trainings; of a side that does not draw, what it says itself."""
    run = said.side.run
    if run is None or not draws(run.resolved):
        return [said.probabilities] * (SEEDS - 1)
    dataset, frame = run.dataset, rows_as_of(run.snapshot, run.resolved["classes"])
    table = frames.content_table(frame["content"], dataset.typed_fields)
    groups = group_items(table, dataset.typed_fields).of
    found = []
    for number in range(1, SEEDS):
        report(f"training with seed {number + 1} of {SEEDS}", number / SEEDS)
        resolved = with_seed(run.resolved, run.resolved["seed"] + number)
        model = fit_resolved(table, dataset.typed_fields, frame["label"].to_numpy(str), groups, resolved)
        found.append(predict_now(model, rows.table, dataset.classes))
    return found
