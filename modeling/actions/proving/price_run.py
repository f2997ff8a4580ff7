"""What a run costs on the rows it learned from and out of fold, by every rule, as a job."""

from typing import TypedDict

import numpy as np
from django.conf import settings

from annotation import frames
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import Write
from annotation.core.artifacts import load_bytes
from annotation.core.likeness.grouping import group_items
from annotation.core.progress import Report
from annotation.models import CostMatrix, Job, User
from annotation.reading.frozen_rows import rows_now
from annotation.reading.prediction_sets import aligned
from modeling.core.fitting.model_artifacts import load_model
from modeling.core.fitting.training import predict_now
from modeling.core.proving.costs import CONSTANT, CostReport, price
from modeling.core.proving.stored import CostReportJson, PricedRule, PricingResult, ThresholdJson
from modeling.core.proving.thresholds import NEVER
from modeling.models import ModelRun, RunCost
from modeling.reading.costs import costs_of, matrix_of


class PricingParams(TypedDict):
    run: int
    costs: int


def request_pricing(run: ModelRun, *, user: User | None = None, background: bool = True) -> Job:
    """The job that prices the run by the costs in force. The same run and costs are the same job."""
    costs = costs_of(run.dataset)
    params: PricingParams = {"run": run.pk, "costs": costs.pk}
    return enqueue("pricing", run.dataset, params, user=user, background=background)


def run(job: Job, report: Report) -> Write:
    asked: PricingParams = job.params
    priced = ModelRun.objects.get(pk=asked["run"])
    costs = CostMatrix.objects.get(pk=asked["costs"])
    dataset = job.own_dataset
    report("reading the rows", 0.05)
    frame = rows_now(priced.snapshot)
    table = frames.content_table(frame["content"], dataset.typed_fields)
    report("near-duplicates", 0.1)
    groups = group_items(table, dataset.typed_fields).of
    report("predicting the rows it learned from", 0.3)
    learned = predict_now(load_model(load_bytes(settings.ARTIFACTS_DIR, priced.artifact)), table, dataset.classes)
    held_out = aligned(priced.predictions, frame["item"].to_numpy(), dataset.class_names)
    truth = frames.codes(frame["label"], dataset.class_names)
    report("adding up what errors cost", 0.5)
    found = price(truth, held_out, learned, matrix_of(costs), groups, priced.recipe.seed)
    report_json = as_json(found, dataset.class_names)

    def write() -> PricingResult:
        made, _ = RunCost.objects.get_or_create(run=priced, costs=costs, defaults={"report": report_json})
        return {"run": priced.pk, "version": costs.version, "unit": costs.unit, **made.report}

    return write


def as_json(found: CostReport, classes: tuple[str, ...]) -> CostReportJson:
    """The report with classes by name; `threshold` is None for more than two."""
    rules: list[PricedRule] = [
        {
            "rule": one.rule, "train": one.train.as_json(), "validation": one.validation.as_json(),
            "saved": one.saved.as_json(), "class": classes[found.constant] if one.rule == CONSTANT else None,
        }
        for one in found.rules
    ]  # fmt: skip
    return {"n": found.n, "groups": found.n_groups, "rules": rules, "threshold": _threshold(found, classes)}


def _threshold(found: CostReport, classes: tuple[str, ...]) -> ThresholdJson | None:
    if found.threshold is None:
        return None
    one = found.threshold
    return {
        "class": classes[one.positive], "other": classes[1 - one.positive], "value": one.chosen.value,
        "low": one.chosen.low, "high": one.chosen.high, "by_theory": one.by_theory,
        "never": bool(one.chosen.value >= NEVER),
        "tried": np.round(one.tried, 6).tolist(), "cost": (1000 * one.cost).tolist(),
    }  # fmt: skip
