"""Every production set of a dataset: what it holds, how often it was read, who labelled it, and its versions."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F, OuterRef, QuerySet, Subquery

from annotation.core.refusal import Refusal
from annotation.models import Dataset, Job, Snapshot, SnapshotRow, class_now
from annotation.reading.frozen_rows import frozen_rows
from modeling.core.proving.stored import ProductionLabels, UnlikenessJson
from modeling.models import Comparison
from modeling.reading.comparing.production_labels import who_labelled
from modeling.reading.looks import looks_at, steered_by

# The kind of job that measures how unlike the pool a set is.
UNLIKENESS = "unlikeness"
SHOWN = 20
# Rows whose hashes one page recomputes; larger sets are checked when they are read.
CHECKED = 20_000


@dataclass(frozen=True)
class ProductionSet:
    """A production snapshot. classes, sources: (name, rows), most first. looks: readings of its rows, through whatever
    set. differs: why its rows are no longer what was frozen, "" = they are, None = not checked here. unlike: as last
    measured, None before. newest: the newest comparison on it that was not refused. put_right: rows whose label is
    another than in the version it follows."""

    snapshot: Snapshot
    classes: Sequence[tuple[str, int]]
    sources: Sequence[tuple[str, int]]
    looks: int
    steered: bool
    labels: ProductionLabels
    differs: str | None
    unlike: UnlikenessJson | None
    measuring: bool
    newest: Comparison | None
    put_right: int

    @property
    def is_even(self) -> bool:
        """Every row weighs alike."""
        return self.snapshot.draw_id is None


def production_sets(dataset: Dataset) -> list[ProductionSet]:
    """The newest SHOWN, newest first."""
    snapshots = dataset.snapshots.filter(purpose=Snapshot.PRODUCTION).select_related("draw", "follows", "dataset")
    jobs = list(dataset.jobs.filter(kind=UNLIKENESS).exclude(status=Job.CANCELLED).order_by("-id")[: 5 * SHOWN])
    left, found = CHECKED, []
    for snapshot in snapshots.order_by("-id")[:SHOWN]:
        checked = snapshot.n_rows <= left
        left -= snapshot.n_rows if checked else 0
        found.append(_read(snapshot, [job for job in jobs if job.params["snapshot"] == snapshot.pk], checked))
    return found


def _read(snapshot: Snapshot, jobs: Sequence[Job], checked: bool) -> ProductionSet:
    rows = SnapshotRow.objects.filter(snapshot=snapshot)
    done = next((job for job in jobs if job.status == Job.DONE), None)
    comparisons = Comparison.objects.filter(snapshot=snapshot).exclude(verdict="refused").select_related("snapshot")
    return ProductionSet(
        snapshot, _counted(rows, "label_class__name"), _counted(rows, "item__source"), looks_at(snapshot),
        steered_by(snapshot).exists(), who_labelled(snapshot), _differs(snapshot) if checked else None,
        done.outcome if done else None, any(not job.is_over for job in jobs), comparisons.order_by("-id").first(),
        _put_right(snapshot),
    )  # fmt: skip


def _counted(rows: QuerySet[SnapshotRow], field: str) -> list[tuple[str, int]]:
    return list(rows.order_by().values_list(field).annotate(n=Count("id")).order_by("-n", field))


def _differs(snapshot: Snapshot) -> str:
    try:
        frozen_rows(snapshot)
    except Refusal as refusal:
        return str(refusal)
    return ""


def _put_right(snapshot: Snapshot) -> int:
    if snapshot.follows_id is None:
        return 0
    earlier = SnapshotRow.objects.filter(snapshot=snapshot.follows_id, item=OuterRef("item"))
    both = snapshot.rows.annotate(then=Subquery(earlier.values(was=class_now())[:1]), now=class_now())
    return both.filter(then__isnull=False).exclude(then=F("now")).count()


def versions(sets: Sequence[ProductionSet]) -> list[list[ProductionSet]]:
    """Sets that follow one another, the newest first, of which there are two or more shown."""
    root: dict[int, int] = {}
    for one in sorted(sets, key=lambda one: one.snapshot.pk):
        pk, follows = one.snapshot.pk, one.snapshot.follows_id
        root[pk] = root.get(follows, follows) if follows else pk
    families: dict[int, list[ProductionSet]] = {}
    for one in sets:
        families.setdefault(root[one.snapshot.pk], []).append(one)
    return [family for family in families.values() if len(family) > 1]
