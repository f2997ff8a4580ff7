"""Old detections and files that nothing rests on any more."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypedDict

from django.apps import apps
from django.conf import settings
from django.db import models

from annotation.actions.detecting.drop import drop, drop_unfinished
from annotation.models import Audit, Dataset, Decision, Detection, Ruling

# A file or a detection younger than this stays whatever it is: a job may just be about to name it.
KEPT = timedelta(days=7)
# Tables that are as long as the items and name no file.
LONG = {
    "Item", "Label", "CurrentLabel", "Flag", "Group", "GroupMember", "FindingItem", "Case", "CaseItem", "AuditItem",
    "Decision", "SnapshotRow",
}  # fmt: skip
NAMED = re.compile(r"[0-9a-f]{64}\.[a-z0-9]+")


class Pruned(TypedDict):
    """detections: ids; files: names; bytes: what those take."""

    detections: list[int]
    files: list[str]
    bytes: int


def prune(now: datetime, dry_run: bool = False) -> Pruned:
    """Delete what `superseded` and `unnamed` tell, or only tell. What a killed detection left goes too."""
    old = [one for dataset in Dataset.objects.order_by("id") for one in superseded(dataset, now)]
    if not dry_run:
        drop_unfinished(None)
        for one in old:
            drop(one)
    files = unnamed(now)
    size = sum(path.stat().st_size for path in files)
    for path in () if dry_run else files:
        path.unlink(missing_ok=True)
    return {"detections": [one.pk for one in old], "files": [path.name for path in files], "bytes": size}


def superseded(dataset: Dataset, now: datetime) -> list[Detection]:
    """Detections that a later one took the place of KEPT ago or longer, and that nothing rests on: nobody decided while
    it was the newest, no lead ruled on a finding of it, no audit drew by it, and the order of the queue is not its."""
    every = list(dataset.detections.order_by("id"))
    kept = set(Audit.objects.filter(dataset=dataset).values_list("detection", flat=True))
    kept |= set(Ruling.objects.filter(dataset=dataset).values_list("finding__detection", flat=True))
    kept |= set(dataset.learned_orders.order_by("-id").values_list("detection", flat=True)[:1])
    decided = Decision.objects.filter(case__dataset=dataset)
    return [
        one
        for one, after in zip(every, every[1:], strict=False)
        if one.pk not in kept
        and after.created_at < now - KEPT
        and not decided.filter(created_at__gte=one.created_at, created_at__lt=after.created_at).exists()
    ]


def unnamed(now: datetime) -> list[Path]:
    """Files among the artifacts, older than KEPT, that no row of any table names."""
    limit = (now - KEPT).timestamp()
    old = [path for path in Path(settings.ARTIFACTS_DIR).glob("*.*") if NAMED.fullmatch(path.name)]
    old = sorted(path for path in old if path.stat().st_mtime < limit)
    if not old:
        return []
    named = set(_named())
    return [path for path in old if path.name not in named]


def _named() -> Iterator[str]:
    """Every name of a file that stands anywhere in a row: in a column of its own or in the midst of what a job said."""
    for model in apps.get_models():
        if model._meta.app_label not in ("annotation", "modeling") or model.__name__ in LONG:
            continue
        texts = (models.CharField, models.TextField, models.JSONField)
        columns = [field.attname for field in model._meta.concrete_fields if isinstance(field, texts)]
        if columns:
            for row in model._base_manager.values_list(*columns).iterator(chunk_size=500):
                yield from NAMED.findall(str(row))
