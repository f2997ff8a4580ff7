"""The newest detection's findings and those opened by hand, with what experts have made of them so far."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from django.db import connection
from django.db.models import Max, Q, QuerySet

from annotation import bulk, frames
from annotation.core.intervals import Interval, wilson
from annotation.models import Case, CaseItem, CurrentLabel, Dataset, Finding, FindingItem, Ruling, class_now

# Items decided on last by which findings are judged; the page says so where there are more.
DECIDED = 2_000


@dataclass(frozen=True)
class FindingState:
    """`open`: open cases with one of its items. `decided`: items experts decided on, of this finding in any detection,
    among the DECIDED that were decided on last.

    `reversed`: share of those whose label the decision changed, in [0, 1] with Wilson's 95 % interval; its `n` counts
    only items that had a label before and were given one.
    """

    finding: Finding
    open: int
    decided: int
    reversed: Interval
    ruling: Ruling | None

    @property
    def rule(self) -> str:
        return self.ruling.ruling if self.ruling else "new"

    @property
    def times(self) -> int:
        """How many decisions changed the label."""
        return round(self.reversed.value * self.reversed.n) if self.reversed.n else 0


def findings_of(dataset: Dataset) -> list[FindingState]:
    """Findings of the newest detection and of people, accepted and new before dismissed, most open cases first.

    A finding is known by its key: items that left it because an expert changed their label still count as decided.
    """
    found = list(current_findings(dataset).select_related("author").order_by("id"))
    open_cases = _open_cases(found)
    outcomes = _outcomes(dataset, found)
    rulings = {ruling.key: ruling for ruling in dataset.rulings.select_related("lead").order_by("id")}
    states = [_state(finding, open_cases, outcomes, rulings) for finding in found]
    return sorted(states, key=lambda state: (state.rule == "dismissed", -state.open, state.finding.pk))


def judged_by(dataset: Dataset) -> int:
    """How many items decided on last the findings are judged by; 0 = by all."""
    decided = CurrentLabel.objects.decided().filter(decision__case__dataset=dataset)
    return DECIDED if decided.order_by("-decision_id").values("id")[DECIDED : DECIDED + 1] else 0


def current_findings(dataset: Dataset) -> QuerySet[Finding]:
    """Findings of the newest detection, and those opened by a person, of each key the newest."""
    newest = dataset.detections.order_by("-id").first()
    by_hand = dataset.findings.filter(detection__isnull=True)
    last = by_hand.order_by().values("key").annotate(last=Max("id")).values("last")
    return dataset.findings.filter(Q(detection=newest, detection__isnull=False) | Q(pk__in=last))


def _state(
    finding: Finding, open_cases: dict[int, int], outcomes: pd.DataFrame, rulings: dict[str, Ruling]
) -> FindingState:
    own = outcomes[outcomes["key"] == finding.key]
    judged = own.dropna(subset=["before", "after"])
    changed = int((judged["before"] != judged["after"]).sum())
    return FindingState(
        finding, open_cases.get(finding.pk, 0), len(own), wilson(changed, len(judged)), rulings.get(finding.key)
    )


def _open_cases(found: Sequence[Finding]) -> dict[int, int]:
    """Written out: the ORM would look up each item of a million between the two tables that name it."""
    if not found:
        return {}
    covered, held, case = (one._meta.db_table for one in (FindingItem, CaseItem, Case))
    marks = ", ".join(["%s"] * len(found))
    sql = f"""SELECT covered.finding_id, COUNT(DISTINCT held.case_id) FROM {covered} covered
        JOIN {held} held ON held.item_id = covered.item_id JOIN {case} waits ON waits.id = held.case_id
        WHERE covered.finding_id IN ({marks}) AND waits.status = %s GROUP BY covered.finding_id"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [*(one.pk for one in found), Case.OPEN])
        return dict(cursor.fetchall())


def _outcomes(dataset: Dataset, found: Sequence[Finding]) -> pd.DataFrame:
    """key, item, before, after: of the items decided on last, up to DECIDED, those that a finding covers, with the
    class just before an expert's decision and the one now."""
    latest = CurrentLabel.objects.in_force().decided().filter(decision__case__dataset=dataset)
    of = {pk: key for pk, key in dataset.findings.values_list("id", "key") if key in {one.key for one in found}}
    before: dict[int, int | None] = {}
    covered = set[tuple[str, int]]()
    with bulk.looked_up():
        after = dict(latest.order_by("-decision_id").values_list("item_id", "label_class_id")[:DECIDED])
        for batch in bulk.in_batches(after, frames.BATCH):
            earlier = CurrentLabel.objects.filter(item__in=batch).undecided().values_list("id", "item_id", class_now())
            before |= {item: label for _, item, label in sorted(earlier, key=lambda row: row[0])}
            pairs = FindingItem.objects.filter(item__in=batch).values_list("finding_id", "item_id")
            covered |= {(of[finding], item) for finding, item in pairs if finding in of}
    rows = pd.DataFrame(sorted(covered), columns=["key", "item"])
    return rows.assign(before=rows["item"].map(before), after=rows["item"].map(after))
