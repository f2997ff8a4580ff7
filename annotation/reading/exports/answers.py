"""What was said of the items: every annotator's every label, and the decisions of experts."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from annotation.core.exporting.columns import Column, Sheet
from annotation.models import Case, Dataset, Decision, Item, Label, Reason
from annotation.reading.exports.moment import Moment, in_parts, of_items
from annotation.reading.sampling.counts import count_up_to

LABELS = {
    "item_id": "text", "split": "text", "annotator": "text", "label": "text", "abstained": "text", "counts": "text",
    "origin": "text", "seconds": "number", "given_at": "time", "came_in": "time",
}  # fmt: skip
DECISIONS = {
    "item_id": "text", "split": "text", "decision": "whole", "expert": "text", "decided_at": "time", "outcome": "text",
    "label": "text", "confidence": "text", "reasons": "text", "note": "text", "seconds": "number", "blind": "text",
    "cause": "text", "guideline": "whole", "undone_at": "time",
}  # fmt: skip


def n_labels(dataset: Dataset) -> int:
    """Rows of `labels_sheet`, as `count_up_to` counts; found by annotators, as a label names no dataset."""
    said = Label.objects.filter(annotator__dataset=dataset).exclude(item__split=Item.TAKEN_BACK)
    return count_up_to(said)


def n_decisions(dataset: Dataset) -> int:
    """Rows of `decisions_sheet`, as `count_up_to` counts."""
    return count_up_to(_covered(_decisions(Moment.of(dataset))))


def labels_sheet(dataset: Dataset) -> Sheet:
    """Each annotator's each answer for each item, an abstention among them; `counts` says which is the latest."""
    moment = Moment.of(dataset)
    said = Label.objects.filter(item__in=moment.items(), pk__lte=moment.label)

    def rows() -> Iterator[Sequence[Any]]:
        classes = dict(dataset.label_classes.values_list("id", "name"))
        people = dict(dataset.annotators.values_list("id", "name"))
        for part in in_parts(moment.items(), "id", "external_id", "split"):
            answers = _answers_of(moment, [pk for pk, _, _ in part])
            for pk, name, split in part:
                latest = {row[0]: place for place, row in enumerate(answers[pk])}
                for place, (annotator, label, origin, *more) in enumerate(answers[pk]):
                    counts = label is not None and latest[annotator] == place
                    yield (
                        name, split, people[annotator], classes.get(label, ""), _yes(label is None), _yes(counts),
                        origin, *more,
                    )  # fmt: skip

    return Sheet(_columns(LABELS), rows, said.count(), notes=moment.notes)


def _answers_of(moment: Moment, items: Sequence[int]) -> dict[int, list[tuple[Any, ...]]]:
    """item → its labels in the order they came: annotator, class, origin, seconds, when given, when it came in."""
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    rows = Label.objects.filter(of_items(items), pk__lte=moment.label).order_by("item_id", "id")
    columns = ("item_id", "annotator_id", "label_class_id", "origin", "seconds", "given_at", "created_at")
    for item, *answer in rows.values_list(*columns):
        found[item].append(tuple(answer))
    return found


def decisions_sheet(dataset: Dataset) -> Sheet:
    """One row per decision and item it covers, those taken back among them; answers that only test an expert are left
    out, as they settle nothing."""
    moment = Moment.of(dataset)
    decisions = _decisions(moment)

    def rows() -> Iterator[Sequence[Any]]:
        for part in in_parts(decisions, *DECISION):
            ids = [row[0] for row in part]
            items, reasons, undone = _items_of(ids), _reasons_of(ids), _undone(moment, ids)
            for pk, *said, outcome, confidence, blind, cause, guideline in part:
                expert, at, label, note, seconds = said
                told = (
                    Decision.OUTCOMES[outcome], label or "", confidence, "; ".join(reasons[pk]), note, seconds,
                    _yes(blind), Decision.CAUSES.get(cause, ""), guideline, undone.get(pk),
                )  # fmt: skip
                for name, split in items[pk]:
                    yield name, split, pk, expert, at, *told

    return Sheet(_columns(DECISIONS), rows, _covered(decisions).count(), notes=moment.notes)


def _covered(decisions: QuerySet[Decision]) -> QuerySet[Any]:
    return Decision.items.through.objects.filter(decision__in=decisions).exclude(item__split=Item.TAKEN_BACK)


DECISION = (
    "id", "expert__username", "created_at", "label_class__name", "note", "seconds", "outcome", "confidence", "blind",
    "cause", "guideline__version",
)  # fmt: skip


def _decisions(moment: Moment) -> QuerySet[Decision]:
    said = Decision.objects.filter(case__dataset=moment.dataset, pk__lte=moment.decision)
    return said.exclude(outcome=Decision.UNDO).exclude(case__kind__in=Case.CHECKS)


def _items_of(decisions: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    rows = Decision.items.through.objects.filter(decision__in=decisions).exclude(item__split=Item.TAKEN_BACK)
    for pk, name, split in rows.order_by("item_id").values_list("decision_id", "item__external_id", "item__split"):
        found[pk].append((name, split))
    return found


def _reasons_of(decisions: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for pk, text in Reason.objects.filter(decision__in=decisions).values_list("decision", "text"):
        found[pk].append(text)
    return found


def _undone(moment: Moment, decisions: Sequence[int]) -> dict[int, datetime]:
    rows = Decision.objects.filter(undoes__in=decisions, pk__lte=moment.decision)
    return {pk: at for pk, at in rows.values_list("undoes_id", "created_at") if pk}


def _columns(kinds: dict[str, str]) -> tuple[Column, ...]:
    return tuple(Column(name, kind) for name, kind in kinds.items())


def _yes(said: bool) -> str:
    return "yes" if said else "no"
