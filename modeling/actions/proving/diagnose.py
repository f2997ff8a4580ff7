"""What a run's next gain is expected from, read off one production snapshot, as a job."""

from typing import TypedDict

import numpy as np
import pandas as pd

from annotation import bulk, frames
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import UnableToWork, Write
from annotation.core.likeness.grouping import group_items
from annotation.core.progress import Report
from annotation.models import Dataset, Item, Job, Snapshot, User
from annotation.reading.audit_answers import newest_error_rate
from annotation.reading.frozen_rows import rows_now
from modeling.actions.proving.leaked_rows import leaked
from modeling.actions.proving.predict_production import ProductionRows, read_rows
from modeling.core.diagnosing.diagnosis import Diagnosed, diagnose
from modeling.core.diagnosing.sides import SideRows, Sides
from modeling.core.diagnosing.stored import CoverageJson, DiagnosisJson, DiagnosisResult, LabelsJson
from modeling.models import Diagnosis, Look, ModelRun
from modeling.reading.comparison_sides import Side
from modeling.reading.looks import looks_at

KIND, LEARNER = "diagnosis", "logistic"
# Items kept to be opened or labelled next, and unlabelled ones looked through for them.
KEPT, LOOKED_THROUGH = 500, 20_000
# Production rows below which no interval would be narrow enough to tell causes apart.
FEWEST = 30


class DiagnosisParams(TypedDict):
    run: int
    snapshot: int


def request_diagnosis(run: ModelRun, production: Snapshot, *, user: User | None = None, background: bool = True) -> Job:
    """The job that diagnoses. The same run on the same set is the same job and no new look. Raises UnableToWork."""
    if production.purpose != Snapshot.PRODUCTION:
        raise UnableToWork(f"Snapshot {production.pk} is a training snapshot; a diagnosis needs a production snapshot.")
    if run.recipe.learner != LEARNER:
        raise UnableToWork(
            f"Run {run.pk} is no logistic regression: a diagnosis fits its recipe some forty times. Train one on the "
            "same rows and diagnose that; what is wrong with labels, rows and sources is the same for both."
        )
    if not run.converged:
        raise UnableToWork(f"Run {run.pk} did not converge ({run.solver_status}); a stronger penalty helps.")
    _refuse_few(production.n_rows)
    params: DiagnosisParams = {"run": run.pk, "snapshot": production.pk}
    return enqueue(
        KIND, run.dataset, params, inputs=run.snapshot.sha256 + production.sha256, seed=run.recipe.seed, user=user,
        background=background,
    )  # fmt: skip


def run(job: Job, report: Report) -> Write:
    asked: DiagnosisParams = job.params
    of = ModelRun.objects.select_related("snapshot__dataset", "recipe").get(pk=asked["run"])
    production = Snapshot.objects.select_related("dataset").get(pk=asked["snapshot"])
    report("near-duplicates", 0.0)
    pool, (there, lost) = rows_now(of.snapshot), _not_learned_from(of, production)
    unlabelled = _unlabelled(of.dataset)
    table = frames.content_table(unlabelled["content"], of.dataset.typed_fields)
    sides = _sides(of, pool, there)
    found = diagnose(sides, job.seed, lambda stage, share: report(stage, 0.05 + 0.95 * share), table)
    said = as_json(found, of, production, pool, unlabelled, job.seed)
    said["leaked"] = lost
    return lambda: _write(of, production, job, said)


def _write(of: ModelRun, production: Snapshot, job: Job, said: DiagnosisJson) -> DiagnosisResult:
    bulk.lock_dataset(production.dataset)
    made = Diagnosis.objects.create(snapshot=production, run=of, job=job, found=said)
    look = looks_at(production) + 1
    Look.objects.create(snapshot=production, kind=Look.DIAGNOSIS, diagnosis=made)
    return {**said, "diagnosis": made.pk, "look": look, "planned_looks": production.dataset.planned_looks}


def _sides(of: ModelRun, pool: pd.DataFrame, there: ProductionRows) -> Sides:
    """Both sides, each with groups of its own: production rows that are near-copies of the pool were left out."""
    dataset = of.dataset
    table = frames.content_table(pool["content"], dataset.typed_fields)
    groups = np.asarray(group_items(table, dataset.typed_fields).of)
    labels = frames.codes(pool["label"], dataset.class_names)
    learned = SideRows(table, labels, groups, pool["source"].to_numpy(str))
    scored = SideRows(there.table, there.truth, np.asarray(there.groups), there.frame["source"].to_numpy(str))
    return Sides(
        learned, scored, tuple(dataset.typed_fields), len(dataset.class_names), of.resolved, there.weights
    )  # fmt: skip


def _not_learned_from(of: ModelRun, production: Snapshot) -> tuple[ProductionRows, int]:
    """The production rows but those that the run may have learned from, and how many those are."""
    rows = read_rows(production)
    lost = leaked(rows, [Side(of, None)])
    _refuse_few(int((~lost).sum()))
    return rows.where(~lost), int(lost.sum())


def _refuse_few(n: int) -> None:
    if n < FEWEST:
        raise UnableToWork(
            f"{n} production rows cannot tell one cause from another; it takes {FEWEST} at least, and some hundreds to "
            "tell gains of a few points. Rows that the run learned from don't count."
        )


def _unlabelled(dataset: Dataset) -> pd.DataFrame:
    """item and content of the newest pool items that nobody has labelled."""
    rows = Item.objects.filter(dataset=dataset, split=Item.POOL, current_labels=None).order_by("-id")
    return pd.DataFrame(list(rows.values_list("id", "content")[:LOOKED_THROUGH]), columns=["item", "content"])


def as_json(
    found: Diagnosed, of: ModelRun, production: Snapshot, pool: pd.DataFrame, unlabelled: pd.DataFrame, seed: int
) -> DiagnosisJson:
    """Everything found, items by id and classes by name."""
    names = of.dataset.class_names
    return {
        "run": of.pk, "snapshot": production.pk, "seed": seed, "n": found.n, "groups": found.n_groups,
        "learned_from": len(pool), "leaked": 0, "accuracy": found.accuracy.as_json(), "named": list(found.named),
        "causes": [
            {"name": one.name, "gain": one.expected.as_json(), "sampled": one.gain.as_json()} for one in found.causes
        ],
        "labels": _labels(found, pool["item"].to_numpy(), of.dataset),
        "fit": {
            "C": float(of.resolved["C"]), "chosen": found.judged.C, "tried": sorted(found.judged.tried.items()),
        },
        "parts": sorted(found.parts.items()), "coverage": _coverage(found, unlabelled["item"].to_numpy()),
        "confused": [{"one": names[pair.one], "other": names[pair.other], "n": pair.n} for pair in found.confused],
    }  # fmt: skip


def _labels(found: Diagnosed, item: np.ndarray, dataset: Dataset) -> LabelsJson:
    wrong, names, audited = found.wrong, dataset.class_names, newest_error_rate(dataset)
    return {
        "share": wrong.share, "pairs": [(names[true], names[said]) for true, said in wrong.pairs],
        "doubted": item[wrong.doubted][:KEPT].tolist(), "n": len(wrong.doubted),
        "contradicted": item[found.contradicted][:KEPT].tolist(),
        "audit": audited[1].rate.as_json() if audited else None,
    }  # fmt: skip


def _coverage(found: Diagnosed, item: np.ndarray) -> CoverageJson:
    covered = found.coverage
    nearest = np.argsort(-found.unlabelled, kind="stable")[:KEPT]
    return {
        "auc": covered.auc, "error": covered.error, "evident": covered.evident, "far": float(covered.far.mean()),
        "near_accuracy": _known(covered.near_accuracy), "far_accuracy": _known(covered.far_accuracy),
        "lacking": [
            {"source": one.source, "n": one.n, "pool": one.pool, "accuracy": one.accuracy} for one in covered.lacking
        ],
        "next": [int(one) for one in item[nearest]],
    }  # fmt: skip


def _known(share: float) -> float | None:
    return None if np.isnan(share) else share
