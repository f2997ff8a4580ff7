"""The rows behind a figure of a run, as cases for experts."""

from datetime import datetime

from django.db import transaction

from annotation import bulk
from annotation.actions.detecting.open_finding import UnableToOpen, open_items_of
from annotation.actions.detecting.write_finding import finding_over, write_finding
from annotation.core.intervals import wilson
from annotation.models import CurrentLabel, Finding, User
from modeling.models import ModelRun
from modeling.reading.items_behind_figures import RowsAsked, chosen_rows

KIND = "run_rows"
MOST_ITEMS = 2_000


@transaction.atomic
def open_rows(run: ModelRun, choice: RowsAsked, user: User, now: datetime) -> tuple[Finding, int]:
    """The rows on which no expert has decided as a finding of `user`, the first 2,000, with a case for each that has
    none; returns it and how many cases were opened. Raises UnableToOpen where nothing is left to open."""
    dataset = run.dataset
    bulk.lock_dataset(dataset)
    rows, chosen = chosen_rows(run, choice)
    wanted = rows.item[chosen]
    decided: set[int] = set()
    for batch in bulk.in_batches(wanted.tolist()):
        current = CurrentLabel.objects.in_force().decided().filter(item__in=batch)
        decided |= set(current.values_list("item_id", flat=True))
    items = [item for item in wanted.tolist() if item not in decided][:MOST_ITEMS]
    if not items:
        raise UnableToOpen("Experts have decided on all of these rows; there is nothing to open.")
    finding = _finding(run, choice, user, items, len(wanted), len(rows.item))
    return finding, open_items_of(finding, now, MOST_ITEMS)


def _finding(run: ModelRun, choice: RowsAsked, user: User, items: list[int], n: int, of: int) -> Finding:
    """The same rows of the same run are the same finding."""
    key = f"{KIND}:{run.pk}:{choice.key}"
    there = finding_over(run.dataset, key, items)
    if there:
        return there
    share = wilson(n, of)
    finding = Finding(
        dataset=run.dataset, author=user, kind=KIND, key=key, rule={"run": run.pk, "rows": choice.key},
        title=f"Rows of run {run.pk} {choice.words}",
        reason=f"Of the {of:,} rows run {run.pk} learned from, {n:,} are rows {choice.words}.",
        n=share.n, value=share.value, low=share.low, high=share.high,
    )  # fmt: skip
    return write_finding(finding, items)
