"""A change of the classes in words."""

from annotation.core.wording import listed, quoted
from annotation.models import ClassChange


def said_of(change: ClassChange) -> str:
    """A sentence: what was changed."""
    sources = listed([quoted(one.name) for one in change.sources.all()])
    targets = listed([quoted(one.name) for one in change.targets.all()])
    if change.kind == ClassChange.UNDO and change.undoes:
        return f"Taken back: {said_of(change.undoes)}"
    return {
        ClassChange.ADD: f"{targets} was added.",
        ClassChange.RENAME: f"{sources} was renamed {targets}.",
        ClassChange.MERGE: f"{sources} was merged into {targets}.",
        ClassChange.SPLIT: f"{sources} was split into {targets}.",
        ClassChange.RETIRE: f"{sources} was retired.",
        ClassChange.REORDER: f"{sources} came first in the order.",
        ClassChange.GROUP: f"{sources} got another heading.",
        ClassChange.MEANING: f"{sources} got another meaning.",
    }.get(change.kind, change.kind)
