"""The only writer of current labels."""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain, islice

from annotation import bulk, often
from annotation.models import ClassChange, CurrentLabel, Decision

# What one answer settles, for which a COPY in a savepoint of its own is the longer way.
FEW = 20
Settled = tuple[int, int | None, str]  # item id, class id, state
Moved = tuple[int, int | None, str, int | None]  # and the id of the decision it rests on


def settle(settled: Iterable[Settled], basis: str, now: datetime, decision: Decision | None = None) -> int:
    """Append what is held true from `now` on: (item id, class id or None, state) rows; returns how many."""
    rows = iter(settled)
    decision_id = decision.pk if decision else None
    few = list(islice(rows, FEW + 1))
    if len(few) <= FEW:
        made = (
            CurrentLabel(
                item_id=item, label_class_id=label_class, state=state, basis=basis, decision_id=decision_id,
                created_at=now,
            )
            for item, label_class, state in few
        )  # fmt: skip
        return often.insert_few(made)
    return bulk.insert(
        CurrentLabel,
        ["item_id", "label_class_id", "state", "basis", "decision_id", "created_at"],
        ((item, label_class, state, basis, decision_id, now) for item, label_class, state in chain(few, rows)),
    )


# Item id, class id, state, basis, id of the decision that says so.
SettledBy = tuple[int, int | None, str, str, int]


def settle_each(rows: Iterable[SettledBy], now: datetime) -> int:
    """The same where each row has a decision of its own."""
    columns = ["item_id", "label_class_id", "state", "basis", "decision_id", "created_at"]
    return bulk.insert(CurrentLabel, columns, ((*row, now) for row in rows))


def settle_by_change(rows: Iterable[Moved], change: ClassChange) -> int:
    """Append what a change of classes makes of current labels: (item id, class id or None, state, id of the decision
    that the label still rests on or None) rows; returns how many."""
    return bulk.insert(
        CurrentLabel,
        ["item_id", "label_class_id", "state", "basis", "decision_id", "class_change_id", "created_at"],
        ((item, now, state, "class change", decision, change.pk, change.created_at)
         for item, now, state, decision in rows),
    )  # fmt: skip
