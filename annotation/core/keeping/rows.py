"""Rows as lines of text, as PostgreSQL's COPY writes them: a tab between values, \\N for none, backslashes before what
would end a value. The same lines are written from SQLite, whose values are brought into PostgreSQL's form, and back.

Source: PostgreSQL's documentation of COPY, "Text Format".
"""

import json
import math
from collections.abc import Callable, Sequence

NONE = b"\\N"
ESCAPES = {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
ESCAPED = str.maketrans(ESCAPES)
PLAIN = {written[1]: char for char, written in ESCAPES.items()}

# What a column holds, as far as the two databases store it differently.
NUMBER, REAL, BOOLEAN, MOMENT, JSON, UUID, BYTES, TEXT = (
    "number", "real", "boolean", "moment", "json", "uuid", "bytes", "text",
)  # fmt: skip


class MisshapenRow(ValueError):
    """A line is no row of its table; the message says why."""


def line_of(values: Sequence[object], kinds: Sequence[str]) -> bytes:
    """The line for a row as SQLite stores it. kinds: what each column holds."""
    written = (NONE if value is None else WRITERS[kind](value) for value, kind in zip(values, kinds, strict=True))
    return b"\t".join(written) + b"\n"


def values_of(line: bytes, kinds: Sequence[str]) -> list[object]:
    """The row as SQLite stores it. Raises MisshapenRow."""
    parts = line.rstrip(b"\n").split(b"\t")
    if len(parts) != len(kinds):
        raise MisshapenRow(f"{len(parts)} values where {len(kinds)} belong")
    try:
        return [None if part == NONE else READERS[kind](part) for part, kind in zip(parts, kinds, strict=True)]
    except (ValueError, KeyError) as error:
        raise MisshapenRow(str(error)) from error


def _text(value: object) -> bytes:
    return str(value).translate(ESCAPED).encode()


def _real(value: object) -> bytes:
    number = float(value)  # type: ignore[arg-type]
    if math.isfinite(number):
        return repr(number).removesuffix(".0").encode()
    return b"NaN" if math.isnan(number) else b"Infinity" if number > 0 else b"-Infinity"


def _moment(value: object) -> bytes:
    """SQLite keeps UTC without saying so."""
    moment = str(value)
    if "." in moment:
        moment = moment.rstrip("0").rstrip(".")
    return f"{moment}+00".encode()


def _uuid(value: object) -> bytes:
    digits = str(value).replace("-", "")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])).encode()


def _plain(part: bytes) -> str:
    text = part.decode()
    if "\\" not in text:
        return text
    pieces, rest = [], iter(text)
    for char in rest:
        pieces.append(PLAIN[next(rest, "")] if char == "\\" else char)
    return "".join(pieces)


def _boolean(part: bytes) -> int:
    return {b"t": 1, b"f": 0}[part]


def _stored_moment(part: bytes) -> str:
    moment = part.decode()
    if not moment.endswith("+00"):
        raise ValueError(f"{moment[:40]!r} is no moment in UTC")
    whole, _, fraction = moment[:-3].partition(".")
    return f"{whole}.{fraction:0<6}" if fraction else whole


def _json(part: bytes) -> str:
    text = _plain(part)
    json.loads(text)
    return text


WRITERS: dict[str, Callable[[object], bytes]] = {
    NUMBER: lambda value: str(value).encode(),
    REAL: _real,
    BOOLEAN: lambda value: b"t" if value else b"f",
    MOMENT: _moment,
    JSON: _text,
    UUID: _uuid,
    BYTES: lambda value: b"\\\\x" + bytes(value).hex().encode(),  # type: ignore[call-overload]
    TEXT: _text,
}
READERS: dict[str, Callable[[bytes], object]] = {
    NUMBER: int,
    REAL: float,
    BOOLEAN: _boolean,
    MOMENT: _stored_moment,
    JSON: _json,
    UUID: lambda part: part.decode().replace("-", ""),
    BYTES: lambda part: bytes.fromhex(part.decode().removeprefix("\\\\x")),
    TEXT: _plain,
}
