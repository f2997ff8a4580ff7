"""Items in the order they are listed in, a window at a time: never more of them than can be looked at in a moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import numpy as np
from django.db.models import Q, QuerySet

from annotation.models import Dataset, Item

# A list of ids is asked for by its range where at least one in so many of the range is in it.
DENSE = 4


@dataclass(frozen=True, order=True)
class Key:
    """Where an item stands: by what it is sorted, the lesser first, then by its id."""

    by: float
    item: int

    def __str__(self) -> str:
        return f"{self.by!r},{self.item}"


def read_key(typed: str) -> Key | None:
    """The key that an address names; one that is no key is the beginning."""
    by, _, item = typed.partition(",")
    if not (item.isascii() and item.isdecimal() and len(item) < 19):
        return None
    try:
        key = Key(float(by), int(item))
    except ValueError:
        return None
    return key if key.by == key.by else None


@dataclass(frozen=True, eq=False)
class Window:
    """Items that are looked at together, in order: those of `ids`, or all with an id from `low` to `high`. `last`: the
    key of the last one, from where the next window goes on; `share`: how much has been looked through with it, None
    where nobody can say."""

    last: Key
    share: float | None
    low: int = 0
    high: int = 0
    ids: np.ndarray | None = None

    def among(self, items: QuerySet[Item]) -> QuerySet[Item]:
        if self.ids is None:
            return items.filter(pk__gte=self.low, pk__lte=self.high)
        low, high = int(self.ids.min()), int(self.ids.max())
        if high - low < DENSE * len(self.ids):
            return items.filter(pk__gte=low, pk__lte=high)
        return items.filter(pk__in=self.ids.tolist())


class InOrder(Protocol):
    """Where the windows come from. `descending`: the highest ids come first where all else is equal."""

    @property
    def descending(self) -> bool: ...

    def window(self, after: Key | None, size: int) -> Window | None:
        """The next window of up to `size` items; None at the end."""

    def keys(self, ids: Sequence[int]) -> list[Key]:
        """The keys of items of a window."""


@dataclass(frozen=True)
class ByImport:
    """All ids from `first` to `last`, which also are in the order in which the items came in."""

    first: int
    last: int
    descending: bool = False

    def window(self, after: Key | None, size: int) -> Window | None:
        n = self.last - self.first + 1
        if self.descending:
            high = after.item - 1 if after else self.last
            low = max(high - size + 1, self.first)
            return None if high < self.first else Window(self._key(low), (self.last - low + 1) / n, low, high)
        low = max(after.item + 1 if after else self.first, self.first)
        high = min(low + size - 1, self.last)
        return None if low > self.last else Window(self._key(high), (high - self.first + 1) / n, low, high)

    def keys(self, ids: Sequence[int]) -> list[Key]:
        return [self._key(pk) for pk in ids]

    def _key(self, pk: int) -> Key:
        return Key(float(-pk if self.descending else 0), pk)


@dataclass(frozen=True, eq=False)
class Listed:
    """These items and no others. ids: int (n,); by: float (n,), by which they are sorted, then by id."""

    ids: np.ndarray
    by: np.ndarray
    descending: bool = False

    @classmethod
    def of(cls, ids: np.ndarray, by: np.ndarray | None = None) -> "Listed":
        order = np.argsort(ids, kind="stable") if by is None else np.lexsort((ids, by))
        return cls(ids[order], np.zeros(len(ids)) if by is None else by[order])

    def window(self, after: Key | None, size: int) -> Window | None:
        start = self._behind(after) if after else 0
        ids = self.ids[start : start + size]
        if not len(ids):
            return None
        end = start + len(ids)
        return Window(Key(float(self.by[end - 1]), int(ids[-1])), end / len(self.ids), ids=ids)

    def _behind(self, key: Key) -> int:
        left, right = np.searchsorted(self.by, [key.by], "left")[0], np.searchsorted(self.by, [key.by], "right")[0]
        return int(left + np.searchsorted(self.ids[left:right], key.item, "right"))

    def keys(self, ids: Sequence[int]) -> list[Key]:
        return [Key(float(self.by[int(np.flatnonzero(self.ids == pk)[0])]), pk) for pk in ids]


@dataclass(frozen=True)
class ByDay:
    """The items with a date, in its order."""

    items: QuerySet[Item]
    descending: bool = False

    def window(self, after: Key | None, size: int) -> Window | None:
        dated = self.items.filter(received_at__isnull=False)
        signs = ("-received_at", "-pk") if self.descending else ("received_at", "pk")
        found = self._behind(dated, after).order_by(*signs).values_list("pk", "received_at")[:size]
        rows = [(pk, at) for pk, at in found if at is not None]
        if not rows:
            return None
        ids = np.array([pk for pk, _ in rows], dtype=np.int64)
        return Window(self._key(*rows[-1]), None, ids=ids)

    def _behind(self, items: QuerySet[Item], after: Key | None) -> QuerySet[Item]:
        if after is None:
            return items
        try:
            day = datetime.fromtimestamp(-after.by if self.descending else after.by, UTC)
        except (OverflowError, ValueError, OSError):
            return items
        # the first condition alone is what an index can use
        if self.descending:
            same = Q(received_at=day, pk__lt=after.item)
            return items.filter(received_at__lte=day).filter(Q(received_at__lt=day) | same)
        return items.filter(received_at__gte=day).filter(Q(received_at__gt=day) | Q(received_at=day, pk__gt=after.item))

    def keys(self, ids: Sequence[int]) -> list[Key]:
        dates = dict(self.items.filter(pk__in=ids).values_list("pk", "received_at"))
        return [self._key(pk, at) for pk in ids if (at := dates[pk]) is not None]

    def _key(self, pk: int, at: datetime) -> Key:
        return Key(-at.timestamp() if self.descending else at.timestamp(), pk)


def by_import(dataset: Dataset, descending: bool) -> ByImport | None:
    """All items of the dataset in the order they came in; None where there are none."""
    own = Item.objects.filter(dataset=dataset).values_list("pk", flat=True)
    first, last = own.order_by("pk").first(), own.order_by("-pk").first()
    return None if first is None or last is None else ByImport(first, last, descending)
