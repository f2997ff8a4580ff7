"""Values of typed formats -> text cells that read the same from every format."""

import json
import re
from datetime import datetime, time
from typing import Any

from annotation.core.files.unreadable import Unfit

UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # no database takes a NUL or half of a surrogate pair
HALF = "the text has a NUL or half a character (\\u0000, \\ud83d); remove it"
MAX_WHOLE = 1e15  # a float beyond may be another whole number than the one that was meant


def unstorable(text: str) -> bool:
    """Whether a text holds what no database takes: NUL, or half of a surrogate pair."""
    return "\0" in text or (not text.isascii() and UNSTORABLE.search(text) is not None)


def cell_of(value: Any) -> str:
    """A text as it is; true as "True", as Python and pandas write it; a number as Python's shortest; a date or moment
    in ISO 8601; None and NaN as ""; a list of one as its element, an empty one as "". Any other list or object is an
    Unfit cell that shows it as JSON."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        return Unfit.cell(json.dumps(value), HALF) if unstorable(value) else value
    if value is None or value != value or value in ([], {}, ()):  # NaN alone differs from itself
        return ""
    if isinstance(value, (list, tuple, dict)):
        kind = "an object" if isinstance(value, dict) else f"a list of {len(value)}"
        return Unfit.cell(_shown(value), f"the value is {kind}, not a text or number; write it as columns of its own")
    if isinstance(value, (bytes, bytearray)):
        return Unfit.cell(f"{len(value)} bytes", "the value is bytes, not a text or number; write it as text")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def whole(value: float) -> str:
    """A number of a program that knows no whole numbers: 3.0 is 3."""
    return str(int(value)) if value == int(value) and abs(value) < MAX_WHOLE else str(value)


def day_or_moment(value: Any) -> str:
    """A date in ISO 8601, with its time where that is not midnight, which spreadsheets add to every date."""
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat()


def _shown(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
        return json.dumps(value, default=str) if unstorable(text) else text
    except RecursionError:
        return "…"
