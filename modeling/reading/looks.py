"""How often the rows of a production snapshot were read, through whatever snapshot, and what that steered."""

from django.db.models import Q, QuerySet

from annotation.models import Item, Snapshot, SnapshotRow
from modeling.models import Look, Steering


def sharing_rows(production: Snapshot) -> QuerySet[Snapshot]:
    """The production snapshots, this one among them, that hold an item it holds, or another of the same content."""
    contents = SnapshotRow.objects.filter(snapshot=production).values("item__digest")
    alike = Item.objects.filter(dataset=production.dataset_id, split=Item.PRODUCTION, digest__in=contents)
    holding = SnapshotRow.objects.filter(item__in=alike.values("id")).values("snapshot")
    return Snapshot.objects.filter(dataset=production.dataset_id, purpose=Snapshot.PRODUCTION, id__in=holding)


def looks_at(production: Snapshot) -> int:
    """Readings so far of its rows, those inherited from the sets it shares rows with among them."""
    return Look.objects.filter(snapshot__in=sharing_rows(production)).count()


def steered_by(production: Snapshot) -> QuerySet[Steering]:
    """What was opened because of rows of this set, or of one that shares rows with it."""
    sharing = sharing_rows(production).values("id")
    read = Q(comparison__snapshot__in=sharing) | Q(diagnosis__snapshot__in=sharing)
    return Steering.objects.filter(read).order_by("id")
