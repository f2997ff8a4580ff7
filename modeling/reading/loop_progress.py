"""Where a dataset stands in the loop, read from both apps, and the one thing to do next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery

from annotation.core.wording import counted
from annotation.models import Case, CurrentLabel, Dataset, Decision, Detection, Item, Membership
from annotation.reading.sampling.counts import count_items
from modeling.models import Comparison, ModelRun
from modeling.reading.labels_as_imported import LabelsAsImported, labels_as_imported

AS_IMPORTED = "Train the labels as imported"


@dataclass(frozen=True)
class LoopProgress:
    """Counts and newest facts. `newest_run`: of those on today's labels, where there is one. `decided_since`: standing
    decisions that its labels do not know.

    `untried`: a run and a later one of the same recipe on other labels that nobody has compared yet. `changed`: labels
    that experts gave another class than files did; `baseline_lost`: no run learned from them as imported. `labelled`:
    there is a label to learn from; `provable`: production has one to prove by. open, settled and decisions are those of
    the pool.
    """

    pool: int
    production: int
    annotators: int
    experts: int
    detection: Detection | None
    open: int
    settled: int
    last_decision: Decision | None
    runs: int
    newest_run: ModelRun | None
    decided_since: int
    comparisons: int
    newest_comparison: Comparison | None
    untried: tuple[ModelRun, ModelRun] | None
    changed: int = 0
    baseline_lost: bool = False
    labelled: bool = True
    provable: bool = False

    @property
    def unseen(self) -> int:
        """Pool items that came after the newest detection."""
        return max(0, self.pool - self.detection.n_items) if self.detection else self.pool


@dataclass(frozen=True)
class Step:
    """`sentence` says why, `action` is on the button; `url` names the page, `posts` where it starts work at once."""

    sentence: str
    action: str
    url: str
    query: str = ""
    posts: bool = False


def loop_progress_of(dataset: Dataset) -> LoopProgress:
    cases = dataset.cases.exclude(kind=Case.PRODUCTION)
    decisions = Decision.objects.standing().filter(case__dataset=dataset).exclude(case__kind=Case.PRODUCTION)
    runs = runs_of(dataset).filter(snapshot__labels_of=None)
    first = labels_as_imported(dataset)
    newest = _newest(runs.exclude(snapshot__in=first.baselines)) or _newest(runs)
    since = decisions.filter(created_at__gt=_knows_until(newest, first)) if newest else decisions
    comparisons = comparisons_of(dataset)
    return LoopProgress(
        pool=count_items(dataset, Item.POOL), production=count_items(dataset, Item.PRODUCTION),
        annotators=dataset.annotators.of_files().still_here().count(),
        experts=Membership.objects.filter(dataset=dataset, role=Membership.EXPERT).count(),
        detection=dataset.detections.order_by("-id").first(),
        open=cases.open().count(), settled=cases.filter(status=Case.SETTLED).count(),
        last_decision=decisions.select_related("expert").order_by("-id").first(),
        runs=runs.count(), newest_run=newest, decided_since=since.count(),
        comparisons=comparisons.count(), newest_comparison=comparisons.order_by("-id").first(),
        untried=_untried(dataset, runs, first), changed=first.changed, baseline_lost=first.lost,
        labelled=_is_any_labelled(dataset, Item.HERE), provable=_is_any_labelled(dataset, [Item.PRODUCTION]),
    )  # fmt: skip


def _is_any_labelled(dataset: Dataset, splits: Sequence[str]) -> bool:
    """Looked up item by item until there is one: of "is there any" PostgreSQL may read every label there is."""
    label = CurrentLabel.objects.filter(item=OuterRef("pk"), label_class__isnull=False).values("id")[:1]
    items = Item.objects.filter(dataset=dataset, split__in=splits).alias(label=Subquery(label))
    return bool(items.filter(label__isnull=False).values("id")[:1])


def runs_of(dataset: Dataset) -> QuerySet[ModelRun]:
    return ModelRun.objects.filter(snapshot__dataset=dataset).select_related("recipe", "snapshot__dataset", "job")


def alone(runs: QuerySet[ModelRun]) -> QuerySet[ModelRun]:
    """Without the fits of sweeps and attributions: they are many, and the last of them is nobody's newest model."""
    return runs.exclude(job__parent__kind__in=("sweep", "capacity", "attribution"))


def comparisons_of(dataset: Dataset) -> QuerySet[Comparison]:
    return Comparison.objects.filter(snapshot__dataset=dataset).select_related(
        "snapshot__dataset", "before", "after", "before_run__recipe", "before_run__snapshot__labels_of",
        "after_run__recipe", "after_run__snapshot", "as_trained",
    )  # fmt: skip


def before_and_after(dataset: Dataset) -> tuple[ModelRun | None, ModelRun | None]:
    """The first run on the labels of files, else the first of all; and the newest on today's, else the newest."""
    runs, first = runs_of(dataset).filter(snapshot__labels_of=None), labels_as_imported(dataset)
    return _baseline(runs, first), _newest(runs.exclude(snapshot__in=first.baselines)) or _newest(runs)


def _baseline(runs: QuerySet[ModelRun], first: LabelsAsImported) -> ModelRun | None:
    return runs.filter(snapshot__in=first.baselines).order_by("id").first() or runs.order_by("id").first()


def _newest(runs: QuerySet[ModelRun]) -> ModelRun | None:
    return alone(runs).order_by("-id").first() or runs.order_by("-id").first()


def _knows_until(run: ModelRun, first: LabelsAsImported) -> datetime:
    """Decisions after this moment are not in the run's labels, however late those of files were frozen."""
    frozen = run.snapshot.created_at
    if first.since is None or run.snapshot_id not in first.baselines:
        return frozen
    return min(frozen, first.since - timedelta(microseconds=1))


def _untried(dataset: Dataset, runs: QuerySet[ModelRun], first: LabelsAsImported) -> tuple[ModelRun, ModelRun] | None:
    """The first run on the labels of files, else the first of all, and the newest of its recipe on others."""
    before = _baseline(runs, first)
    if before is None:
        return None
    others = runs.filter(recipe=before.recipe_id).exclude(snapshot=before.snapshot_id).order_by("-id")
    after = others.exclude(snapshot__in=first.baselines).first() or others.first()
    if after is None:
        return None
    tried = comparisons_of(dataset).filter(Q(before_run=before) | Q(as_trained=before), after_run=after)
    return None if tried.exists() else (before, after)


def next_step(now: LoopProgress) -> Step:
    """The one thing to do now. Labels come first; a run on the labels as imported is needed before they change."""
    if not now.pool:
        return Step("Everything starts with a file of items and their labels.", "Import items", "import")
    if now.detection is None:
        return Step(f"No detector has looked at {counted(now.pool, 'item')} yet.", "Detect", "detect", posts=True)
    if now.baseline_lost:
        return Step(
            f"Experts have changed {counted(now.changed, 'label')} and no run learned from them as they were "
            "imported: without one nobody can say what that gained.",
            AS_IMPORTED, "runs", "#retrain",
        )  # fmt: skip
    if not now.runs and now.labelled:
        return Step(
            "Train once on the labels as they are now: without a run from before there is nothing to prove later.",
            "Train", "runs",
        )  # fmt: skip
    if now.untried and now.provable:
        return _compare(*now.untried)
    if now.open and now.decided_since < now.open:
        return _relabel(now)
    if not now.provable and now.production:
        return Step(
            f"{counted(now.production, 'production item')} and no label: draw some and have them answered blind, as "
            "only they can show what relabelling gained.",
            "Draw production items", "production_sets",
        )  # fmt: skip
    if not now.production:
        return Step(
            "Import production items with labels you trust: only they can show what relabelling gained.",
            "Import production items", "import",
        )  # fmt: skip
    if now.decided_since and now.newest_run:
        return Step(
            f"Decisions since run {now.newest_run.pk} froze its rows: {now.decided_since:,}. "
            "Retrain with the same settings, so that only the labels differ.",
            "Retrain", "runs",
        )  # fmt: skip
    if now.unseen:
        return Step(
            f"{counted(now.unseen, 'item')} came after the last detection.", "Detect again", "detect", posts=True
        )
    done = "the newest run is compared" if now.newest_comparison else "no label has changed since the first run"
    return Step(f"No case is open and {done}. New items start the next round.", "Import items", "import")


def _compare(before: ModelRun, after: ModelRun) -> Step:
    return Step(
        f"Run {after.pk} has learned from labels that run {before.pk} did not have; see what they are worth.",
        "Compare", "comparisons", f"?before={before.pk}&after={after.pk}",
    )  # fmt: skip


def _relabel(now: LoopProgress) -> Step:
    if not now.experts:
        return Step(f"{_open(now.open)} and nobody is there to decide.", "Add an expert", "people")
    return Step(
        f"{_open(now.open)}, the most suspicious first. Experts pull the next one from their queue; "
        f"{now.experts} {'expert has' if now.experts == 1 else 'experts have'} access.",
        "Share the queue", "cases",
    )  # fmt: skip


def _open(n: int) -> str:
    return f"{n:,} {'case is' if n == 1 else 'cases are'} open"
