"""Take a detection away, piece by piece: one that was killed while it was written, or one that nobody needs."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from django.db import models, transaction

from annotation import bulk
from annotation.models import Dataset, Detection, Finding, FindingItem, Flag, Group, GroupMember, Job

# A transaction of its own for each piece.
Step = Callable[[], AbstractContextManager[None]]


def drop_unfinished(dataset: Dataset | None, step: Step = transaction.atomic, by: Job | None = None) -> int:
    """Take away what detections left that were killed while they were written; of `dataset`, None = of all. One whose
    job is at work stays, unless that is the job `by`, whose earlier attempts are over."""
    at_work = models.Q(job__status__in=Job.UNFINISHED)
    left = Detection.every.filter(finished=False).exclude(at_work & ~models.Q(job=by) if by else at_work)
    found = list(left.filter(dataset=dataset) if dataset else left)
    for one in found:
        drop(one, step)
    return len(found)


def drop(detection: Detection, step: Step = transaction.atomic) -> None:
    """Delete the detection, piece by piece, unseen from the first."""
    with step():
        Detection.every.filter(pk=detection.pk).update(finished=False)
    parts = (
        (Flag, {"detection": detection}), (GroupMember, {"group__detection": detection}),
        (Group, {"detection": detection}), (FindingItem, {"finding__detection": detection}),
        (Finding, {"detection": detection}),
    )  # fmt: skip
    for model, of in parts:
        rows = model._base_manager.filter(**of).order_by("pk").values_list("pk", flat=True)
        while ids := list(rows[: bulk.BATCH]):
            with step():
                model._base_manager.filter(pk__in=ids).delete()
    with step():
        Detection.every.filter(pk=detection.pk).delete()
