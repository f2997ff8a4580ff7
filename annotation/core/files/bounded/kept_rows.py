"""The checked rows of a file on disk, from the reading that checks them to the writing: nothing is worked out twice."""

import json
import tempfile
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np

from annotation.core.files.answers import Answers
from annotation.core.files.ledger import Ledger

SAME = (",", ":")
BY_ROW = ("numbers", "ids", "digests", "contents", "written", "sources", "received")


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

    def within(self, start: int, stop: int) -> "ReadyRows":
        """The rows from `start` up to `stop`, with their answers."""
        rows = {name: getattr(self, name)[start:stop] for name in BY_ROW}
        low, high = bisect_left(self.of, start), bisect_left(self.of, stop)
        said = {name: getattr(self, name)[low:high] for name in ("givers", "labels", "repeated")}
        first = [at - start for at in self.first if start <= at < stop]
        return ReadyRows(**rows, **said, first=first, of=[at - start for at in self.of[low:high]])


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
        counted = zip(part["digests"], ledger.before[here].tolist(), strict=True)
        ids = [f"{digest[:16]}-{before + 1}" for digest, before in counted]
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
