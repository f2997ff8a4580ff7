"""Classes that nothing has yet."""

from collections.abc import Sequence
from datetime import datetime

from annotation.actions.classes.record import UnableToChangeClasses, changing
from annotation.core.class_names import refuse_twice, tidy_name
from annotation.core.files.class_names import folded
from annotation.models import ClassChange, Dataset, User


def add(
    dataset: Dataset, names: Sequence[str], user: User | None, now: datetime, meaning: str = ""
) -> ClassChange:  # fmt: skip
    """`names` come last among the classes. One that was retired is taken up again."""
    wanted = [tidy_name(one) for one in names]
    refuse_twice(wanted)
    with changing(dataset, now) as classes:
        alike = {folded(one): one for one in classes.rows}
        if like := next((alike[name] for name in wanted if alike.get(name, name) != name), None):
            raise UnableToChangeClasses(f"There is a class that looks the same, {like!r}; rename that one.")
        first = classes.last_position()
        made = [classes.add(name, first + place) for place, name in enumerate(wanted)]
        for one in made if meaning else []:
            one.meaning = meaning[:200]
            one.save(update_fields=["meaning"])
        return classes.record(ClassChange.ADD, [], made, user)
