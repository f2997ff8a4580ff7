"""A run by the number a person typed."""

from annotation.actions.work import UnableToWork
from annotation.models import Dataset
from modeling.actions.compare import find_side
from modeling.models import ModelRun


def run_named(dataset: Dataset, named: str) -> ModelRun:
    """Raises UnableToWork where there is no such run, or where it is a prediction set from elsewhere."""
    run = find_side(dataset, named).run
    if run is None:
        raise UnableToWork(f"{named!r} is a prediction set from elsewhere; there is no model of it here. Name a run.")
    return run
