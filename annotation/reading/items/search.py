"""The items under a filter, found a window at a time until there are enough or the time for one look is over."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from time import perf_counter
from typing import Any

import numpy as np
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from annotation.core.items.asked import Asked, AskedRange, UnableToFilter
from annotation.core.items.words import has_words
from annotation.models import CurrentLabel, Dataset, Item, PredictionSet
from annotation.reading.items.conditions import (
    MOST_LISTED,
    TABLES,
    Check,
    ItemRows,
    conditions_of,
    negated_together,
    sets_asked,
    with_plain_words,
)
from annotation.reading.items.in_order import ByDay, ByImport, InOrder, Key, Listed, Window, by_import
from annotation.reading.items.predicted import classes_of, predicted_by
from annotation.reading.items.scores import ItemScores, scores_now

# Seconds of one look; a page that is not full by then goes on in the next.
BUDGET = 0.06
# Items of the first window, and of the largest that ids are listed for and that a range is asked for.
FIRST, MOST_IDS, MOST_RANGE = 1_000, 5_000, 100_000
# Where there is time for fewer than so many, it is for the next look.
LEAST = 50


@dataclass(frozen=True)
class OneLook:
    """What one look found: ids in order. `after`: where the next one goes on, None at the end of all items; `share` of
    the items, in [0, 1], that has been looked through, None where nobody can say."""

    items: tuple[int, ...]
    after: Key | None
    share: float | None


@dataclass(frozen=True, eq=False)
class Search:
    """A filter ready to look. items: what the database checks; checks: what is checked of the rows it gives; texts:
    whether content is read for the words; order: None where no item can be found."""

    asked: Asked
    items: QuerySet[Item]
    checks: tuple[Check, ...]
    order: InOrder | None

    @property
    def reads_texts(self) -> bool:
        return bool(self.asked.words)

    def look(self, after: Key | None, wanted: int, seconds: float = BUDGET) -> OneLook:
        """Up to `wanted` items behind the key, and fewer where the time is over first."""
        began, size, found = perf_counter(), self._first_size(wanted), list[int]()
        key: Key | None = after
        share: float | None = 0.0
        while self.order is not None:
            window = self.order.window(key, self._fitting(size, seconds - (perf_counter() - began)))
            if window is None:
                return OneLook(tuple(found), None, 1.0)
            start = perf_counter()
            ids = self._found_in(window, wanted - len(found))
            found += ids
            if len(found) >= wanted:
                return OneLook(tuple(found), self.order.keys(ids[-1:])[0], None)
            key, share, took = window.last, window.share, perf_counter() - start
            left = seconds - (perf_counter() - began)
            if left <= 0:
                return OneLook(tuple(found), key, share)
            size = int(size * min(4.0, left / 2 / max(took, 1e-4)))
            if size < LEAST:
                return OneLook(tuple(found), key, share)
        return OneLook((), None, 1.0)

    def all(self, most: int | None = None) -> Iterator[list[int]]:
        """Ids of all items under the filter in order, window by window, up to `most` of them."""
        key, left = None, most
        while left is None or left > 0:
            part = self.look(key, min(left or MOST_IDS, MOST_IDS), seconds=1.0)
            if part.items:
                yield list(part.items)
            left = None if left is None else left - len(part.items)
            key = part.after
            if key is None:
                return

    def _first_size(self, wanted: int) -> int:
        """Listed items lie apart from one another, so that looking at more of them than are wanted is dear."""
        return FIRST if isinstance(self.order, ByImport) else min(FIRST, 2 * wanted)

    def _fitting(self, size: int, left: float) -> int:
        most = MOST_RANGE if isinstance(self.order, ByImport) and not self._reads_rows else MOST_IDS
        return max(1, min(size, most)) if left > 0 else 1

    @property
    def _reads_rows(self) -> bool:
        return bool(self.checks) or self.reads_texts

    def _found_in(self, window: Window, wanted: int) -> list[int]:
        """The first `wanted` items of the window that hold."""
        items = window.among(self.items)
        if window.ids is None:
            descending = bool(self.order and self.order.descending)
            items = items.order_by("-pk" if descending else "pk")
            items = items if self._reads_rows else items[:wanted]
        columns = ["pk", *(["now"] if self.checks else []), *(["content"] if self.reads_texts else [])]
        rows = list(items.values_list(*columns))
        ids = np.array([row[0] for row in rows], dtype=np.int64)
        holds = np.ones(len(ids), dtype=bool)
        if self.checks:
            now = np.array([-1 if row[1] is None else row[1] for row in rows], dtype=np.int64)
            holds = reduce(np.logical_and, (check(ids, now) for check in self.checks), holds)
        if self.reads_texts:
            holds &= np.array([self._has_words(row[-1]) for row in rows], dtype=bool)
        ids = ids[holds]
        if window.ids is not None:
            ids = window.ids[np.isin(window.ids, ids)]
        return ids[:wanted].tolist()

    def _has_words(self, content: dict[str, Any]) -> bool:
        texts = [value for value in content.values() if isinstance(value, str)]
        return has_words(self.asked.words, texts) != ("words" in self.asked.but_not)


def search(dataset: Dataset, asked: Asked) -> Search:
    """Raises UnableToFilter where the filter names what the dataset does not have, or what only a detection gives."""
    made = conditions_of(dataset, asked)
    but_not = negated_together(asked)
    own = Item.objects.filter(dataset=dataset)
    # what was drawn or frozen stays so where its import was taken back since
    frozen = set(TABLES) & set(asked.named) - but_not
    items = with_plain_words(own if frozen else own.filter(taken_back=0), asked)
    for name, one in made.items():
        holds: Q | Exists = one.exists if isinstance(one, ItemRows) else one
        items = items.filter(~Q(holds) if name in but_not else Q(holds))
    scores = scores_now(dataset) if {*asked.between} & {"score", "probability"} or _by_score(asked) else None
    sets = sets_asked(dataset, asked)
    checks = [_differs(sets, "model" in asked.but_not)] if sets else []
    checks += [
        _in_range(scores, name, one, name in asked.but_not) for name, one in asked.between.items() if _scored(name)
    ]
    if checks:
        newest = CurrentLabel.objects.filter(item=OuterRef("pk")).order_by("-id")
        items = items.annotate(now=Subquery(newest.values("label_class")[:1]))
    wanted = [one for name, one in made.items() if isinstance(one, ItemRows) and name not in but_not]
    return Search(asked, items, tuple(checks), _order(dataset, asked, scores, _narrowed(asked, wanted, scores, sets)))


def _by_score(asked: Asked) -> bool:
    return _scored(asked.sort)


def _scored(name: str) -> bool:
    return name in ("score", "probability")


def _narrowed(
    asked: Asked, rows: Sequence[ItemRows], scores: ItemScores | None, sets: Sequence[PredictionSet]
) -> np.ndarray | None:
    """Ids in ascending order beyond which nothing can be found; None where nothing narrows it to few."""
    lists = [ids for one in rows if (ids := _short_list(one)) is not None]
    for name, one in asked.between.items():
        if _scored(name) and name not in asked.but_not and scores is not None:
            lists.append(scores.item[_within(getattr(scores, name), one)])
    if sets and "model" not in asked.but_not:
        lists.append(reduce(np.union1d, (predicted_by(one).item for one in sets)))
    # the longer ones are cheaper to look through in order: what they say is checked there too
    short = [ids for ids in lists if len(ids) <= MOST_LISTED]
    return reduce(np.intersect1d, short) if short else None


def _short_list(one: ItemRows) -> np.ndarray | None:
    ids = list(one.rows.order_by().values_list(one.column, flat=True)[: MOST_LISTED + 1])
    return np.unique(np.array(ids, dtype=np.int64)) if len(ids) <= MOST_LISTED else None


def _order(dataset: Dataset, asked: Asked, scores: ItemScores | None, only: np.ndarray | None) -> InOrder | None:
    if _by_score(asked):
        return _scores_first(asked.sort, scores, only)
    if asked.sort.endswith("received"):
        return ByDay(Item.objects.filter(dataset=dataset, taken_back=0), asked.sort.startswith("-"))
    descending = asked.sort == "-import"
    if only is None:
        return by_import(dataset, descending)
    return Listed.of(only, -only.astype(float) if descending else None)


def _scores_first(what: str, scores: ItemScores | None, only: np.ndarray | None) -> InOrder | None:
    if scores is None:
        raise UnableToFilter("Items have a score once a detection has run; detect first, or sort by order of import.")
    if only is None:
        return _all_by(what, scores)
    values = scores.of(only, what)
    has = ~np.isnan(values)
    return Listed.of(only[has], -values[has])


def _all_by(what: str, scores: ItemScores) -> Listed:
    """Every item with a score, sorted once for as long as the scores stand."""
    if what not in scores.sorted_by:
        values = getattr(scores, what)
        has = ~np.isnan(values)
        scores.sorted_by[what] = Listed.of(scores.item[has], -values[has])
    return scores.sorted_by[what]


def _within(values: np.ndarray, one: AskedRange) -> np.ndarray:
    low = -np.inf if one.low is None else one.low
    high = np.inf if one.high is None else one.high
    return (values >= low) & (values <= high)


def _in_range(scores: ItemScores | None, name: str, one: AskedRange, negated: bool) -> Check:
    if scores is None:
        raise UnableToFilter(f"Items have a {name} once a detection has run; detect first.")

    def check(ids: np.ndarray, now: np.ndarray) -> np.ndarray:
        return _within(scores.of(ids, name), one) != negated

    return check


def _differs(sets: Sequence[PredictionSet], negated: bool) -> Check:
    """The likeliest class by one of the sets is another than the label now; an item without either does not differ."""
    said = [(predicted_by(one), classes_of(one)) for one in sets]

    def check(ids: np.ndarray, now: np.ndarray) -> np.ndarray:
        holds = np.zeros(len(ids), dtype=bool)
        for predicted, classes in said:
            at = predicted.where(ids)
            best = np.where(at >= 0, classes[predicted.best[at]], -1) if len(predicted.item) else np.full(len(ids), -1)
            holds |= (at >= 0) & (now >= 0) & (best != now)
        return holds != negated

    return check
