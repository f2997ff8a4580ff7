"""One run of the detectors over a dataset's pool: asked for, run, written."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NotRequired, TypedDict

import numpy as np
import pandas as pd
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from annotation import bulk
from annotation.actions.detecting.desks import clear_desk
from annotation.actions.detecting.pieces import begin, gathered, pinned, waits_for
from annotation.actions.detecting.tell_ready import told_when_ready
from annotation.actions.detecting.write_detection import detection_rows, worth_showing
from annotation.actions.detecting.write_unseen import write_unseen
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.fenced import fenced
from annotation.actions.jobs.parts import Wait
from annotation.actions.jobs.work import UnableToWork, Write
from annotation.actions.queue.open_cases import PIECE, Unit, as_cases, plan_cases
from annotation.actions.queue.reorder import keep_learned
from annotation.core.artifacts import arrays_to_bytes, save_bytes
from annotation.core.detectors import DETECTORS
from annotation.core.detectors.code_mark import code_mark
from annotation.core.detectors.running import suspect
from annotation.core.judging.evidence import Evidence
from annotation.core.order.explaining import explanation_arrays
from annotation.core.order.prior_evidence import PriorEvidence, gather_prior_evidence, to_arrays
from annotation.core.order.ranking import order_units
from annotation.core.order.worth_deciding import Worth
from annotation.core.progress import Report
from annotation.models import DECIDED, CurrentLabel, Dataset, Detection, Job, User
from annotation.reading.classes.order_then import refuse_other_classes
from annotation.reading.datasets.imports import refuse_half_shown
from annotation.reading.labels_left import support_of
from annotation.reading.learned_order import Learned, learn_from_decisions, newest_detection
from annotation.reading.pool_evidence import gather, pool_frame, state_of, with_predictions
from annotation.reading.prediction_sets import named_set
from annotation.reading.worth_deciding import worth_of


class DetectionParams(TypedDict):
    """only: detectors by name, empty = all; predictions: the set that stands in place of the built-in model's."""

    only: list[str]
    predictions: NotRequired[str]


class DetectionResult(TypedDict):
    """What was found, counted; failed, not_applicable: detector → why."""

    detection: int
    items: int
    groups: int
    flags: int
    findings: int
    cases: int
    failed: dict[str, str]
    not_applicable: dict[str, str]


def request_detection(
    dataset: Dataset, *, only: tuple[str, ...] = (), predictions: str = "", seed: int = 0, user: User | None = None,
    again: bool = False, background: bool = True,
) -> Job:  # fmt: skip
    """The job that runs the detectors on the dataset as it is now.

    The same on the same items by the same code is the same job: after an upgrade it runs anew. `predictions` names a
    prediction set whose probabilities stand in place of the built-in model's where it has them.
    """
    unknown = [name for name in only if name not in DETECTORS]
    if unknown:
        raise UnableToWork(f"There is no detector {unknown[0]!r}. Detectors: {', '.join(DETECTORS)}.")
    params: DetectionParams = {"only": sorted(only)}
    if predictions:
        params["predictions"] = named_set(dataset, predictions).name
    return enqueue(
        "detection", dataset, params, inputs=f"{state_of(dataset)} by {code_mark()}", seed=seed, user=user, again=again,
        background=background,
    )  # fmt: skip


def run(job: Job, report: Report) -> Write | Wait:
    if wait := waits_for(job):
        return wait
    started = time.monotonic()
    asked: DetectionParams = job.params
    dataset = job.own_dataset
    refuse_half_shown(dataset)
    pool = pinned(job, pool_frame(dataset))
    if not (pool["code"] >= 0).any():
        raise UnableToWork(f"The pool of {dataset.slug!r} has no labelled items yet; import some with their labels.")
    if wait := begin(job, pool, report):
        return wait
    evidence = _evidence(job, pool, report)
    report("running the detectors", 0.8)
    suspicions = suspect(evidence, tuple(asked["only"]))
    prior = gather_prior_evidence(pool["item"].to_numpy(dtype=np.int64), evidence, suspicions)
    read_at = timezone.now()
    learned = learn_from_decisions(dataset, prior)
    contested = (pool["state"] == CurrentLabel.CONTESTED).to_numpy()
    order = order_units(evidence.groups.of, evidence.labels, learned.chance, contested, learned.pace, prior.effect)
    arrays = _store(evidence, prior, worth_showing(order, suspicions, contested))
    index = _kept(evidence.index) if evidence.index else ""
    rows = detection_rows(dataset, pool, evidence, order, suspicions, contested, learned)
    worth, support = _worth(dataset, pool, rows.units, learned), support_of(dataset, learned)
    facts = {
        "n_items": len(pool), "arrays": arrays, "index": index, "failed": suspicions.failed,
        "not_applicable": suspicions.not_applicable,
        "n_groups": len(rows.groups), "n_conflicts": int(order.is_group.sum()), "n_flags": len(rows.flags),
        "n_findings": len(rows.findings),
    }  # fmt: skip
    step = partial(fenced, report, "writing flags and cases", 0.9)
    refuse_other_classes(dataset, evidence.classes)
    detection = write_unseen(dataset, job, {**facts, "seconds": time.monotonic() - started}, rows, step)
    now = timezone.now()
    plan = plan_cases(dataset, rows.units, now)
    first, *others = plan.steps(dataset)
    with step():
        bulk.lock_dataset(dataset)
        refuse_other_classes(dataset, evidence.classes)
        newest = newest_detection(dataset)
        _show(detection, now)
        # a later one that was quicker has the queue, and this one is its past
        late = newest is not None and newest.pk > detection.pk
        if not late:
            with told_when_ready(dataset, now, coming=max(0, len(plan.new) - PIECE)):
                first()
        if learned.n and not late:
            keep_learned(dataset, detection, learned, worth, support, read_at)
    for other in () if late else others:
        with step():
            bulk.lock_dataset(dataset)
            other()

    def write() -> DetectionResult:
        transaction.on_commit(partial(clear_desk, job.pk))
        return {
            "detection": detection.pk, "items": detection.n_items, "groups": detection.n_groups,
            "flags": detection.n_flags, "findings": detection.n_findings, "cases": dataset.cases.open().count(),
            "failed": detection.failed, "not_applicable": detection.not_applicable,
        }  # fmt: skip

    return write


def _show(detection: Detection, now: datetime) -> None:
    """From here on it is seen, whole."""
    if not Detection.every.filter(pk=detection.pk).update(finished=True, created_at=now):
        raise UnableToWork("Another attempt at this detection took its place. Ask for it again if none is at work.")
    detection.finished, detection.created_at = True, now


def _worth(dataset: Dataset, pool: pd.DataFrame, units: Sequence[Unit], learned: Learned) -> Worth | None:
    """What the units are worth that experts have not settled whole."""
    decided = set(pool.loc[pool["basis"].isin(DECIDED), "item"])
    return worth_of(dataset, as_cases([unit for unit in units if not unit.items <= decided]), learned)


def _store(evidence: Evidence, prior: PriorEvidence, shown: np.ndarray) -> str:
    """The artifact's name: prior evidence, why the items `shown` were flagged, and the model's likeliest class."""
    stored = {**to_arrays(prior), **explanation_arrays(evidence, prior.item, shown, prior.score)}
    if evidence.probabilities is not None:
        stored["says"] = evidence.probabilities.argmax(axis=1).astype(np.int32)
    return _kept(stored)


def _kept(arrays: Mapping[str, np.ndarray]) -> str:
    return save_bytes(settings.ARTIFACTS_DIR, arrays_to_bytes(**arrays), ".npz")


def _evidence(job: Job, pool: pd.DataFrame, report: Report) -> Evidence:
    evidence = gather(
        job.own_dataset, pool, job.seed, lambda stage, share: report(stage, 0.05 + 0.75 * share), gathered(job, report)
    )
    asked: DetectionParams = job.params
    if name := asked.get("predictions"):
        return with_predictions(evidence, pool, named_set(job.own_dataset, name))
    return evidence
