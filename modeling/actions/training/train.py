"""One recipe on one training snapshot, as a job."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import numpy as np
import pandas as pd
from django.conf import settings

from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.parts import Part, Wait
from annotation.actions.jobs.work import UnableToWork, Write
from annotation.actions.snapshot import snapshot as freeze
from annotation.core.artifacts import arrays_to_bytes, save_bytes
from annotation.core.progress import Report
from annotation.models import Dataset, Job, PredictionSet, Snapshot, User
from annotation.reading.classes.order_then import changed_classes
from annotation.reading.pool_evidence import state_of
from modeling.actions.training.folds import KIND as FOLDS_KIND
from modeling.actions.training.folds import fold_parts, tried_of
from modeling.actions.training.synonyms import accepted_pairs
from modeling.core.fitting.augmentation import SETTINGS as OF_COPIES
from modeling.core.fitting.augmentation import augmentation_settings
from modeling.core.fitting.dense_features import DenseModel
from modeling.core.fitting.model_artifacts import dump_model
from modeling.core.fitting.stored import Resolved, Settings
from modeling.core.fitting.training import OF_ROWS, Fit, Model, fit, predict
from modeling.core.learners import learner_settings
from modeling.models import ModelRun, Recipe
from modeling.reading.training_rows import read_rows

# Rows whose prediction is timed.
TIMED = 1000


@dataclass(frozen=True)
class TrainingOrder:
    """What to train: a learner with its settings, or with the resolved settings of the run `like`."""

    learner: str
    settings: Settings
    seed: int
    like: int | None = None


class TrainingParams(TypedDict):
    """like: the run whose resolved settings these are; snapshot: None freezes one when the job starts; as_imported: it
    is frozen with the labels that files gave at first."""

    learner: str
    settings: Settings
    like: int | None
    snapshot: int | None
    as_imported: NotRequired[bool]


class TrainingResult(TypedDict):
    """status: how the solver ended, a sentence."""

    run: int
    snapshot: int
    status: str
    converged: bool
    resolved: Resolved
    parameter_hash: str


def request_training(
    dataset: Dataset, *, learner: str | None = None, pairs: dict[str, str] | None = None, like: ModelRun | None = None,
    recipe: Recipe | None = None, snapshot: Snapshot | None = None, seed: int = 0, user: User | None = None,
    again: bool = False, background: bool = True, as_imported: bool = False,
) -> Job:  # fmt: skip
    """The job that trains. The same recipe on the same rows is the same job; no `snapshot` freezes one at its start,
    of today's labels or of those `as_imported`."""
    chosen: Settings
    if like:
        if pairs:
            raise UnableToWork("--like takes every setting from the run it names; leave out --set.")
        learner, seed, chosen = like.recipe.learner, like.recipe.seed, like.resolved
    elif recipe:
        if pairs:
            raise UnableToWork("--recipe takes every setting from the recipe it names; clone it to change one.")
        learner, seed, chosen = recipe.learner, recipe.seed, recipe.settings
    else:
        learner = learner or ""
        chosen = recipe_settings(dataset, learner, pairs or {})
    if snapshot and snapshot.purpose != Snapshot.TRAINING:
        raise UnableToWork(f"Snapshot {snapshot.pk} is a production snapshot; nothing is ever trained on it.")
    params: TrainingParams = {
        "learner": learner, "settings": chosen, "like": like.pk if like else None,
        "snapshot": snapshot.pk if snapshot else None,
    }  # fmt: skip
    if as_imported:
        if snapshot:
            raise UnableToWork("--as-imported freezes rows of its own; leave out --snapshot.")
        params["as_imported"] = True
    inputs = snapshot.sha256 + changed_classes(dataset) if snapshot else state_of(dataset)
    return enqueue("training", dataset, params, inputs=inputs, seed=seed, user=user, again=again, background=background)


def recipe_settings(dataset: Dataset, learner: str, pairs: dict[str, str]) -> dict[str, Any]:
    """Every setting of the learner and, where they are asked for, those of copies, out of KEY → VALUE as typed. Raises
    UnableToConfigure."""
    own = {key: value for key, value in pairs.items() if key not in OF_COPIES}
    copies = {key: value for key, value in pairs.items() if key in OF_COPIES}
    settings = learner_settings(learner, own)
    return {**settings, **augmentation_settings(copies, accepted_pairs(dataset))} if copies else settings


def training_part(rows: Snapshot, learner: str, chosen: Settings, seed: int) -> Part:
    """The same job that `request_training` makes of a snapshot, as a part of another: what is trained is not trained
    again."""
    params: TrainingParams = {"learner": learner, "settings": chosen, "like": None, "snapshot": rows.pk}
    return Part("training", params, inputs=rows.sha256 + changed_classes(rows.dataset), seed=seed)


def run(job: Job, report: Report) -> Write | Wait:
    report("freezing the training rows", 0.02)
    asked: TrainingParams = job.params
    parts = list(job.parts.filter(kind=FOLDS_KIND).order_by("id"))
    if pinned := parts[0].params["snapshot"] if parts else asked["snapshot"]:
        rows = Snapshot.objects.get(pk=pinned)
    else:
        first = asked.get("as_imported", False)
        rows = freeze(job.own_dataset, Snapshot.TRAINING, user=job.created_by, as_imported=first)
    if not parts and (first_done := fold_parts(rows, asked["learner"], asked["settings"], job.seed)):
        return Wait(first_done)
    order = TrainingOrder(asked["learner"], asked["settings"], job.seed, asked["like"])
    trained = train_on(rows, order, lambda stage, share: report(stage, 0.05 + 0.9 * share), job, parts)

    def write() -> TrainingResult:
        made = trained.insert()
        return {
            "run": made.pk, "snapshot": rows.pk, "status": made.solver_status, "converged": made.converged,
            "resolved": made.resolved, "parameter_hash": made.parameter_hash,
        }  # fmt: skip

    return write


@dataclass(frozen=True, eq=False)
class TrainedRun:
    """A run that was fitted and whose files are written; it has no id before `insert`, unless it was there already."""

    run: ModelRun
    order: TrainingOrder | None = None

    def insert(self) -> ModelRun:
        """Add its rows: recipe, prediction set, run."""
        if self.order and self.run.pk is None:
            self.run.recipe = _recipe(self.run.dataset, self.order)
            self.run.predictions.save(force_insert=True)
            self.run.save(force_insert=True)
        return self.run


def train_on(rows: Snapshot, order: TrainingOrder, report: Report, job: Job, folds: Sequence[Job] = ()) -> TrainedRun:
    """Fit, and write files; no row before the run is inserted. folds: the jobs that went through folds before."""
    started, cpu_started = time.monotonic(), time.process_time()
    report("near-duplicates", 0.0)
    read = read_rows(rows)
    frame, table = read.frame, read.table
    fitted = fit(
        table, read.fields, read.labels, read.classes, read.groups, order.learner, order.settings, order.seed, report,
        sources=frame["source"].to_numpy(str), tried=tried_of(folds),
    )  # fmt: skip
    if fitted.coefficients:
        encoded = json.dumps(fitted.coefficients, sort_keys=True).encode()
        fitted.metrics["coefficients"] = save_bytes(settings.ARTIFACTS_DIR, encoded, ".json")
    suffix = ".zip" if isinstance(fitted.model, DenseModel) else ".skops"
    artifact = save_bytes(settings.ARTIFACTS_DIR, dump_model(fitted.model), suffix)
    arrays = save_probabilities(frame["item"].to_numpy(), fitted.oof)
    cost = {"cpu_seconds": time.process_time() - cpu_started, "predict_seconds": _predicting(fitted.model, table)}
    cost["seconds"] = time.monotonic() - started
    cost["cpu_seconds"] += sum(one.outcome["cpu_seconds"] for one in folds if one.status == Job.DONE)
    return TrainedRun(_run(rows, order, fitted, artifact, arrays, cost, job), order)


def _predicting(model: Model, table: pd.DataFrame) -> float:
    """Processor seconds it takes to predict 1,000 rows, features included."""
    some = table.head(TIMED)
    started = time.process_time()
    predict(model, some, model.classes_.tolist())
    return (time.process_time() - started) * TIMED / len(some)


def train_like(rows: Snapshot, like: ModelRun, report: Report, job: Job) -> TrainedRun:
    """`like` once more on other rows, with its resolved settings; the run there already is, where there is one."""
    wanted = {**without_rows(like.resolved), "classes": list(rows.dataset.class_names)}
    there = ModelRun.objects.filter(snapshot=rows, recipe=like.recipe)
    same = next((run for run in there if without_rows(run.resolved) == wanted), None)
    if same:
        return TrainedRun(same)
    return train_on(rows, TrainingOrder(like.recipe.learner, like.resolved, like.recipe.seed, like.pk), report, job)


def without_rows(resolved: Settings) -> dict[str, Any]:
    """Resolved settings but for what tells rows apart, not recipes."""
    return {key: value for key, value in resolved.items() if key not in OF_ROWS}


def save_probabilities(items: np.ndarray, probabilities: np.ndarray) -> str:
    """Store item ids (n,) and probabilities (n, K); returns the artifact's name."""
    data = arrays_to_bytes(item=items.astype(np.int64), probability=probabilities.astype(np.float32))
    return save_bytes(settings.ARTIFACTS_DIR, data, ".npz")


def _run(
    rows: Snapshot, order: TrainingOrder, fitted: Fit, artifact: str, arrays: str, cost: dict[str, float], job: Job
) -> ModelRun:
    n = len(fitted.oof)
    predictions = PredictionSet(
        dataset=rows.dataset, name=f"out of fold, job {job.pk}, snapshot {rows.pk}", n=n, arrays=arrays,
        classes=list(rows.dataset.class_names),
    )  # fmt: skip
    return ModelRun(
        snapshot=rows, job=job, like_id=order.like, resolved=fitted.resolved,
        converged=fitted.converged, solver_status=fitted.status, at_chance=fitted.at_chance, metrics=fitted.metrics,
        parameter_hash=fitted.parameter_hash, environment=fitted.environment, artifact=artifact,
        predictions=predictions, **cost,
    )  # fmt: skip


def _recipe(dataset: Dataset, order: TrainingOrder) -> Recipe:
    if order.like is not None:
        return ModelRun.objects.get(pk=order.like).recipe
    there = Recipe.objects.alike(dataset, order.learner, order.settings, order.seed).first()
    return there or Recipe.objects.create(
        dataset=dataset, learner=order.learner, settings=order.settings, seed=order.seed
    )
