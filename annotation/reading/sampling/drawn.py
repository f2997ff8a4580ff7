"""Items drawn at random without reading or counting the others."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from django.db.models import Max, Min, QuerySet

from annotation import bulk
from annotation.models import Dataset, Group, Item

# Rounds of drawing, and ids of one query.
ROUNDS, BATCH = 30, 500


@dataclass(frozen=True)
class DrawnSample:
    """ids: of a simple random sample in ascending order, int (k,). share: about how much of all it is, in (0, 1].
    place: about where each lies among all, float (k,) in [0, 1)."""

    ids: np.ndarray
    share: float
    place: np.ndarray


def draw_items(dataset: Dataset, most: int) -> DrawnSample | None:
    """`most` items of the pool; None where there are no more than so many, and all can be read."""
    pool = Item.objects.filter(dataset=dataset, split=Item.POOL)
    ends = Item.objects.filter(dataset=dataset).aggregate(low=Min("id"), high=Max("id"))
    return _drawn(pool, ends, most, dataset.pk)


def draw_groups(detection_id: int, most: int) -> DrawnSample | None:
    """`most` near-duplicate groups of a detection; None where there are no more than so many."""
    groups = Group.objects.filter(detection=detection_id)
    return _drawn(groups, groups.aggregate(low=Min("id"), high=Max("id")), most, detection_id)


def _drawn(
    rows: QuerySet[Item] | QuerySet[Group], ends: dict[str, int | None], most: int, seed: int
) -> DrawnSample | None:
    """Numbers between the first and the last are drawn, and those that are no row of these are passed over: each row is
    as likely as any other. The same rows give the same sample."""
    if not rows.order_by("id").values("id")[most : most + 1]:
        return None
    low, high = ends["low"] or 0, ends["high"] or 0
    rng, found, tried = np.random.default_rng(seed), np.zeros(0, dtype=np.int64), 0
    with bulk.looked_up():
        for _ in range(ROUNDS):
            share = max(len(found) / tried, 0.01) if tried else 1.0
            numbers = np.unique(rng.integers(low, high + 1, min(2 * most, int((most - len(found)) / share) + 50)))
            tried += len(numbers)
            there = [pk for batch in bulk.in_batches(numbers.tolist(), BATCH) for pk in _of(rows, batch)]
            found = np.union1d(found, np.array(there, dtype=np.int64))
            if len(found) >= most:
                break
    hit = min(1.0, len(found) / max(tried, 1))
    kept = np.sort(rng.choice(found, min(most, len(found)), replace=False))
    width = high - low + 1
    return DrawnSample(kept, min(1.0, len(kept) / max(1.0, hit * width)), (kept - low) / width)


def _of(rows: QuerySet[Item] | QuerySet[Group], ids: list[int]) -> Iterator[int]:
    yield from rows.filter(pk__in=ids).values_list("pk", flat=True)
