"""Open, update and withdraw cases so that the queue says what the newest detection says."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import combinations

import pandas as pd
from django.db.models import Max, Q
from django.utils import timezone

from annotation import bulk, frames
from annotation.actions.queue.flagged_again import flagged_since
from annotation.actions.queue.reserve import keep_reserved
from annotation.models import Case, CaseItem, CurrentLabel, Dataset, FindingItem, Item, Ruling

Items = frozenset[int]
# Detectors that suspect an item for the labels of others like it.
OF_GROUPS = ("near_duplicate_conflict", "paraphrase")
# Cases opened, scored or withdrawn in one transaction: nobody who answers waits longer than these take.
PIECE = 2_000


@dataclass(frozen=True)
class Unit:
    """What an expert is asked about at once: one item, a near-duplicate group in conflict (then with its digest), or
    items that may say the same. `flagged`: the items that a detector suspects for another reason than the group."""

    items: Items
    score: float
    digest: str = ""
    probability: float | None = None
    flagged: Items = frozenset()


def as_cases(units: Sequence[Unit]) -> pd.DataFrame:
    """Units as cases to come: case (a number that no case has), score and item, one row per item."""
    rows = [(-number, unit.score, item) for number, unit in enumerate(units, start=1) for item in sorted(unit.items)]
    return pd.DataFrame(rows, columns=["case", "score", "item"])


@dataclass(frozen=True)
class QueuePlan:
    """What brings the queue in line with a detection. gone: cases to withdraw; kept: (case, score, probability) of
    those that stay; new: units to open, of which `settled` items were decided. Read at `now`."""

    gone: Sequence[int]
    kept: Sequence[tuple[int, float, float | None]]
    new: Sequence[Unit]
    settled: set[int]
    now: datetime

    def steps(self, dataset: Dataset) -> Iterator[Callable[[], None]]:
        """What there is to do in pieces of PIECE rows, the head of the queue first; each for a transaction of its own
        that holds the dataset."""
        head, *rest = list(bulk.in_batches(self.new, PIECE)) or [[]]
        yield partial(self._open, dataset, head)
        for batch in bulk.in_batches(self.gone, PIECE):
            yield partial(self._withdraw, batch)
        for kept in bulk.in_batches(self.kept, PIECE):
            yield partial(self._score, kept)
        for units in rest:
            yield partial(self._open, dataset, units)

    def _open(self, dataset: Dataset, units: Sequence[Unit]) -> None:
        """Without what was opened or decided on since the plan was made."""
        items = [item for unit in units for item in unit.items]
        opened = CaseItem.objects.filter(item__in=items, case__opened_at__gt=self.now)
        decided = CurrentLabel.objects.in_force().decided().filter(item__in=items, created_at__gt=self.now)
        since = {*opened.values_list("item_id", flat=True), *decided.values_list("item_id", flat=True)}
        create_cases(dataset, [unit for unit in units if not unit.items & since], self.now, self.settled)

    def _withdraw(self, cases: Sequence[int]) -> None:
        free = Q(leased_until=None) | Q(leased_until__lte=timezone.now())
        Case.objects.filter(free, pk__in=cases, status=Case.OPEN).update(status=Case.WITHDRAWN)

    def _score(self, kept: Sequence[tuple[int, float, float | None]]) -> None:
        cases = Case.objects.filter(pk__in=[pk for pk, *_ in kept], status=Case.OPEN)
        still = set(cases.values_list("id", flat=True))
        bulk.update(Case, ["score", "probability"], [row for row in kept if row[0] in still])
        # what an audit opened and a detector now suspects is a case like any other, and still answers the audit
        cases.filter(kind=Case.AUDIT).update(kind=Case.REVIEW)


def open_cases(dataset: Dataset, units: Sequence[Unit], now: datetime) -> int:
    """Bring the open review cases in line with the units of a detection at once; returns how many are open."""
    for step in plan_cases(dataset, units, now).steps(dataset):
        step()
    return dataset.cases.open().count()


def plan_cases(dataset: Dataset, units: Sequence[Unit], now: datetime) -> QueuePlan:
    """How the open review cases come in line with the units of a detection.

    A unit that has an open case keeps it with its new score. One that experts have settled stays settled: its flags
    are stored, not queued. Of one that experts have settled in part, only the rest is asked about. Open cases whose
    unit is no longer suspected are withdrawn, unless somebody holds them, they were re-opened, an audit opened them, or
    they belong to a finding that a person typed or a lead accepted.
    """
    there = _open_by_items(dataset)
    settled = _settled_items(dataset)
    units = _without_decided(dataset, units, settled, there)
    labels = _labels_by_item(dataset, units)
    closed = frames.closed_pairs(dataset)
    wanted = [unit for unit in units if not _is_settled(unit, settled, labels, closed)]
    asked = {unit.items for unit in wanted}
    wanted += _flagged_again(dataset, [unit for unit in units if unit.flagged and unit.items not in asked], settled)
    known = {unit.items for unit in wanted}
    dropped = [case for items, case in there.items() if items not in known and not case.reopen_reason]
    dropped = [case for case in dropped if case.kind == Case.REVIEW]
    kept_for = _of_kept_findings(dataset) if dropped else set()
    gone = [case.pk for case in dropped if case.pk not in kept_for]
    kept = [(there[unit.items].pk, unit.score, unit.probability) for unit in wanted if unit.items in there]
    return QueuePlan(gone, kept, [unit for unit in wanted if unit.items not in there], settled, now)


def _flagged_again(dataset: Dataset, closed: Sequence[Unit], settled: set[int]) -> list[Unit]:
    """Members of groups called legitimately different, each alone, that a detector suspects only since then."""
    again = flagged_since(dataset, {item for unit in closed for item in unit.flagged - settled}, OF_GROUPS)
    return [
        Unit(frozenset([item]), unit.score, "", unit.probability)
        for unit in closed
        for item in sorted(unit.flagged & again)
    ]


def create_cases(
    dataset: Dataset, units: Sequence[Unit], now: datetime, settled: Iterable[int] = (),
    because: str = "a new member of its group", kind: str = Case.REVIEW,
) -> None:  # fmt: skip
    """Open one case per unit. One with settled members names the case that settled one of them, and says why."""
    settled = set(settled)
    last = Case.objects.aggregate(last=Max("id"))["last"] or 0
    rows = []
    for unit in units:
        earlier = _case_of(dataset, unit.items & settled) if unit.items & settled else None
        reason = because if earlier else ""
        order = (unit.score, unit.probability)
        rows.append((dataset.pk, kind, unit.digest, Case.OPEN, *order, now, earlier, reason, Case.EXPERTS, False))
    bulk.insert(
        Case,
        ["dataset_id", "kind", "group_digest", "status", "score", "probability", "opened_at", "reopens_id",
         "reopen_reason", "awaits", "labels_shown"],
        rows,
    )  # fmt: skip
    ids = dataset.cases.filter(pk__gt=last, opened_at=now).order_by("id").values_list("id", flat=True)
    pairs = zip(ids, units, strict=True)
    bulk.insert(CaseItem, ["case_id", "item_id"], ((pk, item) for pk, unit in pairs for item in sorted(unit.items)))
    keep_reserved(dataset, now)


def _case_of(dataset: Dataset, items: Items) -> int | None:
    settled = dataset.cases.filter(status=Case.SETTLED, case_items__item__in=items)
    return settled.order_by("-id").values_list("id", flat=True).first()


def _open_by_items(dataset: Dataset) -> dict[Items, Case]:
    cases = {case.pk: case for case in dataset.cases.open().filter(kind__in=[Case.REVIEW, Case.AUDIT])}
    members: dict[int, list[int]] = {}
    pairs = CaseItem.objects.filter(case__dataset=dataset, case__status=Case.OPEN).values_list("case_id", "item_id")
    for case, item in pairs:
        members.setdefault(case, []).append(item)
    return {frozenset(items): cases[case] for case, items in members.items() if case in cases}


def _of_kept_findings(dataset: Dataset) -> set[int]:
    """Open cases of findings that a person typed, or that a lead accepted or quarantined; the latest ruling counts."""
    latest = dict(dataset.rulings.order_by("id").values_list("key", "ruling"))
    accepted = [key for key, ruling in latest.items() if ruling in (Ruling.ACCEPTED, Ruling.QUARANTINED)]
    dismissed = [key for key, ruling in latest.items() if ruling == Ruling.DISMISSED]
    findings = dataset.findings.filter(Q(key__in=accepted) | Q(author__isnull=False) & ~Q(key__in=dismissed))
    covered = FindingItem.objects.filter(finding__in=findings).values("item")
    rows = CaseItem.objects.filter(case__dataset=dataset, case__status=Case.OPEN, item__in=covered)
    return set(rows.values_list("case_id", flat=True))


def _without_decided(
    dataset: Dataset, units: Sequence[Unit], settled: set[int], there: dict[Items, Case]
) -> list[Unit]:
    """Groups of which experts decided some members, as what is left of them.

    A group with a member that was in no case with a decided one is asked about whole: a new member opens it again. Of
    the others the members left out keep their open case; where they have none and agree, nobody is asked again.
    """
    partly = [unit for unit in units if unit.digest and unit.items & settled and not unit.items <= settled]
    if not partly:
        return list(units)
    shown = _shown_together(dataset, {item for unit in partly for item in unit.items})
    labels = _labels_by_item(dataset, partly)
    rest: dict[Items, Unit | None] = {}
    for unit in partly:
        if not any(unit.items <= items for items in shown):
            continue
        left = unit.items - settled
        consistent = len({labels[item][1] for item in left}) == 1
        asked = left in there or not consistent
        digest = unit.digest if len(left) > 1 else ""
        rest[unit.items] = Unit(left, unit.score, digest, unit.probability) if asked else None
    replaced = [rest.get(unit.items, unit) for unit in units]
    return [unit for unit in replaced if unit is not None]


def _shown_together(dataset: Dataset, items: set[int]) -> list[Items]:
    """The members of each settled case that has one of `items`: an answer to it knew of all of them."""
    members: dict[int, set[int]] = {}
    for batch in bulk.in_batches(sorted(items)):
        cases = CaseItem.objects.filter(item__in=batch, case__dataset=dataset, case__status=Case.SETTLED).values("case")
        for case, item in CaseItem.objects.filter(case__in=cases).values_list("case_id", "item_id"):
            members.setdefault(case, set()).add(item)
    return [frozenset(own) for own in members.values()]


def _settled_items(dataset: Dataset) -> set[int]:
    decided = CurrentLabel.objects.in_force().decided().filter(item__dataset=dataset)
    return set(decided.values_list("item_id", flat=True))


def _labels_by_item(dataset: Dataset, units: Sequence[Unit]) -> dict[int, tuple[str, int | None]]:
    """item → content digest and current class, for members of groups."""
    wanted = [item for unit in units if unit.digest for item in unit.items]
    labels: dict[int, tuple[str, int | None]] = {}
    for batch in bulk.in_batches(wanted):
        current = dict(CurrentLabel.objects.in_force().filter(item__in=batch).values_list("item_id", "label_class_id"))
        for item, digest in Item.objects.filter(pk__in=batch).values_list("id", "digest"):
            labels[item] = (digest, current.get(item))
    return labels


def _is_settled(
    unit: Unit, settled: set[int], labels: dict[int, tuple[str, int | None]], closed: set[tuple[str, str]]
) -> bool:
    """Experts have decided on every member, or called every differing pair of members legitimately different."""
    if unit.items <= settled:
        return True
    if not unit.digest or not closed:
        return False
    versions = {labels[item] for item in unit.items}
    differing = [(a, b) for a, b in combinations(sorted(versions, key=str), 2) if a[1] != b[1]]
    return all(tuple(sorted((a[0], b[0]))) in closed for a, b in differing)
