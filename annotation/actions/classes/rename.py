"""A class under another name."""

from datetime import datetime

from annotation.actions.classes.record import UnableToChangeClasses, changing, move
from annotation.core.class_names import tidy_name
from annotation.models import ClassChange, Dataset, User


def rename(dataset: Dataset, old: str, new: str, user: User | None, now: datetime) -> ClassChange:
    """What was called `old` is called `new` from now on; labels, decisions and snapshots keep the name they said.

    Raises UnableToChangeClasses where there is a class of that name: two that mean the same are merged.
    """
    with changing(dataset, now) as classes:
        source, name = classes.in_use(old), tidy_name(new)
        there = classes.rows.get(name)
        if there and not there.retired_at:
            raise UnableToChangeClasses(f"There is a class {name!r} already; merge {old!r} into it instead.")
        target = classes.add(name, source.position, like=source)
        classes.retire(source, target)
        change = classes.record(ClassChange.RENAME, [source], [target], user)
        move(change, {source.pk: target})
        return change
