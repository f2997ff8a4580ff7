"""Undecided items most like one, for one answer to all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from annotation import frames
from annotation.core.artifacts import UnableToLoad
from annotation.core.likeness.most_alike import best, most_alike
from annotation.core.refusal import Refusal
from annotation.models import Dataset, Item, User
from annotation.reading.learned_order import newest_detection, prior_evidence_of
from annotation.reading.talking.open_to_bulk import open_to_bulk

SHOWN = 100
# Items looked at closely; and of how many all are read where no detection says where they lie.
NEAR, READ = 600, 10_000
# Below this two items share a few words.
LEAST = 0.15


class UnableToFindAlike(Refusal):
    """The items most like this one can't be told; the message says what to do."""


@dataclass(frozen=True)
class SimilarItems:
    """`items` with their likeness in (0, 1], most alike first; `n_wanting_more`: as alike, but left out because several
    experts are to answer them."""

    items: Sequence[tuple[Item, float]]
    n_wanting_more: int


def similar_items(item: Item, user: User, now: datetime) -> SimilarItems:
    """Up to SHOWN items that `user` may answer. Raises UnableToFindAlike where a detection has to run first."""
    dataset = item.dataset
    near = Item.objects.filter(split=Item.POOL).in_bulk(_near(dataset, item))
    near.pop(item.pk, None)
    rows = [item, *near.values()]
    table = frames.content_table([one.content for one in rows], dataset.typed_fields)
    positions, likeness = most_alike(table, dataset.typed_fields, 0, len(rows))
    ranked = {rows[at].pk: like for at, like in zip(positions.tolist(), likeness.tolist(), strict=True) if like > LEAST}
    allowed = open_to_bulk(dataset, list(ranked), user, now)
    chosen = [pk for pk in ranked if pk in allowed.case][:SHOWN]
    least = ranked[chosen[-1]] if len(chosen) == SHOWN else 0.0
    n_more = sum(ranked[pk] >= least for pk in allowed.wants_more)
    return SimilarItems([(near[pk], ranked[pk]) for pk in chosen], n_more)


def _near(dataset: Dataset, item: Item) -> list[int]:
    """Ids of the items worth a close look, by where the newest detection says they lie, else by their words."""
    placed = _by_place(dataset, item)
    return _by_words(dataset, item) if placed is None else placed


def _by_place(dataset: Dataset, item: Item) -> list[int] | None:
    """None where the newest detection does not know where the item lies."""
    detection = newest_detection(dataset)
    if detection is None:
        return None
    try:
        prior = prior_evidence_of(detection)
    except UnableToLoad:
        return None
    row = prior.position.get(item.pk)
    if row is None or not prior.place.shape[1] or not prior.place[row].any():
        return None
    alike = prior.place.astype(np.float32) @ prior.place[row].astype(np.float32)
    positions, _ = best(alike, row, NEAR)
    return prior.item[positions].tolist()


def _by_words(dataset: Dataset, item: Item) -> list[int]:
    pool = Item.objects.filter(dataset=dataset, split=Item.POOL).order_by("id")
    n = pool.count()
    if n > READ:
        raise UnableToFindAlike(
            f"Among {n:,} items those alike are found by a detection that knows this one; a lead can run one."
        )
    frame = frames.items(dataset, Item.POOL)
    ids, content = frame["item"].to_numpy(), frame["content"].tolist()
    rows = np.flatnonzero(ids == item.pk)
    if not len(rows):
        # of production: looked for as if it were one more of the pool
        ids, rows, content = np.append(ids, item.pk), np.array([n]), [*content, item.content]
    table = frames.content_table(content, dataset.typed_fields)
    positions, _ = most_alike(table, dataset.typed_fields, int(rows[0]), NEAR, quick=True)
    return ids[positions].tolist()
