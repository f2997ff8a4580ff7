"""The newest detection's findings and those opened by hand, with what experts have made of them so far."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from django.db.models import Count, Max, Q, QuerySet

from annotation.core.intervals import Interval, wilson
from annotation.models import Case, CurrentLabel, Dataset, Finding, FindingItem, Ruling, class_now


@dataclass(frozen=True)
class FindingState:
    """`open`: open cases with one of its items. `decided`: items experts decided on, of this finding in any detection.

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
    rows = FindingItem.objects.filter(finding__in=found, item__case_items__case__status=Case.OPEN)
    return dict(rows.values_list("finding_id").annotate(Count("item__case_items__case", distinct=True)))


def _outcomes(dataset: Dataset, found: Sequence[Finding]) -> pd.DataFrame:
    """key, item, before, after: items decided on, with the class just before an expert's decision and the one now."""
    latest = CurrentLabel.objects.in_force().decided().filter(item__dataset=dataset)
    after = dict(latest.values_list("item_id", "label_class_id"))
    earlier = CurrentLabel.objects.filter(item__in=latest.values("item")).undecided().order_by("id")
    before = dict(earlier.values_list("item_id", class_now()))
    covered = FindingItem.objects.filter(
        finding__key__in={finding.key for finding in found}, finding__dataset=dataset,
        item__in=latest.values("item"),
    )  # fmt: skip
    rows = pd.DataFrame(list(covered.values_list("finding__key", "item_id").distinct()), columns=["key", "item"])
    return rows.assign(before=rows["item"].map(before), after=rows["item"].map(after))
