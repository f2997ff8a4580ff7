"""Label Studio: JSON (tasks with their annotations) and JSON-MIN (one flat object for each annotation)."""

from collections.abc import Iterator, Mapping
from typing import Any

from annotation.core.files.tools.exported import Left, Tool, ToolAnswer, ToolItem, mapping_in, objects_in, text

NO_CHOICE = "answer that is no choice (a span, a text or a rating)|answers that are no choice (spans, texts, ratings)"
BESIDE = ("annotator", "annotation_id", "created_at", "updated_at", "lead_time")


def _is_task(record: Mapping[str, Any]) -> bool:
    annotations = record.get("annotations", record.get("completions"))
    return isinstance(record.get("data"), dict) and isinstance(annotations, list)


def _task(record: Mapping[str, Any], left: Left) -> ToolItem:
    annotations = objects_in(record.get("annotations", record.get("completions")))
    left["prediction|predictions"] += len(objects_in(record.get("predictions")))
    left["draft|drafts"] += len(objects_in(record.get("drafts")))
    answers: list[ToolAnswer] = []
    for one in annotations:
        if one.get("was_cancelled") is True:
            left["skipped annotation|skipped annotations"] += 1
        else:
            answers += _choices(one, left)
    return ToolItem(text(record.get("id")), mapping_in(record.get("data")), answers)


def _choices(annotation: Mapping[str, Any], left: Left) -> Iterator[ToolAnswer]:
    """The choices of an annotation, question by question; a region's choices are no label of the item."""
    by_question: dict[str, list[str]] = {}
    for one in objects_in(annotation.get("result")):
        value = mapping_in(one.get("value"))
        chosen = value.get("choices")
        if one.get("type") != "choices" or not isinstance(chosen, list) or "start" in value:
            left[NO_CHOICE] += 1
        else:
            by_question.setdefault(text(one.get("from_name")), []).extend(map(text, chosen))
    who, when = _who(annotation.get("completed_by")), text(annotation.get("created_at"))
    if not by_question:
        left["annotation without a choice|annotations without a choice"] += 1
    for question, labels in by_question.items():
        yield ToolAnswer(question, tuple(labels), who, when)


def _who(value: Any) -> str:
    """A person by number, or as an object with an e-mail address."""
    if isinstance(value, dict):
        return text(value.get("email") or value.get("username") or value.get("id"))
    return text(value)


def _is_flat(record: Mapping[str, Any]) -> bool:
    return "annotation_id" in record and "lead_time" in record and "id" in record


def _flat(record: Mapping[str, Any], left: Left) -> ToolItem:
    """The task's own fields stand before its id, the answers behind it."""
    names = list(record)
    behind = [name for name in names[names.index("id") + 1 :] if name not in BESIDE] if "id" in record else []
    asked = behind or [name for name in names if "choices" in mapping_in(record[name])]
    who, when = _who(record.get("annotator")), text(record.get("created_at"))
    answers = []
    for name in asked:
        value = record[name]
        chosen = mapping_in(value).get("choices", value)
        if isinstance(chosen, list) and any(isinstance(one, dict) for one in chosen) or isinstance(chosen, dict):
            left[NO_CHOICE] += 1
        else:
            labels = tuple(map(text, chosen)) if isinstance(chosen, list) else (text(chosen),) * bool(text(chosen))
            answers.append(ToolAnswer(name, labels, who, when))
    fields = {name: value for name, value in record.items() if name not in (*BESIDE, *asked, "id")}
    return ToolItem(text(record.get("id")), fields, answers)


JSON = Tool("a Label Studio export", "task", _is_task, _task)
JSON_MIN = Tool("a Label Studio export (JSON-MIN)", "annotation", _is_flat, _flat)
