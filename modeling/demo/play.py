"""The demo: the whole loop on synthetic filings, with a simulated expert who is wrong 5 % of the time."""

import csv
import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.utils import timezone

from annotation import frames
from annotation.actions.detecting.detect import request_detection
from annotation.actions.files.import_items import import_params, request_import
from annotation.actions.jobs.work import Write, work_here
from annotation.actions.people.add_member import user_named
from annotation.actions.queue.decide import Answer, decide
from annotation.actions.queue.lease import lease
from annotation.actions.queue.reorder import reorder
from annotation.actions.snapshot import snapshot
from annotation.core.files.parsing_items import ItemMapping
from annotation.core.intervals import wilson
from annotation.core.likeness.grouping import group_items
from annotation.core.progress import Report
from annotation.models import (
    Case,
    Dataset,
    Decision,
    Item,
    Job,
    LabelClass,
    PredictionSet,
    Ruling,
    Snapshot,
)
from modeling.actions.proving.compare import request_comparison
from modeling.actions.proving.predict_production import predict_side, read_rows
from modeling.actions.training.train import request_training, save_probabilities
from modeling.core.fitting.training import fit, predict
from modeling.core.proving.stored import ComparisonResult
from modeling.demo.dataset import SIMULATED
from modeling.demo.filings import Filings, generate
from modeling.demo.filings_text import NEGATIVE, NEUTRAL
from modeling.demo.stored import DemoBar, DemoResult
from modeling.models import ModelRun
from modeling.reading.comparison_sides import Side

BUDGET = 500
LEARN_EVERY = 20
DETECT_EVERY = 100
EXPERT_ERROR = 0.05
LEARNER, WEAK = "logistic", {"C": "10"}


def run(job: Job, report: Report) -> Write:
    """Once around the loop. Each step is a job of its own or has a token of its own, so a second attempt goes on where
    the first one died."""
    dataset, seed = job.own_dataset, job.params["seed"]
    report("writing the filings", 0.02)
    filings = generate(seed)
    _import(dataset, filings, job)
    dataset.refresh_from_db()
    report("flagging", 0.1)
    _finish(request_detection(dataset, background=False), job)
    report("training on the labels as imported", 0.25)
    production = snapshot(dataset, Snapshot.PRODUCTION)
    before = _first_run(dataset) or _trained(dataset, job, pairs=WEAK)
    report("training with better regularization", 0.35)
    regularized = _trained(dataset, job, pairs={"C": "cv"}, snapshot=before.snapshot)
    report("relabelling", 0.5)
    _relabel(dataset, filings, job, lambda share: report("relabelling", 0.5 + 0.25 * share))
    report("detecting again", 0.76)
    _finish(request_detection(dataset, background=False), job)
    report("training on the labels as they are now", 0.82)
    after = _trained(dataset, job, like=before)
    report(f"training after {BUDGET} random reviews", 0.9)
    random = _random_arm(dataset, before, production, filings, seed)
    result = _compare(dataset, job, production, before, after)
    report("training without the labels the rule gave", 0.95)
    without = _without_the_rule(dataset, before, job)
    arms: dict[str, ModelRun | PredictionSet] = {
        "before": before, "regularization": regularized, "random": random, "second_look": after,
        "quarantine": without,
    }  # fmt: skip
    bars = [_bar(seed, name, arm, production) for name, arm in arms.items()]
    said: DemoResult = {**result, "seeds": 1, "bars": bars}
    return lambda: said


def _finish(job: Job, parent: Job) -> Any:
    Job.objects.filter(pk=job.pk).update(parent=parent)
    return work_here(job).outcome


def _import(dataset: Dataset, filings: Filings, job: Job) -> None:
    for split, frame, annotator in (("pool", filings.pool, "annotator"), ("production", filings.production, None)):
        path = settings.UPLOADS_DIR / f"{dataset.slug}-{split}.csv"
        frame.drop(columns="truth", errors="ignore").to_csv(path, index=False, quoting=csv.QUOTE_ALL)
        mapping = ItemMapping(
            text=("text",), label="label", id="id", annotator=annotator, source="source", split=split,
            classes=(NEGATIVE, NEUTRAL),
        )  # fmt: skip
        params = import_params(dataset.slug, dataset.name, path, mapping)
        _finish(request_import(params, background=False), job)


def _first_run(dataset: Dataset) -> ModelRun | None:
    """*Before* as an earlier attempt trained it: by now the labels may have moved on."""
    return ModelRun.objects.filter(snapshot__dataset=dataset, like=None).order_by("id").first()


def _trained(dataset: Dataset, job: Job, **recipe: Any) -> ModelRun:
    learner = None if "like" in recipe else LEARNER
    result = _finish(request_training(dataset, learner=learner, background=False, **recipe), job)
    return ModelRun.objects.get(pk=result["run"])


def _compare(dataset: Dataset, job: Job, production: Snapshot, before: ModelRun, after: ModelRun) -> ComparisonResult:
    return _finish(request_comparison(dataset, str(before.pk), str(after.pk), production, background=False), job)


def says(seed: int, external_id: str, truth: str) -> str:
    """What the simulated expert answers: the truth, but for 5 % of the items. The same item gets the same answer."""
    draw = int.from_bytes(hashlib.sha256(f"{seed}:{external_id}".encode()).digest()[:8]) / 2**64
    other = NEUTRAL if truth == NEGATIVE else NEGATIVE
    return other if draw < EXPERT_ERROR else truth


def _relabel(dataset: Dataset, filings: Filings, job: Job, report: Callable[[float], None]) -> None:
    """The simulated expert pulls cases in the order of the queue until the budget of decisions is spent; every
    DETECT_EVERY of them the lead detects again, so that the detectors learn from what was decided."""
    seed = job.params["seed"]
    user, _ = user_named(SIMULATED)
    truth = dict(zip(filings.pool["id"], filings.pool["truth"], strict=True))
    classes = {one.name: one for one in dataset.label_classes.all()}
    done = Decision.objects.standing().filter(case__dataset=dataset, expert=user).count()
    for number in range(done, BUDGET):
        case = lease(dataset, user, timezone.now())
        if case is None:
            return
        decide(case, user, _simulated_answer(case, seed, number, truth, classes), timezone.now(), learn=False)
        if number % LEARN_EVERY == LEARN_EVERY - 1:
            reorder(dataset, timezone.now())
        if number % DETECT_EVERY == DETECT_EVERY - 1 and number + 1 < BUDGET:
            _finish(request_detection(dataset, background=False), job)
        if number % 20 == 0:
            report(number / BUDGET)


def _simulated_answer(
    case: Case, seed: int, number: int, truth: dict[str, str], classes: dict[str, LabelClass]
) -> Answer:
    """One label for the case, or for those members of a group that say the same as the first; the rest stay a case."""
    items = dict(Item.objects.filter(case_items__case=case).order_by("id").values_list("external_id", "id"))
    first = next(iter(items))
    same = [pk for external, pk in items.items() if truth[external] == truth[first]]
    token = UUID(bytes=hashlib.sha256(f"{case.dataset_id}:{seed}:{number}".encode()).digest()[:16])
    return Answer(Decision.LABEL, token, classes[says(seed, first, truth[first])], items=same)


def _without_the_rule(dataset: Dataset, before: ModelRun, job: Job) -> ModelRun:
    """The same recipe while the lead holds the labels under the count rule in quarantine; the quarantine is lifted
    again, so that a visitor starts from all labels."""
    leo, _ = user_named("leo")
    rules = list(dataset.detections.earliest("id").findings.filter(kind="count_rule"))

    def rule_on(ruling: str) -> None:
        for rule in rules:
            Ruling.objects.create(dataset=dataset, key=rule.key, finding=rule, ruling=ruling, lead=leo)

    rule_on(Ruling.QUARANTINED)
    run = _trained(dataset, job, like=before)
    rule_on(Ruling.ACCEPTED)
    return run


def _random_arm(dataset: Dataset, before: ModelRun, production: Snapshot, filings: Filings, seed: int) -> PredictionSet:
    """The rival: the same number of decisions by the same expert on items drawn at random, same recipe."""
    name = f"{BUDGET} random reviews"
    there = dataset.prediction_sets.filter(name=name).first()
    if there:
        return there
    rows = frames.snapshot_rows(before.snapshot)
    truth = dict(zip(filings.pool["id"], filings.pool["truth"], strict=True))
    drawn = np.random.default_rng(seed).choice(len(rows), size=min(BUDGET, len(rows)), replace=False)
    labels = rows["label"].tolist()
    for position in drawn:
        external = rows["external_id"].iloc[position]
        labels[position] = says(seed, external, truth[external])
    table = frames.content_table(rows["content"], dataset.typed_fields)
    fitted = fit(
        table, dataset.typed_fields, frames.codes(labels, dataset.class_names), dataset.class_names,
        group_items(table, dataset.typed_fields).of, before.recipe.learner, before.resolved, before.recipe.seed,
        lambda stage, share: None,
    )  # fmt: skip
    frame = frames.snapshot_rows(production)
    probabilities = predict(
        fitted.model, frames.content_table(frame["content"], dataset.typed_fields), dataset.class_names
    )
    return PredictionSet.objects.create(
        dataset=dataset, name=name, classes=list(dataset.class_names), n=len(frame),
        arrays=save_probabilities(frame["item"].to_numpy(), probabilities),
    )  # fmt: skip


def _bar(seed: int, name: str, arm: ModelRun | PredictionSet, production: Snapshot) -> DemoBar:
    """Accuracy of one arm on production, with its Wilson interval."""
    side = Side(arm, None) if isinstance(arm, ModelRun) else Side(None, arm)
    rows = read_rows(production)
    right = int((predict_side(side, rows).classes == rows.truth).sum())
    interval = wilson(right, len(rows.truth))
    return {
        "seed": seed, "name": name, "accuracy": interval.value, "low": interval.low, "high": interval.high,
        "n": len(rows.truth),
    }  # fmt: skip
