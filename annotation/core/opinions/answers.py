"""What counts as an answer of a language model: a class of the dataset and a sentence, or no opinion."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MOST_REASON = 300
# Why there is no opinion.
LATE, UNREADABLE, FOREIGN, REFUSED = "late", "unreadable", "foreign", "refused"
NO_OPINION = {
    LATE: "came too late",
    UNREADABLE: "could not be read",
    FOREIGN: "named no class of this dataset",
    REFUSED: "were refused by the server",
}


@dataclass(frozen=True)
class ReadAnswer:
    """label: a class, "" = no opinion, then `why` is a key of NO_OPINION. tokens: as the server counts them, None where
    it does not. heard: the model itself said this, and asked again would say it again."""

    label: str = ""
    reason: str = ""
    why: str = ""
    tokens: int | None = None
    heard: bool = False


def read_answer(body: bytes, classes: Sequence[str]) -> ReadAnswer:
    """The answer in a server's reply. The label must be one of `classes` to the letter: prose that mentions one, a list
    or another case is none."""
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):
        return ReadAnswer(why=UNREADABLE)
    tokens, text = _tokens(reply), _text(reply)
    if text is None:
        return ReadAnswer(why=UNREADABLE, tokens=tokens)
    said = _object_in(text)
    label, reason = said.get("label"), said.get("reason")
    if not isinstance(label, str):
        return ReadAnswer(why=UNREADABLE, tokens=tokens, heard=True)
    if label not in classes:
        return ReadAnswer(why=FOREIGN, tokens=tokens, heard=True)
    sentence = " ".join(reason.replace("\x00", "").split())[:MOST_REASON] if isinstance(reason, str) else ""
    return ReadAnswer(label, sentence, "", tokens, heard=True)


def _text(reply: Any) -> str | None:
    """What the model wrote, None where the reply is of no such form."""
    try:
        text = reply["choices"][0]["message"]["content"]
    except (LookupError, TypeError):
        return None
    return text if isinstance(text, str) else None


def _object_in(text: str) -> dict[str, Any]:
    """The JSON object that was written, also within a fence; empty where it is none."""
    text = text.strip()
    if text.startswith("```") and text.endswith("```"):
        text = text.strip("`").removeprefix("json")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _tokens(reply: Any) -> int | None:
    usage = reply.get("usage") if isinstance(reply, dict) else None
    total = usage.get("total_tokens") if isinstance(usage, dict) else None
    known = isinstance(total, int) and not isinstance(total, bool) and 0 <= total < 10**9
    return total if known else None
