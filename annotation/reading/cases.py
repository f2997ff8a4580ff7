"""What a lead sees of the queue at a glance, and how an item is told in one line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from annotation.core.written import value_written
from annotation.models import Case, Dataset, Decision
from annotation.models.review import DecisionQuerySet

EXCERPT = 140  # characters


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


def excerpt_of(dataset: Dataset, content: Mapping[str, object], length: int = EXCERPT) -> str:
    """The beginning of an item's content in one line: its texts, or its fields by name where it has none."""
    texts = [field.name for field in dataset.typed_fields if field.type == "text"]
    if texts:
        line = " · ".join(str(content.get(name) or "") for name in texts)
    else:
        line = ", ".join(_named_value(dataset, name, value) for name, value in content.items())
    line = " ".join(line.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def _named_value(dataset: Dataset, name: str, value: object) -> str:
    meaning = dataset.meaning_of(name, value)
    return f"{name} {value_written(name, value, None)}{f' ({meaning})' if meaning else ''}"


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
