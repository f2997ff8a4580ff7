"""A change of the classes as a door asks for it: looked at first, or made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from annotation.actions.classes.add import add
from annotation.actions.classes.arrange import give_meanings, group, reorder
from annotation.actions.classes.merge import merge
from annotation.actions.classes.rename import rename
from annotation.actions.classes.retire import retire
from annotation.actions.classes.split import split
from annotation.models import ClassChange, Dataset, User
from annotation.reading.classes.preview import moves_of
from annotation.reading.classes.sentences import said_of


@dataclass(frozen=True)
class WantedChange:
    """kind: one of ClassChange's but UNDO; names: the classes it is about; targets: what they become; text: a heading
    or a meaning."""

    kind: str
    names: Sequence[str]
    targets: Sequence[str] = ()
    text: str = ""


class _OnlyLookedAt(Exception):
    """Rolls back what was made to see what it would do."""


def carry_out(dataset: Dataset, wanted: WantedChange, user: User | None, now: datetime) -> ClassChange:
    """Raises a Refusal where it can't be done."""
    kinds = ClassChange
    first = wanted.names[0] if wanted.names else ""
    if wanted.kind == kinds.ADD:
        return add(dataset, wanted.names, user, now, wanted.text)
    if wanted.kind == kinds.RENAME:
        return rename(dataset, first, "".join(wanted.targets[:1]), user, now)
    if wanted.kind == kinds.MERGE:
        return merge(dataset, wanted.names, "".join(wanted.targets[:1]), user, now)
    if wanted.kind == kinds.SPLIT:
        return split(dataset, first, wanted.targets, user, now)
    if wanted.kind == kinds.RETIRE:
        return retire(dataset, first, user, now)
    if wanted.kind == kinds.REORDER:
        return reorder(dataset, wanted.names, user, now)
    if wanted.kind == kinds.GROUP:
        return group(dataset, wanted.names, wanted.text, user, now)
    return give_meanings(dataset, dict.fromkeys(wanted.names, wanted.text), user, now)


def preview(dataset: Dataset, wanted: WantedChange, now: datetime) -> list[str]:
    """What the change would do, in sentences: it is made and rolled back. Raises a Refusal where it can't be done."""
    said: list[str] = []
    moves = moves_of(dataset, wanted.names)
    try:
        with transaction.atomic():
            change = carry_out(dataset, wanted, None, now)
            said.append(said_of(change).replace(" was ", " will be "))
            if change.kind in (ClassChange.RENAME, ClassChange.MERGE, ClassChange.SPLIT, ClassChange.RETIRE):
                said += moves.sentences(asked=change.kind in (ClassChange.SPLIT, ClassChange.RETIRE))
            else:
                said.append("No label is touched.")
            raise _OnlyLookedAt
    except _OnlyLookedAt:
        return said
