"""What every change of classes does: hold the dataset, keep how it was, move current labels, open cases."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Q

from annotation import bulk
from annotation.actions.queue.open_cases import Unit, create_cases
from annotation.actions.queue.settle import Moved, settle_by_change
from annotation.core.class_names import tidy_name
from annotation.core.refusal import Refusal
from annotation.core.wording import listed, quoted
from annotation.models import Case, CaseItem, ClassChange, CurrentLabel, Dataset, Item, LabelClass, User
from annotation.reading.classes.order_then import as_they_were

# Where cases about items whose class was split stand in the queue: before what is merely suspected.
FIRST = 0.95


class UnableToChangeClasses(Refusal):
    """The classes can't be changed like that."""


@dataclass
class HeldClasses:
    """The classes of a dataset under its lock, by name, and how they were before anything was changed."""

    dataset: Dataset
    now: datetime

    def __post_init__(self) -> None:
        self.rows = {one.name: one for one in self.dataset.label_classes.select_for_update(of=("self",))}
        self.before = as_they_were(self.rows.values())
        self.new: list[LabelClass] = []

    def in_use(self, name: str) -> LabelClass:
        found = self.rows.get(name)
        if found is None or found.retired_at:
            known = ", ".join(one.name for one in self.rows.values() if not one.retired_at) or "none yet"
            raise UnableToChangeClasses(f"{self.dataset.slug!r} has no class {name!r} in use; it has: {known}.")
        return found

    def add(self, typed: str, position: int, like: LabelClass | None = None) -> LabelClass:
        """A class of that name in use: a new one, or one taken up again; with the meaning and heading of `like`."""
        name = tidy_name(typed)
        found = self.rows.get(name)
        if found and not found.retired_at:
            raise UnableToChangeClasses(f"There is a class {name!r} already.")
        if found is None:
            found = LabelClass(dataset=self.dataset, name=name)
        found.position, found.retired_at, found.became = position, None, None
        if like:
            found.meaning, found.group = found.meaning or like.meaning, like.group
        found.save()
        self.rows[name] = found
        self.new.append(found)
        return found

    def retire(self, one: LabelClass, became: LabelClass | None) -> None:
        """`one` is offered no more; what became it became `became`."""
        self.dataset.label_classes.filter(became=one).update(became=became)
        one.retired_at, one.became = self.now, became
        one.save(update_fields=["retired_at", "became"])

    def last_position(self) -> int:
        last = self.dataset.label_classes.aggregate(last=Max("position"))["last"]
        return 0 if last is None else last + 1

    def record(
        self, kind: str, sources: Iterable[LabelClass], targets: Iterable[LabelClass], user: User | None,
        undoes: ClassChange | None = None, **details: object,
    ) -> ClassChange:  # fmt: skip
        change = ClassChange.objects.create(
            dataset=self.dataset, kind=kind, author=user, created_at=self.now, undoes=undoes,
            details={"before": self.before, "new": [one.pk for one in self.new], **details},
        )  # fmt: skip
        change.sources.set(sources)
        change.targets.set(targets)
        return change


@contextmanager
def changing(dataset: Dataset, now: datetime) -> Iterator[HeldClasses]:
    """One change of the classes at a time; nothing is written where it is refused."""
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        yield HeldClasses(dataset, now)


def move(change: ClassChange, became: dict[int, LabelClass | None]) -> None:
    """Give each item whose current label is one of `became` (class id → its new class) a row that says the new one; of
    those whose class became None nobody knows, so that experts are asked."""
    held = CurrentLabel.objects.in_force().filter(item__dataset=change.dataset, label_class__in=list(became))
    rows = list(held.order_by("item_id").values_list("item_id", "label_class_id", "decision_id", "basis"))
    moved: list[Moved] = []
    for item, was, decision, basis in rows:
        new = became[was]
        kept = decision if basis in ("decision", "adjudication", "class change") else None
        state = CurrentLabel.LABELLED if new else CurrentLabel.CONTESTED
        moved.append((item, new.pk if new else None, state, kept if new else None))
    settle_by_change(moved, change)
    unknown = [item for item, new, *_ in moved if new is None]
    names = [quoted(one.name) for one in change.sources.order_by("name")]
    how = "was split" if change.kind == ClassChange.SPLIT else "is no more"
    change.moved = len(moved)
    change.details["cases"] = ask_about(change, unknown, f"the class {listed(names)} {how}"[:200])
    change.save(update_fields=["moved", "details"])


def ask_about(change: ClassChange, items: Sequence[int], because: str) -> int:
    """Open a case for each item that no open case has; returns how many were opened."""
    dataset, last = change.dataset, Case.objects.aggregate(last=Max("id"))["last"] or 0
    taken: set[int] = set()
    settled: set[int] = set()
    splits: dict[int, str] = {}
    for batch in bulk.in_batches(items):
        held = CaseItem.objects.filter(item__in=batch).exclude(case__kind__in=Case.CHECKS)
        taken |= set(held.filter(case__status=Case.OPEN).values_list("item_id", flat=True))
        settled |= set(held.filter(case__status=Case.SETTLED).values_list("item_id", flat=True))
        splits |= dict(Item.objects.filter(pk__in=batch).values_list("id", "split"))
    for split, kind in ((Item.POOL, Case.REVIEW), (Item.PRODUCTION, Case.PRODUCTION)):
        asked = [Unit(frozenset([item]), FIRST) for item in items if item not in taken and splits[item] == split]
        create_cases(dataset, asked, change.created_at, settled, because, kind)
    opened = dataset.cases.filter(pk__gt=last, opened_at=change.created_at)
    return opened.update(reopen_reason=because)


def opened_by(change: ClassChange) -> "Q":
    """Which cases a change opened."""
    return Q(dataset=change.dataset, opened_at=change.created_at) & ~Q(reopen_reason="")
