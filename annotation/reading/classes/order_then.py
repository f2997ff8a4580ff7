"""How the classes were at an earlier moment, out of what each change of them kept."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from annotation.core.refusal import Refusal
from annotation.models import Dataset, LabelClass


def as_they_were(classes: Iterable[LabelClass]) -> list[dict[str, Any]]:
    """Every class as a change keeps it: id, name, position, meaning, group, retired_at (ISO, None = in use), became."""
    ordered = sorted(classes, key=lambda one: (one.position, one.pk))
    return [
        {
            "id": one.pk, "name": one.name, "position": one.position, "meaning": one.meaning, "group": one.group,
            "retired_at": one.retired_at and one.retired_at.isoformat(), "became": one.became_id,
        }
        for one in ordered
    ]  # fmt: skip


def class_names_at(dataset: Dataset, moment: datetime) -> tuple[str, ...]:
    """The classes that were in use then, in their order then: what was stored by their codes is read by them."""
    following = dataset.class_changes.filter(created_at__gt=moment).order_by("id").first()
    if following is None:
        return dataset.class_names
    return tuple(one["name"] for one in following.details["before"] if one["retired_at"] is None)


def names_now(dataset: Dataset, moment: datetime) -> tuple[str, ...]:
    """`class_names_at` by the name of now where one stands for it."""
    following = dataset.class_changes.filter(created_at__gt=moment).exists()
    if not following:
        return dataset.class_names
    known = dataset.classes
    return tuple(known.now(name) or name for name in class_names_at(dataset, moment))


class UnableToUse(Refusal):
    """What was worked out is for other classes than those of now."""


def refuse_other_classes(dataset: Dataset, then: Sequence[str]) -> None:
    """Raises UnableToUse where the classes were changed since something was worked out by the codes of `then`."""
    if tuple(then) != dataset.class_names:
        raise UnableToUse("The classes were changed while this was under way. Ask for it again; nothing was written.")


def changed_classes(dataset: Dataset) -> str:
    """What tells jobs on the same rows apart by the classes they are for; "" while these are as they came."""
    if not dataset.class_changes.exists():
        return ""
    return " of " + hashlib.sha256("\n".join(dataset.class_names).encode()).hexdigest()[:16]
