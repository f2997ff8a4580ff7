"""A class that is given up without another in its place."""

from datetime import datetime

from annotation.actions.classes.record import UnableToChangeClasses, changing, move
from annotation.models import ClassChange, Dataset, User


def retire(dataset: Dataset, name: str, user: User | None, now: datetime) -> ClassChange:
    """`name` is offered no more; its items have no label until experts give them one of the others."""
    with changing(dataset, now) as classes:
        source = classes.in_use(name)
        if sum(one.retired_at is None for one in classes.rows.values()) < 2:
            raise UnableToChangeClasses(f"{name!r} is the last class in use; add another first.")
        classes.retire(source, None)
        change = classes.record(ClassChange.RETIRE, [source], [], user)
        move(change, {source.pk: None})
        return change
