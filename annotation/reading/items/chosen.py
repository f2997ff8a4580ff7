"""The items that something is to be done with: those that were ticked, or all that a filter shows."""

from collections.abc import Iterable, Sequence
from time import perf_counter

from annotation import bulk
from annotation.core.items.asked import Asked
from annotation.core.refusal import Refusal
from annotation.core.wording import counted
from annotation.models import Dataset, Item
from annotation.reading.items.search import search

# Seconds after which somebody who waits for a page is told to narrow the filter.
PATIENCE = 15.0


class UnableToChoose(Refusal):
    """There are none, or more than are done at once."""


def chosen_items(dataset: Dataset, asked: Asked, every: bool, ticked: Iterable[int], most: int) -> list[int]:
    """Ids of the ticked items, or in the order of the table of `every` one that fits. Raises UnableToChoose."""
    found = _all_that_fit(dataset, asked, most) if every else _of_dataset(dataset, ticked)
    if not found:
        raise UnableToChoose("No item fits this filter." if every else "Tick at least one item first.")
    if len(found) > most:
        raise UnableToChoose(
            f"More than {counted(most, 'item')} fit this filter; narrow it, or tick the ones that are wanted."
            if every else f"{counted(len(found), 'item')} are ticked; up to {most:,} are done at once."
        )  # fmt: skip
    return found


def _all_that_fit(dataset: Dataset, asked: Asked, most: int) -> list[int]:
    began, found = perf_counter(), list[int]()
    for part in search(dataset, asked).all(most + 1):
        found += part
        if perf_counter() - began > PATIENCE:
            raise UnableToChoose("All that fit can't be found in a moment; narrow the filter, or tick what is wanted.")
    return found


def _of_dataset(dataset: Dataset, ids: Iterable[int]) -> list[int]:
    own: set[int] = set()
    wanted = list(dict.fromkeys(ids))
    for batch in bulk.in_batches(wanted):
        own |= set(Item.objects.filter(dataset=dataset, taken_back=0, pk__in=batch).values_list("id", flat=True))
    return [pk for pk in wanted if pk in own]


def read_ids(typed: str) -> Sequence[int]:
    """The ids that a form carries, written one after the other; what is no id is passed over."""
    return [int(one) for one in typed.split(",") if one.isascii() and one.isdecimal() and len(one) < 19]
