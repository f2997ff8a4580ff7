"""A run by the number a person typed."""

from annotation.access import UnableToFind
from annotation.models import Dataset
from modeling.models import ModelRun
from modeling.reading.comparison_sides import find_side


def run_named(dataset: Dataset, named: str) -> ModelRun:
    """Raises UnableToFind where there is no such run, or where it is a prediction set from elsewhere."""
    run = find_side(dataset, named).run
    if run is None:
        raise UnableToFind(f"{named!r} is a prediction set from elsewhere; there is no model of it here. Name a run.")
    return run
