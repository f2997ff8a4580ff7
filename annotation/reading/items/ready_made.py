"""Filters that every dataset is asked for, where it has what they need."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotation.core.items.asked import Asked, asked_for
from annotation.models import Dataset, Item
from annotation.reading.items.predicted import newest_set


@dataclass(frozen=True)
class ReadyMade:
    """A filter under its name."""

    name: str
    asked: Asked


def ready_made(dataset: Dataset) -> Sequence[ReadyMade]:
    pool, production = newest_set(dataset, Item.POOL), newest_set(dataset, Item.PRODUCTION)
    found = [ReadyMade("Model differs from label", asked_for({"model": pool.pk}))] if pool else []
    found += [
        ReadyMade("Experts differ", asked_for({"differ": "experts"})),
        ReadyMade("Annotators differ", asked_for({"differ": "annotators"})),
        ReadyMade("No label", asked_for({"state": "labelled"}, but_not=["state"])),
        ReadyMade("Contested", asked_for({"state": "contested"})),
        ReadyMade("Skipped by all", asked_for({"case": "skipped"})),
    ]
    if production:
        asked = asked_for({"split": Item.PRODUCTION, "model": production.pk})
        found.append(ReadyMade("Production rows the model gets wrong", asked))
    return found
