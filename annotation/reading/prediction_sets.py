"""Named probabilities of the pool, whoever made them, lined up with items."""

from functools import lru_cache

import numpy as np
from django.conf import settings

from annotation.core.artifacts import UnableToLoad, bytes_to_arrays, load_bytes
from annotation.core.class_columns import carried
from annotation.core.refusal import Refusal
from annotation.models import Dataset, Item, PredictionSet

OF_RUNS = ("out of fold, job ", "run ")  # what modeling calls the sets of its own runs


class UnableToAlign(Refusal):
    """A prediction set is missing, or is not for these items or classes."""


def named_set(dataset: Dataset, name: str) -> PredictionSet:
    """Raises UnableToAlign where the dataset has no prediction set of that name."""
    found = dataset.prediction_sets.filter(name=name).first()
    if found is None:
        raise UnableToAlign(f"{dataset.slug!r} has no prediction set {name!r}; bring it with import_predictions.")
    return found


def imported_sets(dataset: Dataset) -> list[str]:
    """Names of the sets over the pool that no run here made, the newest first; a set has items of one split only."""
    rows = dataset.prediction_sets.order_by("-id").values_list("name", "arrays")
    first = {name: first_item(arrays) for name, arrays in rows if not name.startswith(OF_RUNS)}
    pool = set(Item.objects.filter(pk__in=first.values(), split=Item.POOL).values_list("id", flat=True))
    return [name for name, item in first.items() if item in pool]


# named by content, so what was read once stays true
@lru_cache(maxsize=256)
def first_item(arrays: str) -> int:
    """The id of a set's first item, 0 where its artifact cannot be read."""
    try:
        return int(bytes_to_arrays(load_bytes(settings.ARTIFACTS_DIR, arrays))["item"][0])
    except UnableToLoad:
        return 0


def aligned(predictions: PredictionSet, items: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    """Float (n, K): the set's probabilities for `items` (ids) in the order of `classes`, rows of nan where it has none.
    `classes` are those of the set, or else those in use, to which the set's are carried over.

    Raises UnableToAlign where nothing stands for one of the set's classes today.
    """
    arrays = bytes_to_arrays(load_bytes(settings.ARTIFACTS_DIR, predictions.arrays))
    found = np.full((len(items), len(classes)), np.nan)
    order = np.argsort(arrays["item"])
    where = np.searchsorted(arrays["item"], items, sorter=order).clip(max=len(order) - 1)
    here = arrays["item"][order[where]] == items
    said = arrays["probability"][order[where[here]]]
    if sorted(predictions.classes) == sorted(classes):
        found[here] = said[:, [predictions.classes.index(name) for name in classes]]
        return found
    known = predictions.dataset.classes
    if why := known.cannot_carry(predictions.classes):
        raise UnableToAlign(f"The prediction set {predictions.name!r} is for {why}; make one for today's classes.")
    found[here] = carried(said, predictions.classes, known)
    return found
