"""Several classes that mean the same become one."""

from collections.abc import Sequence
from datetime import datetime

from annotation.actions.classes.record import UnableToChangeClasses, changing, move
from annotation.core.class_names import refuse_twice, tidy_name
from annotation.models import ClassChange, Dataset, User


def merge(dataset: Dataset, names: Sequence[str], into: str, user: User | None, now: datetime) -> ClassChange:
    """`names` are one class from now on, called `into`: one of them, another in use, or a new one at the place of the
    first."""
    refuse_twice(names)
    with changing(dataset, now) as classes:
        sources, name = [classes.in_use(one) for one in names], tidy_name(into)
        there = classes.rows.get(name)
        target = there if there and not there.retired_at else classes.add(name, sources[0].position, like=sources[0])
        gone = [one for one in sources if one.pk != target.pk]
        if len({*(one.pk for one in gone), target.pk}) < 2 or (classes.new and len(gone) < 2):
            raise UnableToChangeClasses("Name at least two classes to merge; to give one another name, rename it.")
        for one in gone:
            classes.retire(one, target)
        change = classes.record(ClassChange.MERGE, gone, [target], user)
        move(change, {one.pk: target for one in gone})
        return change
