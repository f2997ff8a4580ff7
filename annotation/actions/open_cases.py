"""Open, update and withdraw cases so that the queue says what the newest detection says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from django.db.models import Max, Q

from annotation import bulk, frames
from annotation.models import Case, CaseItem, CurrentLabel, Dataset, FindingItem, Item, Ruling

Items = frozenset[int]


@dataclass(frozen=True)
class Unit:
    """What an expert is asked about at once: one item, a near-duplicate group in conflict (then with its digest), or
    items that may say the same."""

    items: Items
    score: float
    digest: str = ""


def open_cases(dataset: Dataset, units: Sequence[Unit], now: datetime) -> int:
    """Bring the open review cases in line with the units of a detection; returns how many are open.

    A unit that has an open case keeps it with its new score. One that experts have settled stays settled: its flags
    are stored, not queued. Open cases whose unit is no longer suspected are withdrawn, unless somebody holds them,
    they were re-opened, or a person's word put them there: a rule typed by hand, a finding a lead accepted.
    """
    there = _open_by_items(dataset)
    settled = _settled_items(dataset)
    labels = _labels_by_item(dataset, units)
    closed = frames.closed_pairs(dataset)
    wanted = [unit for unit in units if not _is_settled(unit, settled, labels, closed)]
    known = {unit.items for unit in wanted}
    unsuspected = {items: case for items, case in there.items() if items not in known and not case.reopens_id}
    kept = _of_kept_findings(dataset) - {item for unit in wanted for item in unit.items} if unsuspected else set()
    gone = [case for items, case in unsuspected.items() if not items & kept]
    gone = [case.pk for case in gone if not (case.leased_until and case.leased_until > now)]
    for batch in bulk.in_batches(gone):
        Case.objects.filter(pk__in=batch, status=Case.OPEN).update(status=Case.WITHDRAWN)
    again = [(there[unit.items], unit.score) for unit in wanted if unit.items in there]
    for case, score in again:
        case.score = score
    Case.objects.bulk_update([case for case, _ in again], ["score"], batch_size=500)
    create_cases(dataset, [unit for unit in wanted if unit.items not in there], now, settled)
    return dataset.cases.open().count()


def create_cases(
    dataset: Dataset, units: Sequence[Unit], now: datetime, settled: Iterable[int] = (),
    because: str = "a new member of its group",
) -> None:  # fmt: skip
    """Open one case per unit. One with settled members names the case that settled one of them, and says why."""
    settled = set(settled)
    last = Case.objects.aggregate(last=Max("id"))["last"] or 0
    rows = []
    for unit in units:
        earlier = _case_of(dataset, unit.items & settled) if unit.items & settled else None
        reason = because if earlier else ""
        rows.append((dataset.pk, Case.REVIEW, unit.digest, Case.OPEN, unit.score, now, earlier, reason))
    bulk.insert(
        Case,
        ["dataset_id", "kind", "group_digest", "status", "score", "opened_at", "reopens_id", "reopen_reason"],
        rows,
    )
    ids = dataset.cases.filter(pk__gt=last, opened_at=now).order_by("id").values_list("id", flat=True)
    pairs = zip(ids, units, strict=True)
    bulk.insert(CaseItem, ["case_id", "item_id"], ((pk, item) for pk, unit in pairs for item in sorted(unit.items)))


def _case_of(dataset: Dataset, items: Items) -> int | None:
    settled = dataset.cases.filter(status=Case.SETTLED, case_items__item__in=items)
    return settled.order_by("-id").values_list("id", flat=True).first()


def _open_by_items(dataset: Dataset) -> dict[Items, Case]:
    cases = {case.pk: case for case in dataset.cases.open().filter(kind=Case.REVIEW)}
    members: dict[int, list[int]] = {}
    pairs = CaseItem.objects.filter(case__dataset=dataset, case__status=Case.OPEN).values_list("case_id", "item_id")
    for case, item in pairs:
        members.setdefault(case, []).append(item)
    return {frozenset(items): cases[case] for case, items in members.items() if case in cases}


def _of_kept_findings(dataset: Dataset) -> set[int]:
    """Items of findings that outlive a detection: opened by a person and not dismissed, or accepted by a lead."""
    latest = dict(dataset.rulings.order_by("id").values_list("key", "ruling"))
    accepted = [key for key, ruling in latest.items() if ruling in (Ruling.ACCEPTED, Ruling.QUARANTINED)]
    dismissed = [key for key, ruling in latest.items() if ruling == Ruling.DISMISSED]
    findings = dataset.findings.filter(Q(author__isnull=False) | Q(key__in=accepted)).exclude(key__in=dismissed)
    return set(FindingItem.objects.filter(finding__in=findings).values_list("item_id", flat=True))


def _settled_items(dataset: Dataset) -> set[int]:
    decided = CurrentLabel.objects.latest().filter(item__dataset=dataset, basis__in=["decision", "adjudication"])
    return set(decided.values_list("item_id", flat=True))


def _labels_by_item(dataset: Dataset, units: Sequence[Unit]) -> dict[int, tuple[str, int | None]]:
    """item → content digest and current class, for members of groups."""
    wanted = [item for unit in units if unit.digest for item in unit.items]
    labels: dict[int, tuple[str, int | None]] = {}
    for batch in bulk.in_batches(wanted):
        held = dict(CurrentLabel.objects.latest().filter(item__in=batch).values_list("item_id", "label_class_id"))
        for item, digest in Item.objects.filter(pk__in=batch).values_list("id", "digest"):
            labels[item] = (digest, held.get(item))
    return labels


def _is_settled(
    unit: Unit, settled: set[int], labels: dict[int, tuple[str, int | None]], closed: set[tuple[str, str]]
) -> bool:
    """Experts have decided on every member, or called every differing pair of members legitimately different."""
    if unit.items <= settled:
        return True
    if not unit.digest or not closed:
        return False
    held = {labels[item] for item in unit.items}
    differing = [(a, b) for a, b in combinations(sorted(held, key=str), 2) if a[1] != b[1]]
    return all(tuple(sorted((a[0], b[0]))) in closed for a, b in differing)
