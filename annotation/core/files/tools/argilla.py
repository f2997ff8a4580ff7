"""Argilla: records with fields, metadata and the responses of each user to each question."""

from collections.abc import Iterator, Mapping
from typing import Any

from annotation.core.files.tools.exported import Left, Tool, ToolAnswer, ToolItem, mapping_in, objects_in, text

DONE = ("submitted", "completed", "")


def _is_record(record: Mapping[str, Any]) -> bool:
    return isinstance(record.get("fields"), dict) and ("responses" in record or "suggestions" in record)


def _record(record: Mapping[str, Any], left: Left) -> ToolItem:
    suggestions = record.get("suggestions")
    left["suggestion|suggestions"] += len(suggestions) if isinstance(suggestions, (dict, list)) else 0
    left["vector|vectors"] += len(mapping_in(record.get("vectors")))
    texts = mapping_in(record.get("fields"))
    answers = list(_by_question(record, left) if isinstance(record.get("responses"), dict) else _by_user(record, left))
    name = record.get("external_id") or record.get("id") or record.get("_server_id")
    return ToolItem(text(name), {**mapping_in(record.get("metadata")), **texts}, answers, tuple(texts))


def _by_question(record: Mapping[str, Any], left: Left) -> Iterator[ToolAnswer]:
    for question, responses in mapping_in(record["responses"]).items():
        for one in objects_in(responses):
            yield from _answer(question, one.get("value"), one, left)


def _by_user(record: Mapping[str, Any], left: Left) -> Iterator[ToolAnswer]:
    for one in objects_in(record.get("responses")):
        for question, said in mapping_in(one.get("values")).items():
            yield from _answer(question, mapping_in(said).get("value", said), one, left)


def _answer(question: str, value: Any, response: Mapping[str, Any], left: Left) -> Iterator[ToolAnswer]:
    status = text(response.get("status"))
    if status not in DONE:
        left[f"{status} response|{status} responses"] += 1
    elif isinstance(value, dict) or objects_in(value):
        left["answer that is no label (a ranking or spans)|answers that are no label (rankings, spans)"] += 1
    else:
        labels = tuple(map(text, value)) if isinstance(value, list) else (text(value),) if text(value) else ()
        yield ToolAnswer(question, labels, text(response.get("user_id")), text(response.get("inserted_at")))


RECORDS = Tool("Argilla records", "record", _is_record, _record)
