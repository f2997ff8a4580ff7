"""doccano: a text with the list of its labels, or with annotations that name a label and a user."""

from collections.abc import Mapping
from typing import Any

from annotation.core.files.tools.exported import Left, Tool, ToolAnswer, ToolItem, mapping_in, objects_in, text

OWN = ("id", "text", "data", "label", "labels", "annotations", "meta", "annotation_approver", "Comments", "comments",
       "entities", "relations", "cats", "spans")  # fmt: skip
SPANS = "span|spans"


def _is_document(record: Mapping[str, Any]) -> bool:
    if not isinstance(record.get("text", record.get("data")), str):
        return False
    if isinstance(record.get("label", record.get("labels")), list):
        return "answer" not in record
    annotations = record.get("annotations")
    return isinstance(annotations, list) and all(
        "label" in one and "result" not in one for one in objects_in(annotations)
    )


def _document(record: Mapping[str, Any], left: Left) -> ToolItem:
    rest = {name: value for name, value in record.items() if name not in OWN}
    fields = {"text": record.get("text", record.get("data")), **mapping_in(record.get("meta")), **rest}
    comments = record.get("Comments", record.get("comments"))
    left["comment|comments"] += len(comments) if isinstance(comments, list) else 0
    left[SPANS] += len(objects_in(record.get("entities")))
    left["relation|relations"] += len(objects_in(record.get("relations")))
    return ToolItem(text(record.get("id")), fields, _answers(record, left))


def _answers(record: Mapping[str, Any], left: Left) -> list[ToolAnswer]:
    annotations = objects_in(record.get("annotations"))
    if not annotations:
        found = record.get("label", record.get("labels"))
        listed = found if isinstance(found, list) else [found] * (found is not None)
        left[SPANS] += sum(isinstance(one, (list, dict)) for one in listed)
        labels = tuple(text(one) for one in listed if not isinstance(one, (list, dict)))
        return [ToolAnswer("label", labels)] if labels else []
    by_user: dict[str, list[str]] = {}
    for one in annotations:
        if "start_offset" in one:
            left[SPANS] += 1
        else:
            by_user.setdefault(text(one.get("user")), []).append(text(one.get("label")))
    return [ToolAnswer("label", tuple(labels), user) for user, labels in by_user.items()]


DOCUMENTS = Tool("a doccano export", "document", _is_document, _document)
