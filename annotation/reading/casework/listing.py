"""A page of cases under a filter, with why each is there and where it stands."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from annotation.models import Case, CaseItem, CurrentLabel, Dataset, Decision, Flag, Item, Skip
from annotation.models.review import CaseQuerySet
from annotation.reading.cases import excerpt_of
from annotation.reading.casework.passes import ANY, NONE

PAGE = 50
# What a list can be of, beside one that waits for somebody: `Case.AWAITS` says for whom.
OPEN, SETTLED, WITHDRAWN, EVERY = Case.OPEN, Case.SETTLED, Case.WITHDRAWN, "every"


@dataclass(frozen=True)
class CaseFilter:
    """Which cases to list; "" and None narrow nothing.

    status: one of OPEN, SETTLED, WITHDRAWN and EVERY, or whom an open case waits for. passed: a reason it was passed on
    for, ANY of them, or NONE given. outcome: of the answer to a settled case, an outcome or the id of a class. expert:
    id of who decided it, passed it on, or holds it. draw: of production; its cases are in no other list while open.
    """

    status: str = OPEN
    kind: str = ""
    expert: int | None = None
    outcome: str = ""
    passed: str = ""
    finding: int | None = None
    detector: str = ""
    draw: int | None = None

    @property
    def in_queue_order(self) -> bool:
        """Open cases come in the order of the queue, all others the newest first."""
        return self.status not in (SETTLED, WITHDRAWN, EVERY)

    @property
    def narrows(self) -> bool:
        return self != CaseFilter()


@dataclass(frozen=True)
class CaseRow:
    """A case as a line: `labels` are (name or state in words, how many members carry it), `reasons` the strongest
    flags' words, each once; `holder` is who has it on lease, None = nobody. answers: (what was said, by whom) of a
    settled case; passes: (reason in words, how often)."""

    case: Case
    excerpt: str
    size: int
    labels: tuple[tuple[str, int], ...]
    reasons: tuple[str, ...]
    holder: Any
    answers: tuple[tuple[str, str], ...] = ()
    passes: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class CasePage:
    """`after` is the key of the next page, "" at the end."""

    rows: tuple[CaseRow, ...]
    after: str


def list_cases(
    dataset: Dataset, now: datetime, wanted: CaseFilter | None = None, *, after: str = "", size: int = PAGE
) -> CasePage:
    """A page of the cases that fit, those after the key `after`. Without a filter those that are open."""
    wanted = wanted or CaseFilter()
    newest = dataset.detections.order_by("-id").first()
    cases = _that_fit(dataset, wanted, newest, now)
    found = list(_following(cases, wanted, after).select_related("leased_to")[: size + 1])
    shown = found[:size]
    key = _key(shown[-1], wanted) if len(found) > size else ""
    return CasePage(_rows(dataset, shown, newest, now), key)


def _that_fit(dataset: Dataset, wanted: CaseFilter, newest: Any, now: datetime) -> CaseQuerySet:
    cases = _of_status(dataset, wanted)
    if wanted.kind:
        cases = cases.filter(kind=wanted.kind)
    if wanted.finding:
        cases = cases.of_finding(wanted.finding)
    if wanted.detector:
        # nested IN: the databases read the flags once, where EXISTS would make them read all of them for every case
        flagged = Flag.objects.filter(detection=newest, detector=wanted.detector).values("item")
        cases = cases.filter(pk__in=CaseItem.objects.filter(item__in=flagged).values("case"))
    if wanted.passed:
        cases = cases.filter(pk__in=_passed(dataset, wanted.passed).values("case"))
    if wanted.outcome:
        cases = cases.filter(status=Case.SETTLED, pk__in=_answered(dataset, wanted.outcome).values("case"))
    if wanted.expert:
        cases = cases.filter(_of_expert(dataset, wanted.expert, now))
    return cases


def _of_status(dataset: Dataset, wanted: CaseFilter) -> CaseQuerySet:
    """Cases of the status; while they are open without those that would stand out."""
    cases = dataset.cases.work()
    if wanted.draw:
        cases = cases.filter(case_items__item__productionitem__draw=wanted.draw)
    if wanted.status in (SETTLED, WITHDRAWN):
        return cases.filter(status=wanted.status)
    if wanted.status == EVERY:
        shown = Q() if wanted.draw else ~Q(status=Case.OPEN, kind__in=(Case.AUDIT, Case.PRODUCTION))
        return cases.filter(shown)
    cases = cases.filter(status=Case.OPEN) if wanted.draw else cases.filter(status=Case.OPEN).shown()
    return cases.filter(awaits=wanted.status) if wanted.status in Case.AWAITS else cases


def _passed(dataset: Dataset, reason: str) -> Any:
    skips = Skip.objects.standing().filter(case__dataset=dataset)
    if reason == ANY:
        return skips
    return skips.filter(reason="" if reason == NONE else reason)


def _answered(dataset: Dataset, outcome: str) -> Any:
    answers = Decision.objects.standing().filter(case__dataset=dataset)
    if outcome.isdecimal():
        return answers.filter(outcome=Decision.LABEL, label_class=int(outcome))
    return answers.filter(outcome=outcome)


def _of_expert(dataset: Dataset, expert: int, now: datetime) -> Q:
    """An answer to a case that is still open is nobody's to know, so only a settled one counts."""
    decided = Decision.objects.standing().filter(case__dataset=dataset, expert=expert).values("case")
    passed = Skip.objects.standing().filter(case__dataset=dataset, expert=expert).values("case")
    held = Q(status=Case.OPEN, leased_to=expert, leased_until__gt=now)
    return Q(status=Case.SETTLED, pk__in=decided) | Q(pk__in=passed) | held


def _key(case: Case, wanted: CaseFilter) -> str:
    return f"{case.score!r},{case.pk}" if wanted.in_queue_order else str(case.pk)


def _following(cases: CaseQuerySet, wanted: CaseFilter, after: str) -> CaseQuerySet:
    """Cases behind the key, in their order; one that is no key is the beginning."""
    first, _, second = after.partition(",")
    ordered = cases.in_order() if wanted.in_queue_order else cases.order_by("-id")
    try:
        if not wanted.in_queue_order:
            return ordered.filter(pk__lt=_number(first))
        score, pk = float(first), _number(second)
    except ValueError:
        return ordered
    # the first condition alone is what the index can use
    return ordered.filter(score__lte=score).filter(Q(score__lt=score) | Q(pk__gt=pk))


def _number(typed: str) -> int:
    """Raises ValueError for what is no id."""
    if len(typed) > 18:
        raise ValueError(typed)
    return int(typed)


def _rows(dataset: Dataset, cases: Sequence[Case], detection: Any, now: datetime) -> tuple[CaseRow, ...]:
    pairs = CaseItem.objects.filter(case__in=cases).select_related("item").order_by("case_id", "item_id")
    members: dict[int, list[Item]] = {}
    for pair in pairs:
        members.setdefault(pair.case_id, []).append(pair.item)
    ids = [item.pk for items in members.values() for item in items]
    current, reasons = _current_labels(ids), _reasons(detection, ids)
    answers, passes = _answers(cases), _passes(cases)
    return tuple(
        CaseRow(
            case, *_items_in_a_line(dataset, members.get(case.pk, []), current, reasons),
            case.leased_to if _is_leased(case, now) else None, tuple(answers.get(case.pk, ())),
            tuple(Counter(passes.get(case.pk, ())).most_common()),
        )
        for case in cases
    )  # fmt: skip


def _items_in_a_line(
    dataset: Dataset, items: Sequence[Item], current: dict[int, str], reasons: dict[int, list[str]]
) -> tuple[str, int, tuple[tuple[str, int], ...], tuple[str, ...]]:
    labels = Counter(current.get(item.pk, "no label") for item in items)
    said = dict.fromkeys(reason for item in items for reason in reasons.get(item.pk, []))
    excerpt = excerpt_of(dataset, items[0].content) if items else ""
    return excerpt, len(items), tuple(labels.most_common()), tuple(said)


def _is_leased(case: Case, now: datetime) -> bool:
    return case.status == Case.OPEN and case.leased_until is not None and case.leased_until > now


def _answers(cases: Sequence[Case]) -> dict[int, list[tuple[str, str]]]:
    """Settled case → what was said and by whom, the first answer first."""
    settled = [case.pk for case in cases if case.status == Case.SETTLED]
    found: dict[int, list[tuple[str, str]]] = {}
    standing = Decision.objects.standing().filter(case__in=settled).select_related("label_class", "expert")
    for one in standing.order_by("id"):
        found.setdefault(one.case_id, []).append((one.said, one.expert.get_username()))
    return found


def _passes(cases: Sequence[Case]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    standing = Skip.objects.standing().filter(case__in=[case.pk for case in cases])
    for case, reason in standing.values_list("case_id", "reason"):
        found.setdefault(case, []).append(str(Skip.REASONS.get(reason, "no reason given")))
    return found


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
