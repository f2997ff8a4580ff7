"""The checked rows of a file on disk, from the reading that checks them to the writing: nothing is worked out twice."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import IO, Any

import numpy as np

from annotation.core.files.answers import Answers
from annotation.core.files.ledger import Ledger

SAME = (",", ":")


@dataclass(frozen=True)
class ReadyRows:
    """Rows of a part of a file that can be written, each list in the order of the file.

    `numbers`, `ids`, `digests`, `contents` and `written` (JSON text, None = nothing), `sources`, `received` (ISO 8601
    or None): one for each row; `first`: positions of those that are the first of their item. `of`, `givers`, `labels`
    (None = abstained), `repeated`: one for each answer; `of`: the position of its row.
    """

    numbers: list[int]
    ids: list[str]
    digests: list[str]
    contents: list[str]
    written: list[str | None]
    sources: list[str]
    received: list[str | None]
    first: list[int]
    of: list[int]
    givers: list[str]
    labels: list[str | None]
    repeated: list[bool]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass
class KeptRows:
    """Parts of good rows, in the order in which they were added."""

    file: IO[bytes] = field(default_factory=tempfile.TemporaryFile)

    def add(self, good: np.ndarray, answers: Answers, givers: Sequence[str], **columns: Sequence[Any]) -> None:
        """`good` (n,) bool; `columns`: n values each; `answers` and their `givers`: of good rows."""
        at = np.flatnonzero(good)
        whole = len(at) == len(good)
        kept = {
            name: list(column) if whole else [column[here] for here in at.tolist()] for name, column in columns.items()
        }
        of = np.searchsorted(at, answers.position).tolist()
        part = {"n": len(good), "at": None if whole else at.tolist(), "of": of, "labels": answers.label.tolist()}
        line = json.dumps({**part, "givers": list(givers), **kept}, separators=SAME)
        self.file.write(line.encode() + b"\n")

    def parts(self, ledger: Ledger, by_content: bool) -> Iterator[ReadyRows]:
        """What can be written of each part, once the ledger knows all of it."""
        self.file.seek(0)
        start = 0
        for line in self.file:
            part = json.loads(line)
            here = np.arange(start, start + part["n"]) if part["at"] is None else start + np.array(part["at"])
            start += part["n"]
            yield _ready(part, here, ledger, by_content)


def _ready(part: dict[str, Any], here: np.ndarray, ledger: Ledger, by_content: bool) -> ReadyRows:
    ids = part["ids"]
    if by_content:
        counted = zip(part["digests"], ledger.occurrence[here].tolist(), strict=True)
        ids = [f"{digest[:16]}-{occurrence}" for digest, occurrence in counted]
    taken = ~ledger.duplicate[here]
    names = ("numbers", "digests", "contents", "written", "sources", "received")
    columns: dict[str, list[Any]] = {"ids": ids, **{name: part[name] for name in names}}
    of = np.array(part["of"], dtype=int)
    repeated = ledger.repeated[here][of]
    first = np.flatnonzero(ledger.first[here])
    said: dict[str, list[Any]] = {"givers": part["givers"], "labels": part["labels"]}
    if not taken.all():
        keep, place = taken[of], np.cumsum(taken) - 1
        kept = np.flatnonzero(taken).tolist()
        columns = {name: [column[at] for at in kept] for name, column in columns.items()}
        said = {name: [column[at] for at in np.flatnonzero(keep)] for name, column in said.items()}
        of, repeated, first = place[of[keep]], repeated[keep], place[first]
    return ReadyRows(**columns, **said, first=first.tolist(), of=of.tolist(), repeated=repeated.tolist())


def stored_text(content: dict[str, Any]) -> str:
    """Content as JSON, as the database keeps it."""
    return (
        "{" + ", ".join([f"{encode_basestring_ascii(name)}: {_ascii(value)}" for name, value in content.items()]) + "}"
    )


def digested_text(content: dict[str, Any]) -> str:
    """Content as JSON with sorted keys and no blanks, the text that is digested."""
    return "{" + ",".join([f"{encode_basestring(name)}:{_plain(content[name])}" for name in sorted(content)]) + "}"


def _ascii(value: str | float | None) -> str:
    return encode_basestring_ascii(value) if type(value) is str else _number(value)


def _plain(value: str | float | None) -> str:
    return encode_basestring(value) if type(value) is str else _number(value)


def _number(value: Any) -> str:
    if value is None:
        return "null"
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError(value)
    return float.__repr__(value) if isinstance(value, float) else json.dumps(value)
