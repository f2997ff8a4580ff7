"""What a lead sees of the queue: counts, and a page of open cases with why each is there."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from annotation.models import Case, CaseItem, CurrentLabel, Dataset, Decision, Flag, Item
from annotation.models.review import CaseQuerySet, DecisionQuerySet

PAGE = 50
EXCERPT = 140  # characters


@dataclass(frozen=True)
class CaseRow:
    """A case as a line: `labels` are (name or state in words, how many members carry it), `reasons` the strongest
    flags' words, each once; `holder` is who has it on lease, None = nobody."""

    case: Case
    excerpt: str
    size: int
    labels: tuple[tuple[str, int], ...]
    reasons: tuple[str, ...]
    holder: Any


@dataclass(frozen=True)
class CasePage:
    """`after` is the key of the next page, "" at the end."""

    rows: tuple[CaseRow, ...]
    after: str


@dataclass(frozen=True)
class QueueState:
    """How many cases are open, settled and withdrawn; (expert, decisions) and (expert, cases held), most first."""

    open: int
    settled: int
    withdrawn: int
    decided_by: tuple[tuple[str, int], ...]
    held_by: tuple[tuple[str, int], ...]


def queue_state(dataset: Dataset, now: datetime) -> QueueState:
    counts = dict(dataset.cases.order_by().values_list("status").annotate(Count("id")))
    decisions = Decision.objects.standing().filter(case__dataset=dataset)
    leased = dataset.cases.open().filter(leased_until__gt=now)
    return QueueState(
        counts.get(Case.OPEN, 0), counts.get(Case.SETTLED, 0), counts.get(Case.WITHDRAWN, 0),
        decided_by=_by(decisions, "expert__username"), held_by=_by(leased, "leased_to__username"),
    )  # fmt: skip


def _by(rows: QuerySet[Any], field: str) -> tuple[tuple[str, int], ...]:
    return tuple(rows.order_by().values_list(field).annotate(n=Count("id")).order_by("-n", field))


def list_cases(
    dataset: Dataset, now: datetime, *, finding: int | None = None, detector: str = "", draw: int | None = None,
    after: str = "", size: int = PAGE,
) -> CasePage:  # fmt: skip
    """A page of the open cases in order, those after the key `after`, under a finding, a detector, or both; with `draw`
    those of that draw of production, which are in no other list."""
    newest = dataset.detections.order_by("-id").first()
    cases = dataset.cases.open()
    cases = cases.filter(case_items__item__productionitem__draw=draw) if draw else cases.shown()
    if finding:
        cases = cases.of_finding(finding)
    if detector:
        # nested IN: the databases read the flags once, where EXISTS would make them read all of them for every case
        flagged = Flag.objects.filter(detection=newest, detector=detector).values("item")
        cases = cases.filter(pk__in=CaseItem.objects.filter(item__in=flagged).values("case"))
    found = list(_following(cases, after).in_order().select_related("leased_to")[: size + 1])
    shown = found[:size]
    return CasePage(_rows(dataset, shown, newest, now), _key(shown[-1]) if len(found) > size else "")


def _key(case: Case) -> str:
    return f"{case.score!r},{case.pk}"


def _following(cases: CaseQuerySet, after: str) -> CaseQuerySet:
    """Cases behind the key; one that is no key is the beginning."""
    first, _, second = after.partition(",")
    try:
        score, pk = float(first), int(second)
    except ValueError:
        return cases
    # the first condition alone is what the index can use
    return cases.filter(score__lte=score).filter(Q(score__lt=score) | Q(pk__gt=pk))


def _rows(dataset: Dataset, cases: Sequence[Case], detection: Any, now: datetime) -> tuple[CaseRow, ...]:
    pairs = CaseItem.objects.filter(case__in=cases).select_related("item").order_by("case_id", "item_id")
    members: dict[int, list[Item]] = {}
    for pair in pairs:
        members.setdefault(pair.case_id, []).append(pair.item)
    ids = [item.pk for items in members.values() for item in items]
    current = _current_labels(ids)
    reasons = _reasons(detection, ids)
    return tuple(_row(dataset, case, members.get(case.pk, []), current, reasons, now) for case in cases)


def _row(
    dataset: Dataset, case: Case, items: Sequence[Item], current: dict[int, str], reasons: dict[int, list[str]],
    now: datetime,
) -> CaseRow:  # fmt: skip
    labels = Counter(current.get(item.pk, "no label") for item in items)
    said = dict.fromkeys(reason for item in items for reason in reasons.get(item.pk, []))
    leased = case.leased_to if case.leased_until and case.leased_until > now else None
    excerpt = excerpt_of(dataset, items[0].content) if items else ""
    return CaseRow(case, excerpt, len(items), tuple(labels.most_common()), tuple(said), leased)


def excerpt_of(dataset: Dataset, content: Mapping[str, object], length: int = EXCERPT) -> str:
    """The beginning of an item's content in one line: its texts, or its fields by name where it has none."""
    texts = [field.name for field in dataset.typed_fields if field.type == "text"]
    if texts:
        line = " · ".join(str(content.get(name) or "") for name in texts)
    else:
        line = ", ".join(f"{name} {value}" for name, value in content.items())
    line = " ".join(line.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def _current_labels(ids: Sequence[int]) -> dict[int, str]:
    """item → its current label, or its state in words."""
    rows = CurrentLabel.objects.in_force().filter(item__in=ids).values_list("item_id", "label_class__name", "state")
    return {item: name or CurrentLabel.STATES[state] for item, name, state in rows}


def _reasons(detection: Any, ids: Sequence[int]) -> dict[int, list[str]]:
    """item → why the newest detection suspects it, the strongest reason first."""
    reasons: dict[int, list[str]] = {}
    flags = Flag.objects.filter(detection=detection, item__in=ids).order_by("-score", "id")
    for item, reason in flags.values_list("item_id", "reason"):
        reasons.setdefault(item, []).append(reason)
    return reasons


@dataclass(frozen=True)
class AnswerLine:
    """An answer that counts as a lead reads it and may ask about it again."""

    decision: Decision
    excerpt: str


def answer_lines(dataset: Dataset, decisions: DecisionQuerySet, most: int) -> Sequence[AnswerLine]:
    """The newest `most` of the decisions."""
    rows = decisions.select_related("case", "label_class", "guideline", "expert").prefetch_related("items", "reasons")
    return [AnswerLine(one, _excerpt_of_answer(dataset, one)) for one in rows.order_by("-id")[:most]]


def _excerpt_of_answer(dataset: Dataset, decision: Decision) -> str:
    items = list(decision.items.all())
    return excerpt_of(dataset, items[0].content) if items else ""
