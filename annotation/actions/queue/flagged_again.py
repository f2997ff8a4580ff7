"""Members called legitimately different that a later detection suspects for another reason."""

from collections.abc import Iterable
from datetime import datetime

from annotation import bulk
from annotation.models import ClosedPair, Dataset, Flag, Item


def flagged_since(dataset: Dataset, items: Iterable[int], of_groups: tuple[str, ...]) -> set[int]:
    """Those of `items`, called legitimately different with others, that no detector had flagged until then.

    That answer was about the group, so it says nothing of what was found since. of_groups: detectors that suspect an
    item for the labels of others like it.
    """
    called = _called_different_at(dataset, items)
    known: set[int] = set()
    for batch in bulk.in_batches(sorted(called)):
        flags = Flag.objects.filter(item__in=batch).exclude(detector__in=of_groups)
        rows = flags.values_list("item_id", "detection__created_at")
        known |= {item for item, at in rows if at <= called[item]}
    return set(called) - known


def _called_different_at(dataset: Dataset, items: Iterable[int]) -> dict[int, datetime]:
    """item → when its content was last called different from another's."""
    standing = ClosedPair.objects.filter(dataset=dataset, decision__undone_by__isnull=True)
    at: dict[str, datetime] = {}
    for first, second, when in standing.values_list("first", "second", "decision__created_at"):
        for digest in (first, second):
            at[digest] = max(when, at.get(digest, when))
    found: dict[int, datetime] = {}
    for batch in bulk.in_batches(sorted(items)):
        rows = Item.objects.filter(pk__in=batch, digest__in=list(at)).values_list("id", "digest") if at else ()
        found |= {item: at[digest] for item, digest in rows}
    return found
