"""Open chosen items as cases for experts."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from annotation import bulk
from annotation.actions.detecting.open_finding import UnableToOpen, open_items_of
from annotation.actions.detecting.write_finding import finding_over, write_finding
from annotation.core.intervals import wilson
from annotation.core.items.asked import Asked
from annotation.core.wording import counted
from annotation.models import Case, CaseItem, CurrentLabel, Dataset, Finding, Item, User

KIND = "items"
MOST_OPENED = 10_000


@dataclass(frozen=True)
class OpenPlan:
    """wanted: items of the pool that no expert has decided on and no open case holds, in order; how many others are
    left out as decided, as open already, and as items of production."""

    wanted: tuple[int, ...]
    decided: int
    already_open: int
    production: int


def plan_opening(dataset: Dataset, ids: Sequence[int]) -> OpenPlan:
    pool, decided, already = set[int](), set[int](), set[int]()
    for batch in bulk.in_batches(ids):
        own = Item.objects.filter(dataset=dataset, split=Item.POOL, pk__in=batch)
        pool |= set(own.values_list("id", flat=True))
        current = CurrentLabel.objects.in_force().decided().filter(item__in=batch)
        decided |= set(current.values_list("item_id", flat=True))
        held = CaseItem.objects.filter(item__in=batch, case__status=Case.OPEN)
        already |= set(held.values_list("item_id", flat=True))
    decided &= pool
    already = (already & pool) - decided
    wanted = tuple(pk for pk in ids if pk in pool and pk not in decided and pk not in already)
    return OpenPlan(wanted, len(decided), len(already), len(set(ids) - pool))


@transaction.atomic
def open_chosen(dataset: Dataset, user: User, asked: Asked, items: Sequence[int], now: datetime) -> tuple[Finding, int]:
    """A finding of `user` over the items that can be opened, with a case for each; returns it and how many cases were
    opened. The same items again are the same finding. Raises UnableToOpen where none is left."""
    bulk.lock_dataset(dataset)
    wanted = list(plan_opening(dataset, items).wanted)
    if not wanted:
        raise UnableToOpen("All of these are decided or open already, or of production; there is nothing to open.")
    if len(wanted) > MOST_OPENED:
        raise UnableToOpen(f"These are {len(wanted):,} items; up to {MOST_OPENED:,} are opened at once.")
    finding = _finding(dataset, user, asked, wanted, now)
    return finding, open_items_of(finding, now, MOST_OPENED)


def _finding(dataset: Dataset, user: User, asked: Asked, items: Sequence[int], now: datetime) -> Finding:
    """Its title does not say by what they were picked: experts read it beside their answers, and an audit is a filter
    too."""
    which = hashlib.sha256(",".join(map(str, sorted(items))).encode()).hexdigest()[:16]
    key = f"{KIND}:{which}"
    there = finding_over(dataset, key, items)
    if there:
        return there
    share, n = wilson(len(items), len(items)), counted(len(items), "item")
    title = f"{n} picked from the table on {now:%-d %B %Y}"
    finding = Finding(
        dataset=dataset, author=user, kind=KIND, key=key, rule={"items": asked.query}, title=title,
        reason=f"{user.get_username()} opened {n} from the table of items.", n=share.n, value=share.value,
        low=share.low, high=share.high,
    )  # fmt: skip
    return write_finding(finding, items)
