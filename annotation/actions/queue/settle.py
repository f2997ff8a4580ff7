"""The only writer of current labels."""

from collections.abc import Iterable
from datetime import datetime

from annotation import bulk
from annotation.models import ClassChange, CurrentLabel, Decision

Settled = tuple[int, int | None, str]  # item id, class id, state
Moved = tuple[int, int | None, str, int | None]  # and the id of the decision it rests on


def settle(rows: Iterable[Settled], basis: str, now: datetime, decision: Decision | None = None) -> int:
    """Append what is held true from `now` on: (item id, class id or None, state) rows; returns how many."""
    decision_id = decision.pk if decision else None
    return bulk.insert(
        CurrentLabel,
        ["item_id", "label_class_id", "state", "basis", "decision_id", "created_at"],
        ((item, label_class, state, basis, decision_id, now) for item, label_class, state in rows),
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
