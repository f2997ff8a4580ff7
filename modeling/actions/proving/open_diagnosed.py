"""The rows a diagnosis points to, as cases for experts."""

from datetime import datetime

from django.db import transaction

from annotation import bulk
from annotation.actions.detecting.open_finding import UnableToOpen, open_finding
from annotation.actions.detecting.write_finding import finding_over, write_finding
from annotation.core.intervals import wilson
from annotation.models import Finding, User
from modeling.core.diagnosing.stored import DiagnosisJson
from modeling.models import Diagnosis, Steering

KIND = "diagnosis"
# Labels to look at again, by the pool alone or by what production contradicts, and unlabelled rows to label next: so
# many at once.
DOUBTED, CONTRADICTED, NEXT = "doubted", "contradicted", "next"
AT_ONCE = {DOUBTED: 500, CONTRADICTED: 500, NEXT: 100}


@transaction.atomic
def open_diagnosed(one: Diagnosis, which: str, lead: User, now: datetime) -> tuple[Finding, int]:
    """A finding of the lead over those rows, with a case for each that experts have not decided on and no open case
    holds; returns it and how many cases were opened. Asked again it is the same finding. What production contradicts
    was chosen by its labels: opening that is recorded as use of the set. Raises UnableToOpen."""
    dataset, found = one.snapshot.dataset, one.found
    bulk.lock_dataset(dataset)
    items = _items(found, which)
    key = f"{KIND}:{one.pk}:{which}"
    finding = finding_over(dataset, key, items) or _written(one, which, items, key, lead)
    n = open_finding(finding, lead, now)
    if which == CONTRADICTED and not one.steerings.exists():
        steering = Steering.objects.create(diagnosis=one, lead=lead, created_at=now)
        steering.cases.set(dataset.cases.of_finding(finding.pk).open())
    return finding, n


def _items(found: DiagnosisJson, which: str) -> list[int]:
    """Those that have not been deleted or decided meanwhile are left to `open_finding`."""
    labels = found["labels"]
    kept = {
        DOUBTED: labels["doubted"], CONTRADICTED: labels.get("contradicted"), NEXT: found["coverage"]["next"],
    }.get(which)  # fmt: skip
    if not kept:
        raise UnableToOpen("The diagnosis points to no such rows; there is nothing to open.")
    return kept[: AT_ONCE[which]]


def _written(one: Diagnosis, which: str, items: list[int], key: str, lead: User) -> Finding:
    n = one.run.snapshot.n_rows
    share = wilson(min(len(items), n), n)
    title, reason = {
        DOUBTED: (
            f"Labels that the diagnosis of run {one.run_id} doubts",
            "Models that never saw them expect another class.",
        ),
        CONTRADICTED: (
            f"Labels that production contradicts, by the diagnosis of run {one.run_id}",
            "Rows of production very like these are of another class.",
        ),
        NEXT: (
            f"Rows to label next by the diagnosis of run {one.run_id}",
            "Of the rows without a label these are most like production and least like what was learned from.",
        ),
    }[which]
    finding = Finding(
        dataset=one.snapshot.dataset, author=lead, kind=KIND, key=key, rule={"diagnosis": one.pk, "rows": which},
        title=title, reason=reason, n=share.n, value=share.value, low=share.low, high=share.high,
    )  # fmt: skip
    return write_finding(finding, items)
