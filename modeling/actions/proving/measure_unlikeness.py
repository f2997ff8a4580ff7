"""How unlike the pool a production set is, as a job. No label of production is read but for which classes there are."""

from typing import TypedDict

import numpy as np
from django.db.models import Max

from annotation import frames
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import Write
from annotation.core.intervals import Interval
from annotation.core.likeness.grouping import group_items
from annotation.core.progress import Report
from annotation.core.stored import IntervalJson
from annotation.models import CurrentLabel, Dataset, Item, Job, Snapshot, User
from annotation.reading.frozen_rows import rows_now
from annotation.reading.pool_evidence import mark_of_taken_back
from modeling.core.proving.stored import UnlikenessJson
from modeling.core.proving.unlikeness import unlikeness
from modeling.reading.production_sets import UNLIKENESS


class UnlikenessParams(TypedDict):
    snapshot: int


def request_unlikeness(production: Snapshot, *, user: User | None = None, background: bool = True) -> Job:
    """The job that measures the set; for the same items of the pool it is the same job."""
    pool = Item.objects.filter(dataset=production.dataset_id, split=Item.POOL).aggregate(last=Max("id"))["last"]
    params: UnlikenessParams = {"snapshot": production.pk}
    inputs = f"pool to {pool}{mark_of_taken_back(production.dataset)}"
    return enqueue(UNLIKENESS, production.dataset, params, inputs=inputs, user=user, background=background)


def run(job: Job, report: Report) -> Write:
    asked: UnlikenessParams = job.params
    production = Snapshot.objects.get(pk=asked["snapshot"])
    report("reading the rows", 0.05)
    own, pool = rows_now(production), frames.items(job.own_dataset, Item.POOL)
    fields = job.own_dataset.typed_fields
    table = frames.content_table([*own["content"], *pool["content"]], fields)
    which = np.arange(len(table)) < len(own)
    report("near-duplicates", 0.2)
    groups = group_items(table, fields).of
    report("telling the set from the pool", 0.5)
    found = unlikeness(table, fields, which, groups, job.seed)
    lacking = set(own["label"]) - _classes_of_pool(job.own_dataset)
    result: UnlikenessJson = {
        "snapshot": production.pk, "rows": len(own), "groups": len(np.unique(groups[which])), "pool": len(pool),
        "told_apart": _known(found.told_apart), "far": _known(found.far),
        "length": list(found.length) if found.length else None,
        "sources": sorted(set(own["source"]) - set(pool["source"]) - {""}), "classes": sorted(lacking),
    }  # fmt: skip
    return lambda: result


def _classes_of_pool(dataset: Dataset) -> set[str]:
    held = CurrentLabel.objects.in_force().filter(item__dataset=dataset, item__split=Item.POOL)
    return set(held.order_by().values_list("label_class__name", flat=True).distinct())


def _known(interval: Interval) -> IntervalJson:
    """JSON has no nan."""
    said = interval.as_json()
    return said if interval.n else {**said, "value": 0.0}
