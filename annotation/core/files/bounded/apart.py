"""A file that a process of its own reads, into a file of plain lines that can be gone through any number of times."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from annotation.core.files.bounded.limits import Bounds
from annotation.core.files.unreadable import Broken, UnableToRead, Unfit

ROOT = Path(__file__).resolve().parents[4]
# One thread each: every thread of these libraries reserves memory, of which there is little.
QUIET = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ARROW_IO_THREADS", "MALLOC_ARENA_MAX"), "1")
QUIET["ARROW_DEFAULT_MEMORY_POOL"] = "system"


@dataclass(frozen=True)
class Apart:
    """What was read. `held`: the lines, in a file without a name; `ended`: these are all rows of the file."""

    columns: tuple[str, ...]
    odd: frozenset[str]
    sheets: tuple[str, ...]
    said: tuple[str, ...]
    ended: bool
    held: IO[bytes]
    encoding: str = "utf-8"
    guessed: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, how: str, path: Path, name: str, zipped: bool, option: str | None, limits: Bounds) -> "Apart":
        """`how`: the module of this package that does; `option`: the sheet of a workbook, the encoding of a .json.

        Raises UnableToRead, also where that process is killed.
        """
        held = tempfile.TemporaryFile()  # noqa: SIM115 (as long as this is read)
        asked = {"path": str(path), "name": name, "zipped": zipped, "option": option, "limits": asdict(limits)}
        command = [sys.executable, "-m", f"{__package__}.{how}"]
        try:
            done = subprocess.run(
                command, input=json.dumps(asked).encode(), stdout=held, stderr=subprocess.DEVNULL, cwd=ROOT,
                env={**os.environ, **QUIET}, timeout=limits.seconds, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise UnableToRead(
                f"The file '{name}' takes more than {limits.seconds:.0f} seconds to read; split it, or save it as CSV"
            ) from None
        head, last = _ends(held)
        if error := last.get("error"):
            raise UnableToRead(*error)
        if done.returncode or "notes" not in last:
            raise UnableToRead(
                f"The file '{name}' is damaged or takes too much memory; export it again, or save it as CSV"
            )
        more = {name: head[name] for name in ("encoding", "guessed", "roles") if name in head}
        sheets, notes = tuple(head.get("sheets", ())), tuple(last["notes"])
        return cls(tuple(head["columns"]), frozenset(head["odd"]), sheets, notes, last["ended"], held, **more)

    def rows(self, counts: Counter[str]) -> Iterator[tuple[int, list[str]] | Broken]:
        at = self.held.seek(0)
        while line := self.held.readline():
            at += len(line)
            for record in json.loads(line).get("rows", ()):
                yield _record(record)
            self.held.seek(at)  # another reading may have gone on meanwhile

    def notes(self, counts: Counter[str]) -> tuple[str, ...]:
        return self.said


def _record(record: list[Any]) -> tuple[int, list[str]] | Broken:
    if len(record) > 2:
        row, cells, message, column = record
        return Broken(row, tuple(cells), message, column)
    row, cells = record
    return row, [cell if type(cell) is str else Unfit.cell(*cell) for cell in cells]


def _ends(held: IO[bytes]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The first and the last line, {} where they are none."""
    held.seek(0)
    first = held.readline()
    size = held.seek(0, os.SEEK_END)
    held.seek(max(0, size - (1 << 20)))
    last = held.read().rstrip(b"\n").rpartition(b"\n")[2]
    return _line(first), _line(last)


def _line(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
