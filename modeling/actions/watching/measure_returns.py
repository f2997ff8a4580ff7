"""A recipe trained on the labels as they stood after ever more decisions, and what the next are worth, as a job."""

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import pandas as pd

from annotation import bulk, frames
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import UnableToWork, Write
from annotation.actions.snapshot import snapshot as freeze
from annotation.core.intervals import Interval
from annotation.core.judging.folds import grouped_folds
from annotation.core.likeness.grouping import group_items
from annotation.core.progress import Report
from annotation.core.wording import counted
from annotation.models import Case, Dataset, Job, Snapshot, User
from annotation.reading.frozen_rows import rows_now
from annotation.reading.learned_order import (
    learn_from_decisions,
    newest_detection,
    open_case_items,
    prior_evidence_of,
)
from annotation.reading.worth_deciding import worth_of
from modeling.core.fitting.seeds import SEEDS, draws, with_seed
from modeling.core.fitting.training import fit_resolved, predict_now, refitter
from modeling.core.proving.paired import LEAST_UNITS
from modeling.core.watching.returns import AHEAD, ENOUGH, AlongDecisions, Projection, cut_points, project
from modeling.core.watching.stored import ReturnsJson
from modeling.models import Look, ModelRun, ReturnCurve
from modeling.reading.looks import looks_at
from modeling.reading.watching.decisions_made import decisions_made, labels_along

ON_PRODUCTION, OUT_OF_FOLD = "production", "out of fold"


class ReturnsParams(TypedDict):
    """snapshot: the production set that is read, None = scored out of fold."""

    run: int
    snapshot: int | None


class ReturnsResult(ReturnsJson):
    """The result of a job of the kind returns."""

    curve: int


def request_returns(
    run: ModelRun, production: Snapshot | None, *, user: User | None = None, background: bool = True
) -> Job:
    """The job that measures. The same run, set and decisions are the same job and no new look."""
    if not run.converged:
        raise UnableToWork(f"Run {run.pk} did not converge; what labels bring would not show in it.")
    if production and production.purpose != Snapshot.PRODUCTION:
        raise UnableToWork(f"Snapshot {production.pk} is a training snapshot; returns are read off a production set.")
    made = decisions_made(run.dataset)
    if len(made) < ENOUGH:
        raise UnableToWork(
            f"{counted(len(made), 'decision')} so far; what they bring shows from {ENOUGH} on. Decide more cases first."
        )
    params: ReturnsParams = {"run": run.pk, "snapshot": production.pk if production else None}
    inputs = f"{len(made)} decisions to {made['decision'].iloc[-1]}"
    return enqueue(
        "returns", run.dataset, params, inputs=inputs, seed=run.recipe.seed, user=user, background=background
    )


def run(job: Job, report: Report) -> Write:
    asked: ReturnsParams = job.params
    trained = ModelRun.objects.select_related("recipe", "snapshot__dataset").get(pk=asked["run"])
    dataset = job.own_dataset
    production = Snapshot.objects.filter(pk=asked["snapshot"] or 0).select_related("dataset").first()
    report("freezing the training rows", 0.02)
    along = _labels_along(dataset, freeze(dataset, Snapshot.TRAINING, user=job.created_by))
    curve = _on_production(trained, along, production, report) if production else _out_of_fold(trained, along, report)
    if curve.too_few:
        raise UnableToWork(
            f"The {curve.right.shape[1]:,} rows are near-copies of one another and amount to fewer than {LEAST_UNITS} "
            "inputs; no interval over so few holds. Import more, and different, rows. No look was counted."
        )
    report("what the next decisions are worth", 0.95)
    projection, why = _projected(dataset, curve)
    found: ReturnsJson = {
        "run": trained.pk, "snapshot": production.pk if production else None,
        "scored_on": ON_PRODUCTION if production else OUT_OF_FOLD, "rows": curve.right.shape[1],
        "groups": len(np.unique(curve.groups)), "left_out": along.left_out, "points": curve.points(),
        "per_hundred": curve.per_hundred().as_json(), "projection": projection.as_json() if projection else None,
        "why": why, "looks": 0, "planned_looks": dataset.planned_looks,
    }  # fmt: skip
    return lambda: _write(job, trained, production, found)


def _write(job: Job, run: ModelRun, production: Snapshot | None, found: ReturnsJson) -> ReturnsResult:
    """Insert what was found, as the look that it is by now."""
    bulk.lock_dataset(job.own_dataset)
    if production:
        found = {**found, "looks": looks_at(production) + 1}
    curve = ReturnCurve.objects.create(run=run, snapshot=production, job=job, found=found)
    if production:
        Look.objects.create(snapshot=production, kind=Look.RETURNS, returns=curve)
    return {**found, "curve": curve.pk}


@dataclass(frozen=True, eq=False)
class _LabelsAlong:
    """The training rows that had a label at every point. table: typed columns; labels: int (points, n), of the
    dataset's classes; groups: int (n,); decisions, changed: int (points,); left_out: the other training rows."""

    table: pd.DataFrame
    labels: np.ndarray
    groups: np.ndarray
    decisions: np.ndarray
    changed: np.ndarray
    left_out: int


def _labels_along(dataset: Dataset, rows: Snapshot) -> _LabelsAlong:
    frame, made = rows_now(rows), decisions_made(dataset)
    cuts = cut_points(len(made))
    named = labels_along(dataset, made, cuts, frame.set_index("item")["label"])
    labels = np.stack([frames.codes(named[cut], dataset.class_names) for cut in cuts])
    whole = (labels >= 0).all(axis=0)
    table = frames.content_table(frame["content"][whole], dataset.typed_fields)
    groups = np.asarray(group_items(table, dataset.typed_fields).of)
    changed = np.concatenate([[0], made["fixed"].cumsum()])[cuts]
    return _LabelsAlong(table, labels[:, whole], groups, np.array(cuts), changed, int((~whole).sum()))


def _on_production(run: ModelRun, along: _LabelsAlong, production: Snapshot, report: Report) -> AlongDecisions:
    """A recipe that draws is trained over several seeds; their spread is part of every interval."""
    dataset = run.dataset
    rows = rows_now(production)
    asked = frames.content_table(rows["content"], dataset.typed_fields)
    truth = frames.codes(rows["label"], dataset.class_names)
    seeds = SEEDS if draws(run.resolved) else 1
    right = np.zeros((seeds, len(along.labels), len(truth)), dtype=bool)
    for number in range(seeds):
        resolved = with_seed(run.resolved, run.resolved["seed"] + number)
        for at, labels in enumerate(along.labels):
            done = (number * len(along.labels) + at) / (seeds * len(along.labels))
            report(f"learning from the labels after {along.decisions[at]:,} decisions", 0.1 + 0.8 * done)
            if at and np.array_equal(labels, along.labels[at - 1]):
                right[number, at] = right[number, at - 1]
                continue
            names = np.asarray(dataset.class_names)[labels]
            model = fit_resolved(along.table, dataset.typed_fields, names, along.groups, resolved)
            right[number, at] = predict_now(model, asked, dataset.classes).argmax(axis=1) == truth
    return AlongDecisions.of_seeds(
        right, along.decisions, along.changed, np.asarray(group_items(asked, dataset.typed_fields).of),
        _weights(production, rows["item"]),
    )  # fmt: skip


def _weights(production: Snapshot, items: pd.Series) -> np.ndarray | None:
    """How many items of production each row stands for; None where all stand for themselves."""
    kept = dict(production.rows.exclude(weight=None).values_list("item_id", "weight"))
    return items.map(kept).fillna(1.0).to_numpy(dtype=float) if kept else None


def _out_of_fold(run: ModelRun, along: _LabelsAlong, report: Report) -> AlongDecisions:
    """Each row predicted by models that have not seen it, against its label of now: what an old label taught wrongly
    counts as wrong."""
    dataset, now = run.dataset, along.labels[-1]
    fold = grouped_folds(along.groups, now, run.resolved["folds"], run.resolved["seed"])
    right = np.zeros(along.labels.shape, dtype=bool)
    for at, labels in enumerate(along.labels):
        refit = refitter(along.table, dataset.typed_fields, labels, dataset.class_names, along.groups, run.resolved)
        report(f"learning from the labels after {along.decisions[at]:,} decisions", 0.1 + 0.8 * at / len(along.labels))
        for number in range(int(fold.max()) + 1):
            out = fold == number
            right[at, out] = refit(~out, out).argmax(axis=1) == now[out]
    return AlongDecisions(right, along.decisions, along.changed, along.groups)


def _projected(dataset: Dataset, curve: AlongDecisions) -> tuple[Projection | None, str]:
    """What the first of the open cases are expected to gain, or why nothing says so."""
    detection = newest_detection(dataset)
    if detection is None:
        return None, "No detector has looked at the labels, so nothing says how many errors are left."
    production = dataset.cases.open().filter(kind=Case.PRODUCTION).values_list("id", flat=True)
    waiting = open_case_items(dataset)
    waiting = waiting[~waiting["case"].isin(set(production))]
    first = waiting.drop_duplicates("case").sort_values("score", ascending=False, kind="stable")["case"].head(AHEAD)
    if first.empty:
        return None, "No case is open, so there is nothing to project."
    learned = learn_from_decisions(dataset, prior_evidence_of(detection))
    worth = worth_of(dataset, waiting[waiting["case"].isin(first)], learned)
    if worth is None:
        return None, "Too few decisions came after a detection to say how many errors are left."
    found = project(curve, Interval(worth.wrong.value, worth.wrong.low, worth.wrong.high, worth.wrong.n), len(first))
    return found, "" if found else "No decision has changed a label, so nothing says what one is worth."
