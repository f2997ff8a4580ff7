"""The order of the classes, the headings they stand under, and what each means: nothing that labels say."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from annotation.actions.classes.record import UnableToChangeClasses, changing
from annotation.core.class_names import refuse_twice
from annotation.models import ClassChange, Dataset, LabelClass, User


def reorder(dataset: Dataset, names: Sequence[str], user: User | None, now: datetime) -> ClassChange:
    """`names` come first, in this order; the others follow in theirs."""
    refuse_twice(names)
    with changing(dataset, now) as classes:
        first = [classes.in_use(one) for one in names]
        in_use = sorted(
            (one for one in classes.rows.values() if not one.retired_at), key=lambda one: (one.position, one.pk)
        )
        ordered = [*first, *(one for one in in_use if one not in first)]
        if ordered == in_use:
            raise UnableToChangeClasses("The classes stand in this order already.")
        for position, one in enumerate(ordered):
            one.position = position
        LabelClass.objects.bulk_update(ordered, ["position"])
        return classes.record(ClassChange.REORDER, first, [], user)


def group(dataset: Dataset, names: Sequence[str], heading: str, user: User | None, now: datetime) -> ClassChange:
    """`names` stand under `heading` on an expert's page; "" = under none."""
    return _arranged(dataset, dict.fromkeys(names, heading), "group", ClassChange.GROUP, user, now)


def give_meanings(dataset: Dataset, meanings: Mapping[str, str], user: User | None, now: datetime) -> ClassChange:
    """What classes mean, by name: shown beside them."""
    return _arranged(dataset, meanings, "meaning", ClassChange.MEANING, user, now)


LONGEST = {"group": 100, "meaning": 200}


def _arranged(
    dataset: Dataset, said: Mapping[str, str], field: str, kind: str, user: User | None, now: datetime
) -> ClassChange:
    with changing(dataset, now) as classes:
        changed = []
        for name, text in said.items():
            one, text = classes.in_use(name), " ".join(text.split())
            if len(text) > LONGEST[field] or "\0" in text:
                raise UnableToChangeClasses(
                    f"The {field} of {name!r} has {len(text)} characters; {LONGEST[field]} fit."
                )
            if getattr(one, field) != text:
                setattr(one, field, text)
                changed.append(one)
        if not changed:
            raise UnableToChangeClasses(f"Nothing is changed: {', '.join(said)} had that {field} already.")
        LabelClass.objects.bulk_update(changed, [field])
        return classes.record(kind, changed, [], user)
