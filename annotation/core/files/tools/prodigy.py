"""Prodigy: a text with the options that were accepted, or with one label that was accepted or rejected."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from annotation.core.files.tools.exported import Left, Tool, ToolAnswer, ToolItem, mapping_in, objects_in, text

OWN = (
    "text", "label", "accept", "options", "answer", "meta", "spans", "tokens", "relations", "config", "html", "style",
    "score", "priority", "id",
)  # fmt: skip


def _is_example(record: Mapping[str, Any]) -> bool:
    marked = "_input_hash" in record or "_task_hash" in record or "accept" in record or "options" in record
    return record.get("answer") in ("accept", "reject", "ignore") and marked


def _example(record: Mapping[str, Any], left: Left) -> ToolItem:
    spans = objects_in(record.get("spans"))
    left["span|spans"] += len(spans)
    beside = {**mapping_in(record.get("meta")), **record}
    fields = {name: value for name, value in beside.items() if name not in OWN and not name.startswith("_")}
    fields = {"text": record.get("text"), **fields}
    return ToolItem(text(record.get("id") or record.get("_input_hash")), fields, _answers(record, left))


def _answers(record: Mapping[str, Any], left: Left) -> list[ToolAnswer]:
    who = text(record.get("_annotator_id") or record.get("_session_id"))
    when, answer = _moment(text(record.get("_timestamp"))), record.get("answer")
    accepted = record.get("accept")
    if answer == "ignore":
        left["ignored example|ignored examples"] += 1
    elif isinstance(accepted, list) and answer == "accept":
        return [ToolAnswer("label", tuple(_names(record).get(text(one), text(one)) for one in accepted), who, when)]
    elif isinstance(accepted, list) or not text(record.get("label")):
        left[f"{text(answer)}ed example without a label|{text(answer)}ed examples without a label"] += 1
    else:
        return [ToolAnswer("label", (text(record["label"]),), who, when, accepted=answer == "accept")]
    return []


def _moment(seconds: str) -> str:
    """Seconds since 1970 in ISO 8601; "" for anything else."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat() if seconds.isdecimal() and len(seconds) < 12 else ""


def _names(record: Mapping[str, Any]) -> dict[str, str]:
    """What the options are called, by their ids: an id that is a number is no name of a class."""
    found = {text(one.get("id")): text(one.get("text")) for one in objects_in(record.get("options"))}
    return {key: name for key, name in found.items() if name and key.lstrip("-").isdecimal()}


EXAMPLES = Tool("Prodigy annotations", "example", _is_example, _example)
