"""What was done between the two sides of a comparison: labels changed, decisions, by whom, and how they came about."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery

from annotation.models import Case, Decision, FindingItem, Flag, Ruling, SnapshotRow, class_now, name_now
from annotation.models.review import DecisionQuerySet
from modeling.models import Comparison, ModelRun

QUEUE, RANDOM, SIMILAR, FINDING, REOPENED, FILE = "queue", "random", "similar", "finding", "reopened", "file"
# How an answer came about → in words; those of SEARCHED were looked for.
WAYS = {
    QUEUE: "from the queue, in its order", RANDOM: "drawn at random (audit)", SIMILAR: "found as similar to another",
    FINDING: "opened from a finding or a rule", REOPENED: "asked about again", FILE: "from a file",
}  # fmt: skip
SEARCHED = (SIMILAR, FINDING, REOPENED)
# Written by `decide_similar` into the note of each answer it gives.
TOGETHER = "Answered together with items like "


@dataclass(frozen=True)
class Between:
    """Decisions that stand, from when *before*'s labels were frozen until *after*'s were: `n`, by username the most
    first, and by a way of WAYS. labels_changed: rows both learned from whose label differs."""

    n: int
    by: tuple[tuple[str, int], ...]
    ways: dict[str, int]
    labels_changed: int

    @property
    def ways_in_words(self) -> list[tuple[str, int]]:
        return [(WAYS[way], n) for way, n in self.ways.items()]

    @property
    def searched(self) -> int:
        return sum(self.ways.get(way, 0) for way in SEARCHED)


def between(comparison: Comparison) -> Between | None:
    """None where a side is no run, so that nobody knows."""
    before, after = comparison.before_run, comparison.after_run
    if before is None or after is None:
        return None
    decisions = decisions_between(before, after)
    by = decisions.order_by().values_list("expert__username").annotate(n=Count("id")).order_by("-n", "expert__username")
    ways = _ways(decisions)
    counted = {way: ways[way] for way in WAYS if ways[way]}
    return Between(sum(ways.values()), tuple(by), counted, relabelled_rows(before, after).count())


def decisions_between(before: ModelRun, after: ModelRun) -> DecisionQuerySet:
    """Those on the pool: neither checks of whoever answers nor labels of production."""
    frozen_at = (before.snapshot.labels_of or before.snapshot).created_at
    decisions = Decision.objects.standing().filter(case__dataset=after.snapshot.dataset)
    decisions = decisions.about_pool()
    return decisions.filter(created_at__gt=frozen_at, created_at__lte=after.snapshot.created_at)


def relabelled_rows(before: ModelRun, after: ModelRun) -> QuerySet[SnapshotRow]:
    """Rows of *after* that both learned from, whose label differs by the classes of now."""
    earlier = SnapshotRow.objects.filter(snapshot=before.snapshot, item=OuterRef("item"))
    rows = SnapshotRow.objects.filter(snapshot=after.snapshot)
    both = rows.annotate(was=Subquery(earlier.values(then=class_now())[:1]), now=class_now())
    return both.filter(was__isnull=False).exclude(was=F("now"))


def changed_labels(before: ModelRun, after: ModelRun) -> list[tuple[int, str, str]]:
    """(item, the label *before* learned, the label *after* learned) of each such row, by item."""
    changed = relabelled_rows(before, after).order_by("item_id").values_list("item_id", name_now())
    of = SnapshotRow.objects.filter(snapshot=before.snapshot, item__in=relabelled_rows(before, after).values("item"))
    earlier = dict(of.values_list("item_id", name_now()))
    return [(item, earlier[item], now or "no class") for item, now in changed]


def _ways(decisions: DecisionQuerySet) -> Counter[str]:
    """Each decision counted once, by the first of these that holds: asked about again, similar, audit, file, finding;
    else the queue."""
    rows = decisions.annotate(opened=Exists(_opened_by_hand(decisions))).values_list(
        "case__kind", "case__reopens", "note", "blind", "seconds", "opened"
    )
    return Counter(_way(*row) for row in rows)


def _way(kind: str, reopens: int | None, note: str, blind: bool, seconds: float | None, opened: bool) -> str:
    if reopens:
        return REOPENED
    if TOGETHER in note:
        return SIMILAR
    if kind == Case.AUDIT:
        return RANDOM
    if not blind and seconds is None:
        return FILE
    return FINDING if opened else QUEUE


def _opened_by_hand(decisions: DecisionQuerySet) -> QuerySet[FindingItem]:
    """Items of findings that a person typed, or that a lead accepted and no detector flags one by one."""
    accepted = Ruling.objects.filter(
        dataset=OuterRef("finding__dataset"), key=OuterRef("finding__key"),
        ruling__in=(Ruling.ACCEPTED, Ruling.QUARANTINED),
    )  # fmt: skip
    covered = FindingItem.objects.filter(item__decisions=OuterRef("pk"))
    unflagged = ~Exists(Flag.objects.filter(item=OuterRef("item")))
    typed = covered.filter(finding__author__isnull=False)
    return typed | covered.filter(Exists(accepted), unflagged)
