"""A detection's rows go in piece by piece, each in a short transaction, and nobody sees them before the last."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db import models

from annotation import bulk
from annotation.actions.detecting.drop import Step, drop_unfinished
from annotation.actions.detecting.write_detection import DetectionRows
from annotation.actions.detecting.write_finding import write_finding
from annotation.models import Dataset, Detection, Finding, FindingItem, Flag, Group, GroupMember, Job

# Rows of one transaction: a fraction of a second, for which an expert who answers may have to wait.
ROWS = 10_000


def write_unseen(dataset: Dataset, job: Job, facts: Mapping[str, Any], rows: DetectionRows, step: Step) -> Detection:
    """The detection with all its groups, flags and findings, not yet `finished`. What an attempt that was killed left
    is taken away first."""
    drop_unfinished(dataset, step, job)
    with step():
        made = Detection(dataset=dataset, job=job, params=job.params, seed=job.seed, finished=False, **facts)
        made.save(force_insert=True)
    put = partial(_put, step=step)
    put(Group, ["detection_id", "digest", "size", "in_conflict"], [(made.pk, *row) for row in rows.groups])
    ids = list(made.groups.order_by("id").values_list("id", flat=True))
    put(GroupMember, ["group_id", "item_id"], [(ids[place], item) for place, item in rows.members])
    columns = ["detection_id", "detector", "item_id", "current_label_id", "score", "reason", "suggested_id"]
    put(Flag, columns, [(made.pk, *row) for row in rows.flags])
    with step():
        findings = [(_finding(made, finding), items) for finding, items in rows.findings]
    put(FindingItem, ["finding_id", "item_id"], [(pk, item) for pk, items in findings for item in items])
    return made


def _finding(made: Detection, found: Any) -> int:
    row = Finding(
        dataset=made.dataset, detection=made, kind=found.kind, key=found.key, title=found.title, reason=found.reason,
        rule=found.rule, n=found.n, value=found.value, low=found.low, high=found.high,
    )  # fmt: skip
    return write_finding(row, ()).pk


def _put(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]], step: Step) -> None:
    for start in range(0, len(rows), ROWS):
        with step():
            bulk.insert(model, columns, rows[start : start + ROWS])
