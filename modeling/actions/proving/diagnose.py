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
from annotation.reading.frozen_rows import frozen_rows
from modeling.core.diagnosing.diagnosis import Diagnosed, diagnose
from modeling.core.diagnosing.sides import SideRows, Sides
from modeling.core.diagnosing.stored import CoverageJson, DiagnosisJson, DiagnosisResult, LabelsJson
from modeling.models import Diagnosis, Look, ModelRun
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
    if production.n_rows < FEWEST:
        raise UnableToWork(
            f"{production.n_rows} production rows cannot tell one cause from another; it takes {FEWEST} at least, and "
            "some hundreds to tell gains of a few points."
        )
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
    pool, there = frozen_rows(of.snapshot), frozen_rows(production)
    unlabelled = _unlabelled(of.dataset)
    table = frames.content_table(unlabelled["content"], of.dataset.typed_fields)
    found = diagnose(
        _sides(of, pool, there), job.seed, lambda stage, share: report(stage, 0.05 + 0.95 * share), table
    )  # fmt: skip
    said = as_json(found, of, production, pool, unlabelled, job.seed)
    return lambda: _write(of, production, job, said)


def _write(of: ModelRun, production: Snapshot, job: Job, said: DiagnosisJson) -> DiagnosisResult:
    bulk.lock_dataset(production.dataset)
    made = Diagnosis.objects.create(snapshot=production, run=of, job=job, found=said)
    look = looks_at(production) + 1
    Look.objects.create(snapshot=production, kind=Look.DIAGNOSIS, diagnosis=made)
    return {**said, "diagnosis": made.pk, "look": look, "planned_looks": production.dataset.planned_looks}


def _sides(of: ModelRun, pool: pd.DataFrame, production: pd.DataFrame) -> Sides:
    """Both sides grouped at once, so that a group has one number."""
    dataset = of.dataset
    both = pd.concat([pool, production], ignore_index=True)
    table = frames.content_table(both["content"], dataset.typed_fields)
    groups = np.asarray(group_items(table, dataset.typed_fields).of)
    labels = frames.codes(both["label"], dataset.class_names)
    rows = SideRows(table, labels, groups, both["source"].to_numpy(str))
    n = len(pool)
    first, second = np.arange(n), np.arange(n, len(both))
    return Sides(
        rows.some(first), rows.some(second), tuple(dataset.typed_fields), len(dataset.class_names), of.resolved
    )  # fmt: skip


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
        "learned_from": len(pool), "accuracy": found.accuracy.as_json(), "named": list(found.named),
        "causes": [{"name": one.name, "gain": one.gain.as_json()} for one in found.causes],
        "labels": _labels(found, pool["item"].to_numpy(), names),
        "fit": {
            "C": float(of.resolved["C"]), "chosen": found.judged.C, "tried": sorted(found.judged.tried.items()),
        },
        "parts": sorted(found.parts.items()), "coverage": _coverage(found, unlabelled["item"].to_numpy()),
        "confused": [{"one": names[pair.one], "other": names[pair.other], "n": pair.n} for pair in found.confused],
    }  # fmt: skip


def _labels(found: Diagnosed, item: np.ndarray, names: tuple[str, ...]) -> LabelsJson:
    wrong = found.wrong
    both = [*found.contradicted.tolist(), *wrong.doubted.tolist()]
    doubted = item[list(dict.fromkeys(both))]
    return {
        "share": wrong.share, "pairs": [(names[true], names[said]) for true, said in wrong.pairs],
        "doubted": doubted[:KEPT].tolist(), "n": len(doubted),
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
