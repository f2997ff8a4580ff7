"""What decisions changed of the labels that files gave, and which runs learned from none of it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, Max, Min, OuterRef, Q, Subquery

from annotation import bulk, frames
from annotation.models import OF_FILES, CurrentLabel, Dataset, Decision, Item, Snapshot, SnapshotRow, class_now
from annotation.models.label import CurrentLabelQuerySet
from modeling.models import ModelRun

# What an item's files said at first, for a query whose rows name an item.
FIRST = Subquery(
    CurrentLabel.objects.filter(item=OuterRef("item"), basis__in=OF_FILES, label_class__isnull=False)
    .order_by("id")
    .values(said=class_now())[:1]
)


def _said_otherwise_at_first() -> CurrentLabelQuerySet:
    """The row of FIRST where that is of another class; asked once for each row, where a comparison asks FIRST twice."""
    own = CurrentLabel.objects.filter(
        item=OuterRef(OuterRef("item")), basis__in=OF_FILES, label_class__isnull=False
    ).order_by("id")
    first = CurrentLabel.objects.filter(pk=Subquery(own.values("id")[:1])).annotate(said=class_now())
    return first.filter(said__isnull=False).exclude(said=OuterRef("label_class"))


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
    changed, since = _changed(dataset)
    if since is None:
        return LabelsAsImported(0, None, frozenset())
    decided = CurrentLabel.objects.decided().filter(
        decision__case__dataset=dataset, item__split=Item.POOL, label_class__isnull=False
    )
    own = Snapshot.objects.filter(dataset=dataset, purpose=Snapshot.TRAINING, labels_of=None)
    learned_from = list(own.filter(pk__in=ModelRun.objects.values("snapshot")).values_list("id", "created_at"))
    # what was frozen before holds labels of files alone
    baselines = {pk for pk, at in learned_from if at < since}
    for pk in {pk for pk, _ in learned_from} - baselines:
        rows = SnapshotRow.objects.filter(snapshot=pk, item__in=decided.values("item"))
        decided_rows = rows.annotate(first=FIRST, now=class_now()).filter(Q(first__isnull=True) | ~Q(first=F("now")))
        if not decided_rows.exists():
            baselines.add(pk)
    return LabelsAsImported(changed, since, frozenset(baselines))


def _changed(dataset: Dataset) -> tuple[int, datetime | None]:
    """How many pool items experts gave another label than files did, and when the first of them was answered.

    The rows by themselves, then what they are of: joined with decisions and cases PostgreSQL takes them for one row,
    and reads every decision for each.
    """
    ends = Decision.objects.filter(case__dataset=dataset).aggregate(first=Min("id"), last=Max("id"))
    if ends["first"] is None:
        return 0, None
    changed, since = set[int](), set[datetime]()
    with bulk.looked_up():
        other = (
            CurrentLabel.objects.in_force()
            .decided()
            .filter(
                Exists(_said_otherwise_at_first()),
                decision__gte=ends["first"],
                decision__lte=ends["last"],
                label_class__isnull=False,
            )
        )
        for batch in bulk.in_batches(list(other.values_list("decision_id", "item_id")), frames.BATCH):
            own = Decision.objects.filter(pk__in={decision for decision, _ in batch}, case__dataset=dataset)
            answered = dict(own.values_list("id", "created_at"))
            items = {item for decision, item in batch if decision in answered}
            pool = set(Item.objects.filter(pk__in=items, split=Item.POOL).values_list("id", flat=True))
            changed |= pool
            since |= {answered[decision] for decision, item in batch if decision in answered and item in pool}
    return len(changed), min(since, default=None)
