"""A class that turns out to be several, or none: experts are asked about each of its items."""

from collections.abc import Sequence
from datetime import datetime

from annotation.actions.classes.record import UnableToChangeClasses, changing, move
from annotation.core.class_names import refuse_twice, tidy_name
from annotation.models import ClassChange, Dataset, User


def split(dataset: Dataset, name: str, parts: Sequence[str], user: User | None, now: datetime) -> ClassChange:
    """`name` is `parts` from now on: new classes behind its place, ones in use, and itself where it is among them. Its
    items have no label until experts say which part each is."""
    wanted = [tidy_name(one) for one in parts]
    refuse_twice(wanted)
    if len(wanted) < 2:
        raise UnableToChangeClasses(f"Name at least two classes that {name!r} is split into.")
    with changing(dataset, now) as classes:
        source = classes.in_use(name)
        there = [classes.rows[one] for one in wanted if one in classes.rows and not classes.rows[one].retired_at]
        known = {one.name for one in there}
        made = [classes.add(one, source.position, like=source) for one in wanted if one not in known]
        if not made:
            raise UnableToChangeClasses(f"Name at least one new class that {name!r} is split into.")
        if source.name not in wanted:
            classes.retire(source, None)
        change = classes.record(ClassChange.SPLIT, [source], [*there, *made], user)
        move(change, {source.pk: None})
        return change
