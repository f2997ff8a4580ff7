"""What decisions changed of the labels that files gave, and which runs learned from none of it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Min, OuterRef, Q, Subquery

from annotation import bulk
from annotation.models import OF_FILES, CurrentLabel, Dataset, Item, Snapshot, SnapshotRow, class_now
from modeling.models import ModelRun

# What an item's files said at first, for a query whose rows name an item.
FIRST = Subquery(
    CurrentLabel.objects.filter(item=OuterRef("item"), basis__in=OF_FILES, label_class__isnull=False)
    .order_by("id")
    .values(said=class_now())[:1]
)


@dataclass(frozen=True)
class LabelsAsImported:
    """changed: pool items that experts gave another label than files did; since: when the first of them was answered.
    baselines: ids of the snapshots some run learned from that hold labels of files alone."""

    changed: int
    since: datetime | None
    baselines: frozenset[int]

    @property
    def lost(self) -> bool:
        """No run learned from the labels before experts changed them."""
        return self.changed > 0 and not self.baselines


def labels_as_imported(dataset: Dataset) -> LabelsAsImported:
    # from the decisions, which are few: there is a current label for each item
    decided = CurrentLabel.objects.decided().filter(
        decision__case__dataset=dataset, item__split=Item.POOL, label_class__isnull=False
    )
    other = decided.in_force().annotate(first=FIRST).filter(first__isnull=False).exclude(first=F("label_class"))
    # PostgreSQL takes them for one row, and would read every decision and case for each
    with bulk.looked_up():
        found = other.aggregate(changed=Count("item", distinct=True), since=Min("decision__created_at"))
    if not found["changed"]:
        return LabelsAsImported(0, None, frozenset())
    own = Snapshot.objects.filter(dataset=dataset, purpose=Snapshot.TRAINING, labels_of=None)
    learned_from = list(own.filter(pk__in=ModelRun.objects.values("snapshot")).values_list("id", "created_at"))
    # what was frozen before holds labels of files alone
    baselines = {pk for pk, at in learned_from if at < found["since"]}
    for pk in {pk for pk, _ in learned_from} - baselines:
        rows = SnapshotRow.objects.filter(snapshot=pk, item__in=decided.values("item"))
        decided_rows = rows.annotate(first=FIRST, now=class_now()).filter(Q(first__isnull=True) | ~Q(first=F("now")))
        if not decided_rows.exists():
            baselines.add(pk)
    return LabelsAsImported(found["changed"], found["since"], frozenset(baselines))
