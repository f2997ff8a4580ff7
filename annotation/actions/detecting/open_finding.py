"""Open the items that a finding covers as cases."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet

from annotation import bulk
from annotation.actions.detecting.tell_ready import told_when_ready
from annotation.actions.queue.open_cases import Unit, create_cases
from annotation.core.artifacts import UnableToLoad, bytes_to_arrays, load_bytes
from annotation.core.refusal import Refusal
from annotation.models import Case, CaseItem, CurrentLabel, Detection, Finding, FindingItem, Item, Ruling, User

MOST = 2000


class UnableToOpen(Refusal):
    """There is nothing to open as cases, or more than anybody would look at."""


def not_yet_open(findings: Sequence[Finding]) -> dict[int, int]:
    """finding → how many of its items experts have not decided on and no open case holds."""
    rows = _unopened().filter(finding__in=findings).values_list("finding_id").annotate(n=Count("id"))
    return dict(rows.order_by())


@transaction.atomic
def open_finding(finding: Finding, lead: User, now: datetime) -> int:
    """A case for each such item, the first 2,000 in the order of the finding; returns how many were opened.

    It accepts the finding where the lead has not done so: the queue is wanted.
    """
    dataset = finding.dataset
    bulk.lock_dataset(dataset)
    n = open_items_of(finding, now)
    last = dataset.rulings.filter(key=finding.key).order_by("-id").first()
    if n and (last is None or last.ruling not in (Ruling.ACCEPTED, Ruling.QUARANTINED)):
        Ruling.objects.create(dataset=dataset, key=finding.key, finding=finding, ruling=Ruling.ACCEPTED, lead=lead)
    return n


def open_items_of(finding: Finding, now: datetime, most: int = MOST) -> int:
    """A case for each item of the finding that experts have not decided on and no open case holds, up to `most`.

    Each has the place that the newest detection's score gives it; what it says nothing of goes to the middle. For use
    inside a transaction that holds the dataset.
    """
    items = list(_unopened().filter(finding=finding).order_by("id").values_list("item_id", flat=True)[:most])
    scores = _scores(finding.dataset.detections.order_by("-id").first())
    units = [Unit(frozenset([item]), 0.9 * scores.get(item, 0.5)) for item in items]
    with told_when_ready(finding.dataset, now):
        create_cases(finding.dataset, units, now)
    return len(items)


def _unopened() -> QuerySet[FindingItem]:
    in_open_case = CaseItem.objects.filter(item=OuterRef("item"), case__status=Case.OPEN)
    decided = CurrentLabel.objects.in_force().decided().filter(item=OuterRef("item"))
    return FindingItem.objects.filter(~Exists(in_open_case), ~Exists(decided), item__split__in=Item.HERE)


def _scores(detection: Detection | None) -> dict[int, float]:
    if detection is None or not detection.arrays:
        return {}
    try:
        stored = bytes_to_arrays(load_bytes(settings.ARTIFACTS_DIR, detection.arrays))
    except UnableToLoad:
        return {}
    return dict(zip(stored["item"].tolist(), stored["score"].tolist(), strict=True))
