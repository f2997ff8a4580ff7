"""A run's recipe trained again on ever more of its labels, as a job."""

import numpy as np

from annotation import frames
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import UnableToWork, Write
from annotation.core.judging.folds import grouped_folds
from annotation.core.likeness.grouping import group_items
from annotation.core.progress import Report
from annotation.models import Job, User
from annotation.reading.frozen_rows import rows_as_of
from modeling.core.fitting.learning_curve import LearningCurve, learning_curve
from modeling.core.fitting.stored import LearningCurveJson
from modeling.core.fitting.training import refitter
from modeling.models import ModelRun
from modeling.reading.of_runs.learning_curves import KIND


def request_curve(run: ModelRun, *, user: User | None = None, again: bool = False, background: bool = True) -> Job:
    """The job that measures it; the same run is the same job."""
    if not run.converged:
        raise UnableToWork(f"Run {run.pk} did not converge; a curve of it would say nothing.")
    return enqueue(
        KIND, run.dataset, {"run": run.pk}, inputs=run.snapshot.sha256, seed=run.recipe.seed, user=user, again=again,
        background=background,
    )  # fmt: skip


def run(job: Job, report: Report) -> Write:
    found = ModelRun.objects.select_related("snapshot__dataset", "predictions").get(pk=job.params["run"])
    measured = {"run": found.pk, **as_json(measure(found, job.seed, report))}
    return lambda: measured


def measure(run: ModelRun, seed: int, report: Report) -> LearningCurve:
    """On the run's snapshot, with its resolved settings and its folds."""
    report("near-duplicates", 0.0)
    dataset, classes = run.dataset, run.predictions.classes
    frame = rows_as_of(run.snapshot, classes)
    table = frames.content_table(frame["content"], dataset.typed_fields)
    labels = frames.codes(frame["label"], classes)
    groups = group_items(table, dataset.typed_fields).of
    fold = grouped_folds(groups, labels, run.resolved["folds"], run.resolved["seed"])
    report("features", 0.05)
    refit = refitter(table, dataset.typed_fields, labels, classes, np.asarray(groups), run.resolved)
    return learning_curve(refit, labels, groups, fold, seed, lambda stage, share: report(stage, 0.1 + 0.9 * share))


def as_json(curve: LearningCurve) -> LearningCurveJson:
    """points: share, rows, accuracy, low, high, n. expected: more (labels), gain with low and high (accuracy, in [0,
    1]), fits, rises, and the curve error = floor + scale · rows^(−power)."""
    one = curve.expected
    return {
        "points": [
            {"share": point.share, "rows": point.rows, "accuracy": point.right.value, "low": point.right.low,
             "high": point.right.high, "n": point.right.n}
            for point in curve.points
        ],
        "expected": {
            "more": one.more, "gain": one.gain.value, "low": one.gain.low, "high": one.gain.high, "fits": one.fits,
            "rises": one.rises,
            "curve": {
                "floor": float(one.curve.floor[0]), "scale": float(one.curve.scale[0]),
                "power": float(one.curve.power[0]),
            },
        },
    }  # fmt: skip
