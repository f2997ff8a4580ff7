"""Whether a change of the classes can be taken back."""

from annotation.core.wording import quoted
from annotation.models import ClassChange, CurrentLabel
from annotation.reading.classes.sentences import said_of

ARRANGING = (ClassChange.REORDER, ClassChange.GROUP, ClassChange.MEANING)


def stands_in_the_way(change: ClassChange) -> str | None:
    """Why `change` can't be taken back, a sentence; None where it can."""
    if change.kind == ClassChange.UNDO:
        return "What took a change back can't be taken back itself; make the change again."
    if ClassChange.objects.filter(undoes=change).exists():
        return "This change was taken back already."
    touched = set(change.sources.values_list("id", flat=True)) | set(change.targets.values_list("id", flat=True))
    later = change.dataset.class_changes.filter(pk__gt=change.pk, undone_by=None).exclude(kind=ClassChange.UNDO)
    later = later.filter(kind=change.kind) if change.kind in ARRANGING else later.exclude(kind__in=ARRANGING)
    for one in later.order_by("id"):
        own = set(one.sources.values_list("id", flat=True)) | set(one.targets.values_list("id", flat=True))
        if own & touched or change.kind == ClassChange.REORDER:
            return f"A later change is about the same classes, so take that back first: {said_of(one)}"
    if change.kind == ClassChange.ADD:
        held = CurrentLabel.objects.in_force().filter(label_class__in=change.targets.all()).order_by("id")
        first = held.select_related("label_class").first()
        if first and first.label_class:
            name = quoted(first.label_class.name)
            return (
                f"{held.count():,} items are labelled {name} by now, so adding it stands; retire or merge it instead."
            )
    return None
