"""What prediction sets say of items: the likeliest class of each, kept in memory so that a page need not read them."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from django.conf import settings

from annotation.core.artifacts import UnableToLoad, bytes_to_arrays, load_bytes
from annotation.models import Dataset, Item, LabelClass, PredictionSet
from annotation.reading.prediction_sets import UnableToAlign, first_item

MOST_SETS = 50


@dataclass(frozen=True, eq=False)
class LikeliestClasses:
    """item: int (n,), ids in ascending order. best: int (n,), position of the likeliest class; share: float (n,), its
    probability."""

    item: np.ndarray
    best: np.ndarray
    share: np.ndarray

    def where(self, ids: np.ndarray) -> np.ndarray:
        """Int (k,): the position of each id here, −1 where it has none."""
        if not len(self.item):
            return np.full(len(ids), -1)
        at = np.searchsorted(self.item, ids).clip(max=len(self.item) - 1)
        return np.where(self.item[at] == ids, at, -1)


def predicted_by(predictions: PredictionSet) -> LikeliestClasses:
    """Raises UnableToAlign where the set's artifact cannot be read."""
    try:
        return _predicted(str(settings.ARTIFACTS_DIR), predictions.arrays)
    except UnableToLoad as fault:
        raise UnableToAlign(f"The prediction set {predictions.name!r} cannot be read: {fault}") from None


# named by content, so what was read once stays true; sixteen bytes an item
@lru_cache(maxsize=8)
def _predicted(folder: str, name: str) -> LikeliestClasses:
    arrays = bytes_to_arrays(load_bytes(folder, name))
    order = np.argsort(arrays["item"], kind="stable")
    probability = arrays["probability"]
    best = probability.argmax(axis=1)
    share = probability[np.arange(len(best)), best]
    return LikeliestClasses(arrays["item"][order], best[order].astype(np.int32), share[order].astype(np.float32))


def classes_of(predictions: PredictionSet) -> np.ndarray:
    """Int (K,): the id of the class in use for each of the set's classes, −1 where that has none by now."""
    rows = LabelClass.objects.filter(dataset=predictions.dataset_id).values_list("name", "id", "became_id")
    ids = {name: became or pk for name, pk, became in rows}
    return np.array([ids.get(name, -1) for name in predictions.classes], dtype=np.int64)


def newest_set(dataset: Dataset, split: str) -> PredictionSet | None:
    """The newest prediction set over items of `split`; a set has items of one split only."""
    for one in dataset.prediction_sets.order_by("-id")[:MOST_SETS]:
        if Item.objects.filter(pk=first_item(one.arrays), split=split).exists():
            return one
    return None
