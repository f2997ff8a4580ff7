"""Before and after on one frozen production snapshot, as a job."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from django.conf import settings
from django.db.models import Count

from annotation import bulk, frames
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import UnableToWork, Write
from annotation.actions.snapshot import matched
from annotation.core.artifacts import load_bytes
from annotation.core.progress import Report
from annotation.models import Dataset, Decision, Job, Label, PredictionSet, Snapshot, User
from modeling.actions.proving.price import losses_of, money_beside
from modeling.actions.training.train import save_probabilities, train_like
from modeling.core.fitting.model_artifacts import load_model
from modeling.core.fitting.training import predict
from modeling.core.proving.evaluation import metrics, slice_table
from modeling.core.proving.proof import compare as prove
from modeling.models import Comparison, ModelRun
from modeling.reading.comparison_sides import Side, find_side, probabilities_for


def request_comparison(
    dataset: Dataset, before: str, after: str, snapshot: Snapshot, *, user: User | None = None, background: bool = True
) -> Job:
    """The job that compares. The same two sides on the same snapshot are the same job and no new look."""
    if snapshot.purpose != Snapshot.PRODUCTION:
        raise UnableToWork(f"Snapshot {snapshot.pk} is a training snapshot; a comparison needs a production snapshot.")
    for named in (before, after):
        find_side(dataset, named)
    params = {"before": before, "after": after, "snapshot": snapshot.pk}
    return enqueue("comparison", dataset, params, user=user, background=background)


def run(job: Job, report: Report) -> Write:
    dataset = job.own_dataset
    production = Snapshot.objects.get(pk=job.params["snapshot"])
    before, after = find_side(dataset, job.params["before"]), find_side(dataset, job.params["after"])
    save_matched = _match(before, after, job, report)
    save_kept = _keep_quarantined(before, after, job, report)
    report("predicting production", 0.8)

    def write() -> dict[str, Any]:
        bulk.lock_dataset(dataset)
        matched_before = Side(save_matched(), None) if save_matched else before
        kept = save_kept() if save_kept else None
        comparison = _compare(production, matched_before, after, before if save_matched else None, kept)
        return {"comparison": comparison.pk, **comparison.proof}

    return write


def _match(before: Side, after: Side, job: Job, report: Report) -> Callable[[], ModelRun] | None:
    """Train *before* again where it had rows that *after* lacks, so that both lack the same; None where it need not."""
    if not before.run or not after.run:
        return None
    extra = before.run.snapshot.rows.exclude(item__in=after.run.snapshot.rows.values("item"))
    if not extra.exists():
        return None
    rows = matched(after.run.snapshot, before.run.snapshot)
    report_stage = lambda stage, share: report(f"before, on today's rows: {stage}", 0.4 * share)  # noqa: E731
    return train_like(rows, before.run, report_stage, job)


def _keep_quarantined(
    before: Side, after: Side, job: Job, report: Report
) -> Callable[[], tuple[ModelRun, ModelRun]] | None:
    """Train both sides again with the labels in quarantine kept; None where there are none."""
    if not (before.run and after.run):
        return None
    rows = after.run.snapshot.with_quarantined
    if rows is None:
        return None
    report_stage = lambda stage, share: report(f"with the quarantined labels kept: {stage}", 0.4 + 0.4 * share)  # noqa: E731
    save_after = train_like(rows, after.run, report_stage, job)
    save_before = train_like(matched(rows, before.run.snapshot), before.run, report_stage, job)
    return lambda: (save_before(), save_after())


def _compare(
    production: Snapshot, before: Side, after: Side, as_trained: Side | None, kept: tuple[ModelRun, ModelRun] | None
) -> Comparison:
    sets = [production_predictions(side, production) for side in (before, after)]
    there = Comparison.objects.filter(snapshot=production, before=sets[0], after=sets[1]).first()
    if there:
        return there
    frame = frames.snapshot_rows(production)
    look = production.comparisons.count() + 1
    refusal = before.refusal or after.refusal
    truth, costs = frames.codes(frame["label"], production.dataset.class_names), production.dataset.costs
    probabilities = [probabilities_for(one, frame) for one in sets]
    was, now = (one.argmax(axis=1) for one in probabilities)
    proof = prove(
        truth, was, now, len(production.dataset.class_names), production.dataset.metric, look,
        production.dataset.planned_looks, refusal=refusal,
        losses=losses_of(costs, truth, probabilities[0], probabilities[1]),
    )  # fmt: skip
    context = {
        "cost": money_beside(costs, truth, probabilities[0], probabilities[1]),
        "slices": _slices(truth, was, now, frame["source"]), "production_labels": _who_labelled(production),
        "left_out": _left_out(after), "quarantine_kept": _both_ways(kept, production, frame, truth),
        "as_trained": _as_trained(as_trained, before, production, frame, truth),
    }  # fmt: skip
    return Comparison.objects.create(
        snapshot=production, before=sets[0], after=sets[1], before_run=before.run, after_run=after.run,
        as_trained=as_trained.run if as_trained else None, costs=costs, look=look, verdict=proof.verdict,
        proof={**proof.as_json(), **context},
    )  # fmt: skip


def _slices(truth: np.ndarray, before: np.ndarray, after: np.ndarray, sources: pd.Series) -> list[dict[str, Any]]:
    """Accuracy by source, the largest first; one source is no slice."""
    if sources.nunique() < 2:
        return []
    return slice_table(truth, before, after, sources.replace("", "no source").to_numpy()).to_dict("records")


def _who_labelled(production: Snapshot) -> dict[str, Any]:
    """Rows, the names of up to five who labelled most of them, and the share of rows labelled by pool experts."""
    labels = Label.objects.counting().filter(item__snapshotrow__snapshot=production)
    experts = Decision.objects.standing().filter(case__dataset=production.dataset).values("expert")
    shared = labels.filter(annotator__user__in=experts).values("item").distinct().count()
    names = labels.values_list("annotator__name").annotate(n=Count("id")).order_by("-n")[:5]
    return {"annotators": [name for name, _ in names], "shared": shared, "share": shared / production.n_rows}


def _both_ways(
    kept: tuple[ModelRun, ModelRun] | None, production: Snapshot, frame: pd.DataFrame, truth: np.ndarray
) -> dict[str, Any] | None:
    """The same comparison with the labels in quarantine kept on both sides: shown beside, never instead."""
    if kept is None:
        return None
    sets = [production_predictions(Side(run, None), production) for run in kept]
    probabilities = [probabilities_for(one, frame) for one in sets]
    was, now = (one.argmax(axis=1) for one in probabilities)
    dataset = production.dataset
    proof = prove(
        truth, was, now, len(dataset.class_names), dataset.metric, 1, dataset.planned_looks,
        losses=losses_of(dataset.costs, truth, probabilities[0], probabilities[1]),
    )  # fmt: skip
    rows = [run.snapshot.n_rows for run in kept]
    return {"runs": [run.pk for run in kept], "rows": rows, **{
        name: getattr(proof, name) for name in ("before", "after", "difference")
    }}  # fmt: skip


def _left_out(after: Side) -> dict[str, int]:
    """Why pool items are not among the rows *after* was trained on, counted."""
    return after.run.snapshot.left_out if after.run else {}


def _as_trained(
    first: Side | None, matched_before: Side, production: Snapshot, frame: pd.DataFrame, truth: np.ndarray
) -> dict[str, Any] | None:
    """*Before* as it was first trained, with the rows that *after* no longer has: shown beside, never instead."""
    if not (first and first.run and matched_before.run):
        return None
    shown = metrics(truth, probabilities_for(production_predictions(first, production), frame))
    removed = first.run.snapshot.n_rows - matched_before.run.snapshot.n_rows
    return {**shown, "run": first.run.pk, "rows_removed": removed}


def production_predictions(side: Side, production: Snapshot) -> PredictionSet:
    """The side's probabilities for the production rows; a run's are computed once and kept under their own name."""
    if side.predictions:
        return side.predictions
    dataset, run = production.dataset, side.own_run
    name = f"run {run.pk} on production snapshot {production.pk}"
    there = dataset.prediction_sets.filter(name=name).first()
    if there:
        return there
    frame = frames.snapshot_rows(production)
    table = frames.content_table(frame["content"], dataset.typed_fields)
    model = load_model(load_bytes(settings.ARTIFACTS_DIR, run.artifact))
    arrays = save_probabilities(frame["item"].to_numpy(), predict(model, table, dataset.class_names))
    return PredictionSet.objects.create(
        dataset=dataset, name=name, classes=list(dataset.class_names), arrays=arrays, n=len(frame)
    )
