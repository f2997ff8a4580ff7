"""The two sides of a comparison, and their probabilities of the production rows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from annotation.access import UnableToFind, typed_id
from annotation.models import Dataset, PredictionSet
from annotation.reading.prediction_sets import aligned
from modeling.models import ModelRun


@dataclass(frozen=True)
class Side:
    """One side of a comparison: a run, or somebody's own prediction set."""

    run: ModelRun | None
    predictions: PredictionSet | None

    @property
    def own_run(self) -> ModelRun:
        if self.run is None:
            raise ValueError("This side is somebody's own prediction set, and no run.")
        return self.run

    def refusal(self, classes: tuple[str, ...]) -> str | None:
        """Why nothing can be proved with it, a sentence: a fit that stopped early, or one to other classes."""
        run = self.run
        if run is None:
            return None
        if not run.converged:
            return f"Run {run.pk} did not converge ({run.solver_status}); a stronger penalty helps."
        if sorted(run.predictions.classes) != sorted(classes):
            return (
                f"Run {run.pk} was trained for the classes {', '.join(run.predictions.classes)}; the dataset has "
                f"{', '.join(classes)}. Train it again on today's classes."
            )
        return None


def find_side(dataset: Dataset, named: str) -> Side:
    """The run with that id, or the prediction set with that name."""
    runs = ModelRun.objects.filter(snapshot__dataset=dataset)
    if run := runs.filter(pk=typed_id(named)).first():
        return Side(run, None)
    # PostgreSQL takes no NUL in a text, not even to look for it
    predictions = dataset.prediction_sets.filter(name=named.replace("\0", "\ufffd")).first()
    if predictions:
        return Side(None, predictions)
    known = ", ".join(str(pk) for pk in runs.order_by("-id").values_list("id", flat=True)[:10]) or "none yet"
    raise UnableToFind(f"{dataset.slug!r} has no run or prediction set {named!r}. Its newest runs: {known}.")


def probabilities_for(predictions: PredictionSet, frame: pd.DataFrame) -> np.ndarray:
    """Float (n, K) by `frame`'s items and the dataset's classes; raises UnableToFind where the set lacks an item."""
    found = aligned(predictions, frame["item"].to_numpy(), predictions.dataset.class_names)
    missing = int(np.isnan(found[:, 0]).sum())
    if missing:
        raise UnableToFind(
            f"The prediction set {predictions.name!r} lacks {missing} of the {len(frame)} production "
            "rows; predict them all before comparing."
        )
    return found
