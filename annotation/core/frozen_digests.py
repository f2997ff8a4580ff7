"""What was frozen, as hashes: of a snapshot as a whole, and of each of its rows."""

import hashlib
import json
from typing import Any

import pandas as pd


def rows_digest(rows: pd.DataFrame) -> str:
    """SHA-256 over (content digest, external id, label) of every row, in an order of their own.

    rows: digest, external_id, label, all str."""
    lines = sorted("\x1f".join(row) for row in zip(rows["digest"], rows["external_id"], rows["label"], strict=True))
    return hashlib.sha256("\x1e".join(lines).encode()).hexdigest()


def row_digests(rows: pd.DataFrame) -> list[str]:
    """SHA-256 of what each row says: external id, label, source, what it weighs, who labelled it, and its content. A
    number is the same however a database writes it down.

    rows: external_id, label, source (str), weight (float or None), annotators (list of ids), content (dict)."""
    names = ("external_id", "label", "source", "weight", "annotators", "content")
    columns = (rows[name].tolist() for name in names)
    return [_digest([*plain, _numbers_alike(content)]) for *plain, content in zip(*columns, strict=True)]


def _digest(said: list[Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()


def _numbers_alike(content: dict[str, Any]) -> dict[str, Any]:
    return {
        name: float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
        for name, value in content.items()
    }
