"""One recipe as it grows: with and without regularization, on the labels as imported and on today's.

Both kinds of labels are learned on the same rows and judged out of fold against the newest labels, so that what an old
label taught wrongly counts as wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypedDict

import numpy as np

from annotation import frames
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.parts import Wait
from annotation.actions.jobs.work import UnableToWork, Write
from annotation.actions.snapshot import matched
from annotation.actions.snapshot import snapshot as freeze
from annotation.core.intervals import Interval, wilson
from annotation.core.progress import Report
from annotation.models import Dataset, Item, Job, Snapshot, User
from annotation.reading.frozen_rows import rows_now
from annotation.reading.pool_evidence import state_of
from modeling.actions.training.sweep import UnableToSweep, predicted_classes, runs_of_parts
from modeling.actions.training.train import recipe_settings, training_part
from modeling.core.fitting.stored import GrowthChange, GrowthFound, GrowthPoint, Settings
from modeling.core.proving.evaluation import paired_interval
from modeling.core.telling.contested_rows import contested_rows
from modeling.models import ModelRun, Sweep
from modeling.reading.rows_learned_from import near_copies

OLD, NEW = "old", "new"
# A point by its labels, whether it is regularized, and its size.
Corner: TypeAlias = tuple[str, bool, int]
# A point, and which rows it predicts rightly, bool (n,), of all items and of the contested ones; empty without a run.
Measured: TypeAlias = tuple[GrowthPoint, dict[str, np.ndarray]]


class CapacityParams(TypedDict):
    """snapshot: None freezes one when the job starts."""

    grows: str
    snapshot: int | None


class CapacityResult(GrowthFound):
    sweep: int
    snapshot: int
    earlier: int | None


@dataclass(frozen=True)
class Growth:
    """What grows: `key` of the learner or its features takes `sizes` in turn. regularized, free: settings with and
    without regularization, and how they are called. words: what a size counts."""

    learner: str
    key: str
    sizes: tuple[Any, ...]
    regularized: Settings
    free: Settings
    regularized_words: str
    free_words: str
    words: str


OF_C = ({"C": 1.0, "l1_ratio": 0.0}, {"C": 1000.0, "l1_ratio": 0.0}, "L2, C = 1", "hardly any penalty, C = 1,000")
GROWTHS: dict[str, Growth] = {
    "words": Growth("logistic", "max_features", (100, 300, 1000, 3000, 10_000, 50_000), *OF_C, "most words and pairs"),
    "ngrams": Growth("logistic", "ngrams", ([1, 1], [1, 2], [1, 3]), *OF_C, "words in a row, at most"),
    "width": Growth(
        "mlp", "layers", ([4], [16], [64], [256], [1024]), {"dropout": 0.3, "weight_decay": 1e-4},
        {"dropout": 0.0, "weight_decay": 0.0}, "dropout 0.3, weight decay 0.0001", "neither dropout nor decay",
        "hidden units",
    ),
}  # fmt: skip


def request_capacity(
    dataset: Dataset, grows: str = "words", *, snapshot: Snapshot | None = None, user: User | None = None,
    background: bool = True,
) -> Job:  # fmt: skip
    """The job that lets a recipe grow. No `snapshot` freezes today's labels. Raises UnableToSweep."""
    if grows not in GROWTHS:
        raise UnableToSweep(f"{grows!r} can't grow; choose one of: {', '.join(GROWTHS)}.")
    if grows != "width" and not any(field.type == "text" for field in dataset.typed_fields):
        raise UnableToSweep(f"{dataset.slug!r} has no text, so {grows} can't grow; let the width of a network grow.")
    if snapshot and snapshot.purpose != Snapshot.TRAINING:
        raise UnableToSweep(f"Snapshot {snapshot.pk} is a production snapshot; nothing is ever trained on it.")
    params: CapacityParams = {"grows": grows, "snapshot": snapshot.pk if snapshot else None}
    inputs = snapshot.sha256 if snapshot else state_of(dataset)
    return enqueue("capacity", dataset, params, inputs=inputs, user=user, background=background)


def again(job: Job, *, user: User | None = None, background: bool = True) -> Job:
    """A cancelled or failed one once more, on the rows it had frozen."""
    asked: CapacityParams = job.params
    last = job.parts.order_by("-id").first()
    pinned = last.params["snapshot"] if last else asked["snapshot"]
    rows = Snapshot.objects.filter(pk=pinned or 0).first()
    return request_capacity(job.own_dataset, asked["grows"], snapshot=rows, user=user, background=background)


def run(job: Job, report: Report) -> Write | Wait:
    asked: CapacityParams = job.params
    growth = GROWTHS[asked["grows"]]
    if not job.parts.exists():
        report("freezing the labels of then and now", 0.0)
        both = _sides(job)
        return Wait([
            training_part(rows, growth.learner, _settings(job.own_dataset, growth, size, regularized), 0)
            for rows in both.values() for size in growth.sizes for regularized in (True, False)
        ])  # fmt: skip
    report("comparing the sizes", 1.0)
    parts = list(job.parts.order_by("id"))
    sides = list(Snapshot.objects.filter(pk__in={part.params["snapshot"] for part in parts}).order_by("id"))
    # each carries the labels of a snapshot, the newer ones of the later snapshot
    new = max(sides, key=lambda side: side.labels_of_id or side.pk)
    old = next((side for side in sides if side.pk != new.pk), None)
    found = measure(job, parts, old, new, growth)

    def write() -> CapacityResult:
        made = Sweep.objects.create(
            dataset=job.own_dataset, kind=Sweep.CAPACITY, snapshot=new, earlier=old, job=job, found=found
        )
        return {"sweep": made.pk, "snapshot": new.pk, "earlier": old.pk if old else None, **found}

    return write


def measure(job: Job, parts: Sequence[Job], old: Snapshot | None, new: Snapshot, growth: Growth) -> GrowthFound:
    """Every point, JSON-ready, and what growing, holding back and relabelling change at the largest size."""
    runs = runs_of_parts(parts)
    rows = _FrozenRows(new, old)
    asked = [
        (labels, side, regularized, size)
        for labels, side in ((OLD, old), (NEW, new)) if side
        for regularized in (True, False) for size in growth.sizes
    ]  # fmt: skip
    measured = [
        _point(labels, regularized, size, part, runs.get(part.pk), rows)
        for labels, side, regularized, size in asked
        for part in parts
        if part.params["snapshot"] == side.pk
        and part.params["settings"] == _settings(job.own_dataset, growth, size, regularized)
    ]
    if not any(point["run"] for point, _ in measured):
        raise UnableToWork(f"None of the {len(parts)} fits succeeded. The first: {parts[0].error or parts[0].status}")
    return {
        "grows": job.params["grows"], "n": len(rows.truth), "contested": int(rows.contested.sum()),
        "relabelled": rows.relabelled, "points": [point for point, _ in measured], "changes": _changes(measured),
    }  # fmt: skip


class _FrozenRows:
    """The rows of both sides: what they hold now, which of them are contested, how many were relabelled."""

    def __init__(self, new: Snapshot, old: Snapshot | None) -> None:
        dataset, frame = new.dataset, rows_now(new)
        self.truth = frames.codes(frame["label"], dataset.class_names)
        then = rows_now(old).set_index("item")["label"] if old else frame.set_index("item")["label"]
        earlier = frames.codes(frame["item"].map(then), dataset.class_names)
        item, answers = frame["item"].to_numpy(), frames.labels(dataset, Item.POOL)
        self.contested = contested_rows(item, np.stack([earlier, self.truth]), near_copies(dataset, item), answers)
        self.relabelled = int((earlier != self.truth).sum())


def _sides(job: Job) -> dict[str, Snapshot]:
    """The same rows with the labels of the first training snapshot, where those were others, and of the newest."""
    asked: CapacityParams = job.params
    dataset, chosen = job.own_dataset, asked["snapshot"]
    newest = Snapshot.objects.filter(pk=chosen or 0).first() or freeze(dataset, Snapshot.TRAINING, user=job.created_by)
    first = dataset.snapshots.filter(purpose=Snapshot.TRAINING, labels_of=None).order_by("id").first()
    if first is None or first.pk == newest.pk:
        return {NEW: newest}
    old = matched(newest, first)
    new = matched(old, newest)
    return {NEW: new} if old.pk == new.pk else {OLD: old, NEW: new}


def _settings(dataset: Dataset, growth: Growth, size: Any, regularized: bool) -> Settings:
    chosen = growth.regularized if regularized else growth.free
    return {**recipe_settings(dataset, growth.learner, {}), **chosen, growth.key: size}


def _point(labels: str, regularized: bool, size: Any, part: Job, run: ModelRun | None, rows: _FrozenRows) -> Measured:
    point: GrowthPoint = {
        "labels": labels, "regularized": regularized, "size": size[-1] if isinstance(size, list) else size,
        "run": run.pk if run else None, "why": "" if run else part.error or f"{part.status}.",
    }  # fmt: skip
    if run is None:
        return point, {}
    right = predicted_classes(run) == rows.truth
    of = {"overall": right, "contested": right[rows.contested]}
    if not run.converged:
        point["why"] = run.solver_status
    point["train_accuracy"] = run.metrics["train"]["accuracy"]
    point["features"] = run.metrics["size"]["features"]
    point["overall"], point["contested"] = _share(of["overall"]).as_json(), _share(of["contested"]).as_json()
    return point, of


def _share(right: np.ndarray) -> Interval:
    found = wilson(int(right.sum()), len(right))
    return found if len(right) else Interval(0.0, 0.0, 1.0, 0)


def _changes(points: Sequence[Measured]) -> list[GrowthChange]:
    """Paired differences in accuracy on the same rows, corrected for how many of them are shown (Bonferroni)."""
    known = {(point["labels"], point["regularized"], point["size"]): right for point, right in points if point["run"]}
    sizes = sorted({size for _, _, size in known})
    least, most = sizes[0], sizes[-1]
    pairs: list[tuple[str, str | None, bool | None, Corner, Corner]] = [
        ("growing", labels, regularized, (labels, regularized, least), (labels, regularized, most))
        for labels in (OLD, NEW) for regularized in (True, False)
    ]  # fmt: skip
    pairs += [("regularization", labels, None, (labels, False, most), (labels, True, most)) for labels in (OLD, NEW)]
    pairs += [
        ("relabelling", None, regularized, (OLD, regularized, most), (NEW, regularized, most))
        for regularized in (True, False)
    ]
    pairs = [one for one in pairs if one[3] in known and one[4] in known and one[3] != one[4]]
    slices = [name for name in ("overall", "contested") if len(known[pairs[0][3]][name])] if pairs else []
    level = 1 - 0.05 / max(len(pairs) * len(slices), 1)
    return [
        {"what": what, "labels": labels, "regularized": regularized, "slice": name, "from": before[2], "to": after[2],
         **_paired(known[before][name], known[after][name], level).as_json()}
        for what, labels, regularized, before, after in pairs for name in slices
    ]  # fmt: skip


def _paired(before: np.ndarray, after: np.ndarray, level: float) -> Interval:
    return paired_interval(int((after & ~before).sum()), int((before & ~after).sum()), len(before), level)
