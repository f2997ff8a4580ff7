"""Naming the model that is live, as a recorded fact."""

from datetime import datetime

from django.db import transaction

from annotation import bulk
from annotation.models import Dataset, User
from modeling.models import ModelInUse
from modeling.reading.comparing.in_use import model_in_use
from modeling.reading.comparison_sides import find_side


@transaction.atomic
def name_in_use(dataset: Dataset, named: str, lead: User | None, now: datetime) -> ModelInUse:
    """The run of that id, or the prediction set of that name, is live from now on; the one that is live already is no
    new fact. Raises UnableToFind."""
    bulk.lock_dataset(dataset)
    side = find_side(dataset, named)
    current = model_in_use(dataset)
    if current and (current.run, current.predictions) == (side.run, side.predictions):
        return current
    return ModelInUse.objects.create(
        dataset=dataset, run=side.run, predictions=side.predictions, lead=lead, created_at=now
    )
