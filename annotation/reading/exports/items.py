"""Items with their fields as the file had them, and what each carries: plainly, or with where that comes from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from annotation.core.exporting.columns import AsWritten, Sheet, beside
from annotation.core.fields import Field
from annotation.core.files.checking import as_number
from annotation.models import DECIDED, OF_FILES, CurrentLabel, Dataset, Label
from annotation.reading.exports.moment import Moment, in_parts, of_items

BEFORE = {"item_id": "text", "digest": "text", "source": "text", "received": "time", "split": "text"}
CARRIED = {"label": "text", "state": "text"}
# By these columns a file is known as one of ours; see core/files/own_export.py.
PROVENANCE = CARRIED | {
    "basis": "text", "since": "time", "was": "text", "decided_by": "text", "blind": "text", "labelled_by": "text",
}  # fmt: skip
ITEM = ("id", "external_id", "digest", "source", "received_at", "split", "content", "written")


def items_sheet(dataset: Dataset) -> Sheet:
    """Every item with its fields and the label in force."""
    return _sheet(dataset, CARRIED)


def corrected_sheet(dataset: Dataset) -> Sheet:
    """Every item with the label in force, on what that rests, since when, what files said before, who decided it and
    whether blind, and whose labels stand behind it."""
    return _sheet(dataset, PROVENANCE)


def _sheet(dataset: Dataset, after: Mapping[str, str]) -> Sheet:
    moment, fields = Moment.of(dataset), dataset.typed_fields
    columns, aside = beside(BEFORE, fields, after)

    def rows() -> Iterator[Sequence[Any]]:
        classes, people = _class_names(dataset), dict(dataset.annotators.values_list("id", "name"))
        for part in in_parts(moment.items(), *ITEM):
            carried = _carried(moment, [row[0] for row in part], classes)
            behind = _behind(moment, part, people) if after is PROVENANCE else {}
            for pk, name, digest, source, received, split, content, written in part:
                cells = fields_as_written(fields, content, written)
                label = carried.get(pk, _Carried())
                more = label.provenance(behind.get(pk, "")) if after is PROVENANCE else ()
                yield (name, digest, source, received, split, *cells, label.label, label.state, *more)

    return Sheet(columns, rows, moment.items().count(), aside, moment.notes)


def fields_as_written(
    fields: Sequence[Field], content: Mapping[str, Any], written: Mapping[str, str] | None
) -> list[Any]:
    """An item's values in the order of the fields; a number as the file wrote it where a program reads it as that."""
    if not written:
        return [content.get(one.name) for one in fields]
    return [_as_written(content.get(one.name), written.get(one.name)) for one in fields]


def _as_written(value: Any, text: str | None) -> Any:
    if text is None or not isinstance(value, float):
        return value
    try:
        return AsWritten(value, text.strip()) if as_number(text) == value else value
    except ValueError:  # 1,5 and 1 000: a person's number
        return value


@dataclass
class _Carried:
    """What an item carries, as its current labels say in the order they came."""

    label: str = ""
    state: str = ""
    basis: str = ""
    since: datetime | None = None
    was: str = ""
    decided_by: str = ""
    blind: str = ""

    def provenance(self, labelled_by: str) -> tuple[Any, ...]:
        return self.basis, self.since, self.was, self.decided_by, self.blind, labelled_by


def _carried(moment: Moment, items: Sequence[int], classes: Mapping[int, str]) -> dict[int, _Carried]:
    found: dict[int, _Carried] = {}
    decided: dict[int, _Carried] = {}
    wanted = set(items)
    rows = CurrentLabel.objects.filter(of_items(items), pk__lte=moment.current).order_by("item_id", "id")
    for item, label, state, basis, since, decision in rows.values_list(
        "item_id", "label_class_id", "state", "basis", "created_at", "decision_id"
    ):
        if item not in wanted:
            continue
        before = found.get(item)
        name = classes[label] if label else ""
        was = before.was if before else ""
        if not was and basis in OF_FILES:
            was = name
        found[item] = _Carried(name, state, basis, since, was)
        if decision and basis in (*DECIDED, "class change"):
            decided[item] = found[item]
        else:
            decided.pop(item, None)
    if decided:
        _name_deciders(moment, list(decided), decided)
    return found


def _name_deciders(moment: Moment, items: Sequence[int], decided: Mapping[int, _Carried]) -> None:
    """Who decided what each carries; what an answer taken back left behind was decided by whoever did before it."""
    latest = CurrentLabel.objects.filter(item__in=items, pk__lte=moment.current).order_by("item_id", "id")
    columns = ("item_id", "decision_id", "decision__expert__username", "decision__blind", "decision__undoes_id")
    before: dict[tuple[int, int], tuple[str, str]] = {}
    now: dict[int, tuple[str, str]] = {}
    for item, decision, name, blind, undoes in latest.values_list(*columns):
        if undoes:
            now[item] = before.get((item, undoes), ("", ""))
        elif decision:
            before[item, decision] = now.get(item, ("", ""))
            now[item] = name, "yes" if blind else "no"
        else:
            now[item] = "", ""
    for item, carried in decided.items():
        carried.decided_by, carried.blind = now[item]


def _behind(moment: Moment, part: Sequence[Sequence[Any]], people: Mapping[int, str]) -> dict[int, str]:
    """item → the annotators whose answers count for it, in the order they gave them."""
    counting: dict[int, dict[int, bool]] = {}
    labels = Label.objects.filter(of_items([row[0] for row in part]), pk__lte=moment.label).order_by("item_id", "id")
    wanted = {row[0] for row in part}
    for item, annotator, label in labels.values_list("item_id", "annotator_id", "label_class_id"):
        if item not in wanted:
            continue
        answers = counting.setdefault(item, {})
        answers.pop(annotator, None)
        answers[annotator] = label is not None
    return {
        item: "|".join(people[annotator] for annotator, counts in answers.items() if counts)
        for item, answers in counting.items()
    }


def _class_names(dataset: Dataset) -> dict[int, str]:
    return dict(dataset.label_classes.values_list("id", "name"))
