"""The two sides of a comparison, and their probabilities of the production rows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from annotation.access import UnableToFind, typed_id
from annotation.core.classes import Classes
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

    @property
    def own_set(self) -> PredictionSet:
        """Whose classes are those it knows."""
        found = self.run.predictions if self.run else self.predictions
        if found is None:
            raise ValueError("This side is neither a run nor a set.")
        return found

    def refusal(self) -> str | None:
        """Why nothing can be proved with it, a sentence: a fit that stopped early."""
        run = self.run
        if run is None or run.converged:
            return None
        return f"Run {run.pk} did not converge ({run.solver_status}); a stronger penalty helps."

    def of_no_class(self, classes: Classes) -> str | None:
        """Why it says nothing of the classes in use, a sentence: it knows one for which none stands."""
        found = self.own_set
        why = classes.cannot_carry(found.classes)
        if why is None:
            return None
        if self.run:
            return (
                f"Run {self.run.pk} was trained for {why}, so it can't be compared. Train it again on today's classes."
            )
        return (
            f"The prediction set {found.name!r} is for {why}, so it can't be compared. Import one for today's classes."
        )

    def carried_over(self, classes: Classes) -> str:
        """What is done to what it says before it can be read by the classes in use, a sentence; "" where nothing is."""
        found = self.own_set
        if sorted(found.classes) == sorted(classes.names) or not (what := classes.carried_over(found.classes)):
            return ""
        who = f"Run {self.run.pk}" if self.run else f"The prediction set {found.name!r}"
        return f"{who} is of before the classes changed: {what}."


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


def probabilities_for(
    predictions: PredictionSet, frame: pd.DataFrame, classes: tuple[str, ...] | None = None
) -> np.ndarray:
    """Float (n, K) by `frame`'s items and `classes`, None = those in use; raises UnableToFind where the set lacks an
    item."""
    found = aligned(predictions, frame["item"].to_numpy(), classes or predictions.dataset.class_names)
    missing = int(np.isnan(found[:, 0]).sum())
    if missing:
        raise UnableToFind(
            f"The prediction set {predictions.name!r} lacks {missing} of the {len(frame)} production "
            "rows; predict them all before comparing."
        )
    return found
