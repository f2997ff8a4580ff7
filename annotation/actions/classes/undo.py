"""Taking a change of the classes back: a change of its own, after which they are as they were before it."""

from datetime import datetime

from django.db.models import Exists, OuterRef

from annotation import bulk
from annotation.actions.classes.record import HeldClasses, UnableToChangeClasses, ask_about, changing, opened_by
from annotation.actions.queue.settle import Moved, settle_by_change
from annotation.core.wording import quoted
from annotation.models import Case, ClassChange, CurrentLabel, Dataset, LabelClass, User
from annotation.reading.classes.undoing import stands_in_the_way

ARRANGED = {ClassChange.REORDER: "position", ClassChange.GROUP: "group", ClassChange.MEANING: "meaning"}


def undo(dataset: Dataset, pk: int | None, user: User | None, now: datetime) -> ClassChange:
    """Take back the change `pk`, None = the newest that stands.

    Items that the change moved and nobody decided since get their labels back. What was labelled meanwhile with a class
    that goes is the class that was renamed or split; of one that was merged nobody knows, so that experts are asked.
    Raises UnableToChangeClasses where a later change is about the same classes.
    """
    with changing(dataset, now) as classes:
        standing = dataset.class_changes.filter(undone_by=None).exclude(kind=ClassChange.UNDO).order_by("-id")
        change = standing.filter(pk=pk).first() if pk else standing.first()
        if change is None:
            raise UnableToChangeClasses("There is no such change of the classes to take back, or it was taken back.")
        if why := stands_in_the_way(change):
            raise UnableToChangeClasses(why)
        if change.kind in ARRANGED:
            _arrange_back(classes, change)
            return classes.record(ClassChange.UNDO, change.sources.all(), change.targets.all(), user, change)
        gone = _classes_back(classes, change)
        undone = classes.record(ClassChange.UNDO, change.sources.all(), change.targets.all(), user, change)
        _labels_back(change, undone, gone)
        _withdraw(change)
        return undone


def _arrange_back(classes: HeldClasses, change: ClassChange) -> None:
    field, by_id = ARRANGED[change.kind], {one.pk: one for one in classes.rows.values()}
    touched = None if field == "position" else set(change.sources.values_list("id", flat=True))
    for was in change.details["before"]:
        if was["id"] in by_id and (touched is None or was["id"] in touched):
            setattr(by_id[was["id"]], field, was[field])
    LabelClass.objects.bulk_update(by_id.values(), [field])


def _classes_back(classes: HeldClasses, change: ClassChange) -> list[LabelClass]:
    """Put the classes back; returns those that the change brought, which are retired now."""
    by_id = {one.pk: one for one in classes.rows.values()}
    sources = [by_id[pk] for pk in change.sources.values_list("id", flat=True)]
    brought = [by_id[pk] for pk in change.details["new"]]
    one_of_it = change.kind in (ClassChange.RENAME, ClassChange.SPLIT)
    then = {was["id"]: was for was in change.details["before"]}
    for source in sources:
        source.retired_at, source.became, source.position = None, None, then[source.pk]["position"]
        source.save(update_fields=["retired_at", "became", "position"])
    for one in brought:
        classes.retire(one, sources[0] if one_of_it else None)
    for was in then.values():
        if was["retired_at"] and was["became"] in {one.pk for one in sources}:
            classes.dataset.label_classes.filter(pk=was["id"]).update(became=was["became"])
    return brought


def _labels_back(change: ClassChange, undone: ClassChange, gone: list[LabelClass]) -> None:
    since = CurrentLabel.objects.filter(item=OuterRef("item"), id__gt=OuterRef("id")).exclude(basis="class change")
    moved = CurrentLabel.objects.filter(~Exists(since), class_change=change)
    first = dict(moved.values_list("item_id", "id"))
    rows: list[Moved] = []
    for batch in bulk.in_batches(sorted(first)):
        before: dict[int, CurrentLabel] = {}
        for row in CurrentLabel.objects.filter(item__in=batch).order_by("id"):
            if row.pk < first[row.item_id]:
                before[row.item_id] = row
        rows += [
            (item, row.label_class_id, row.state, row.decision_id if row.is_decided else None)
            for item, row in before.items()
        ]
    rows += _given_since(change, gone, set(first))
    settle_by_change(rows, undone)
    unknown = [item for item, label_class, *_ in rows if label_class is None]
    names = " and ".join(quoted(one.name) for one in gone)
    undone.moved = len(rows)
    undone.details["cases"] = ask_about(undone, unknown, f"the class {names} is no more"[:200]) if unknown else 0
    undone.save(update_fields=["moved", "details"])


def _given_since(change: ClassChange, gone: list[LabelClass], back: set[int]) -> list[Moved]:
    """What was labelled meanwhile with a class that goes: as what it was renamed or split from, else contested."""
    held = CurrentLabel.objects.in_force().filter(label_class__in=gone).order_by("item_id")
    rows: list[Moved] = []
    for item, label_class, decision in held.values_list("item_id", "label_class__became", "decision_id"):
        if item not in back:
            state = CurrentLabel.LABELLED if label_class else CurrentLabel.CONTESTED
            rows.append((item, label_class, state, decision if label_class else None))
    return rows


def _withdraw(change: ClassChange) -> None:
    """What the change asked and nobody has begun to answer need not be asked any more."""
    asked = Case.objects.filter(opened_by(change), status=Case.OPEN, decisions=None, leased_to=None)
    asked.update(status=Case.WITHDRAWN)
