"""The process that reads one file for another: it may take so much memory and no more, and if it crashes, it is alone.

It is told on its standard input, and writes lines of JSON: the head, parts of rows, the notes; or what is wrong.
"""

import json
import resource
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from ctypes import CDLL
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from annotation.core.files.bounded.limits import MEMORY, Bounds, Meter
from annotation.core.files.unreadable import Broken, UnableToRead, Unfit

PART_ROWS, PART_SIZE = 2_000, 4 << 20
END_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
SIGKILL = 9


class Readable(Protocol):
    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def odd(self) -> frozenset[str]: ...

    def rows(self, counts: Counter[str]) -> Iterator[tuple[int, list[str]] | Broken]: ...

    def notes(self, counts: Counter[str]) -> tuple[str, ...]: ...


def serve(opened: Callable[[Path, str, bool, str | None], tuple[Readable, dict[str, Any]]]) -> None:
    """Read the file that was asked for. `opened`: path, name, whether compressed, sheet or encoding → reader, and what
    else to say of it."""
    asked = json.load(sys.stdin)
    _bind()
    name = asked["name"]
    try:
        reader, more = opened(Path(asked["path"]), name, asked["zipped"], asked["option"])
        _say({"columns": reader.columns, "odd": sorted(reader.odd), **more})
        _tell(reader, Meter(name, Path(asked["path"]).stat().st_size, Bounds(**asked["limits"])))
    except UnableToRead as error:
        _say({"error": [error.message, error.row, error.column]})
    except MemoryError:
        said = f"The file '{name}' takes more than {MEMORY >> 30} GiB of memory to read; split it, or save it as CSV"
        _say({"error": [said, None, None]})


def _bind() -> None:
    with suppress(AttributeError, OSError):
        CDLL(None).prctl(END_WITH_PARENT, SIGKILL)
    with suppress(ValueError, OSError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _tell(reader: Readable, meter: Meter) -> None:
    counts: Counter[str] = Counter()
    records = reader.rows(counts)
    first = meter.limits.first
    part: list[Any] = []
    size, ended = 0, True
    for record in records if first is None else islice(records, first):
        cells = record.cells if isinstance(record, Broken) else record[1]
        here = sum(map(len, cells))
        meter.add(1, here)
        size += here
        part.append(_plain(record))
        if len(part) == PART_ROWS or size > PART_SIZE:
            _say({"rows": part})
            part, size = [], 0
    if first is not None:
        ended = next(records, None) is None
    _say({"rows": part})
    _say({"notes": reader.notes(counts), "ended": ended})


def _plain(record: tuple[int, list[str]] | Broken) -> list[Any]:
    if isinstance(record, Broken):
        return [record.row, list(record.cells), record.message, record.column]
    row, cells = record
    return [row, [[cell, cell.why] if isinstance(cell, Unfit) else cell for cell in cells]]


def _say(line: dict[str, Any]) -> None:
    json.dump(line, sys.stdout, ensure_ascii=True, separators=(",", ":"))
    sys.stdout.write("\n")
