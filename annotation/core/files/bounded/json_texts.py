"""The contents of many items as JSON: as the database keeps them, and as they are digested."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

INFINITE = float("inf")


def stored_texts(contents: Sequence[Mapping[str, Any]]) -> list[str]:
    """As the database keeps them. All contents have the same fields in the same order."""
    return _texts(contents, list(contents[0]) if contents else [], ", ", ": ", encode_basestring_ascii)


def content_digests(contents: Sequence[Mapping[str, Any]], but: Collection[int] = ()) -> list[str]:
    """SHA-256 (64 hex characters) of each content as JSON with sorted keys and no blanks: the order of the fields is no
    matter. All contents have the same fields; of those at the positions `but` there is none, and zeros stand for it."""
    texts = _texts(contents, sorted(contents[0]) if contents else [], ",", ":", encode_basestring)
    return ["0" * 64 if at in but else hashlib.sha256(text.encode()).hexdigest() for at, text in enumerate(texts)]


def _texts(
    contents: Sequence[Mapping[str, Any]], names: Sequence[str], between: str, colon: str, quoted: Callable[[str], str]
) -> list[str]:  # fmt: skip
    """Field by field, which takes a third of the time that content by content does."""
    form = between.join(quoted(name).replace("%", "%%") + colon + "%s" for name in names)
    columns = [_written([content[name] for content in contents], quoted) for name in names]
    return [f"{{{form % row}}}" for row in zip(*columns, strict=True)]


def _written(values: list[Any], quoted: Callable[[str], str]) -> list[str]:
    if set(map(type, values)) == {str}:
        return list(map(quoted, values))
    return [quoted(value) if isinstance(value, str) else _number(value) for value in values]


def _number(value: Any) -> str:
    if value is None:
        return "null"
    if value != value or value in (INFINITE, -INFINITE):
        raise ValueError(value)
    return float.__repr__(value) if isinstance(value, float) else json.dumps(value)
