"""A first look at a file, for a person who waits: little of it is read, what could swell in a process of its own."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from annotation.core.files.bounded.apart import Apart
from annotation.core.files.bounded.limits import Bounds
from annotation.core.files.opening import WORKBOOKS, format_of, opened
from annotation.core.files.tables import Reader, Source, open_source
from annotation.core.files.unreadable import Broken, UnableToRead

SMALL = 5_000_000  # bytes, unpacked, that are read whole
HURRY = Bounds(seconds=20.0, first=20_000)
STEP = 4  # bytes of the longest unit of any encoding


@dataclass(frozen=True)
class FileLook:
    """`whole`: the source has all of the file, which is small enough to be gone through while somebody waits."""

    source: Source
    whole: bool


@dataclass(frozen=True)
class _Head:
    """The rows of a file that was cut, as far as they are whole. `held`: what was cut off for it; it is there as long
    as the reader is."""

    reader: Reader
    held: Any

    @property
    def columns(self) -> tuple[str, ...]:
        return self.reader.columns

    @property
    def odd(self) -> frozenset[str]:
        return self.reader.odd

    def rows(self, counts: Counter[str]) -> Iterator[tuple[int, list[str]] | Broken]:
        """All but the last, through which the cut may go."""
        held = None
        try:
            for record in self.reader.rows(counts):
                if held is not None:
                    yield held
                held = record
        except UnableToRead:  # a quote that the cut leaves open
            return

    def notes(self, counts: Counter[str]) -> tuple[str, ...]:
        return self.reader.notes(counts)


def look(path: Path, *, name: str, encoding: str | None = None, sheet: str | None = None) -> FileLook:
    """A file as `open_source` gives it, or its first rows. Raises UnableToRead."""
    form, zipped = format_of(name)
    if form == "parquet" or form in WORKBOOKS:
        source = open_source(path, name=name, sheet=sheet, limits=HURRY)
        return FileLook(source, isinstance(source.reader, Apart) and source.reader.ended)
    with opened(path, name, zipped) as stream:
        head = stream.read(SMALL + 1)
    if len(head) <= SMALL:
        return FileLook(open_source(path, name=name, encoding=encoding, sheet=sheet), True)
    if form == "json":
        apart = Apart.read("objects", path, name, zipped, encoding, HURRY)
        size = path.stat().st_size
        return FileLook(Source(name, form, apart.encoding, apart, apart.guessed, size=size), False)
    return FileLook(_head(_cut(head), name.removesuffix(".gz"), encoding, sheet), False)


def _cut(head: bytes) -> bytes:
    """Up to the end of a line, or of any character where no line ends."""
    end = head.rfind(b"\n") + 1 if b"\0" not in head[:2_000] else 0
    return head[: end or len(head) - len(head) % STEP]


def _head(head: bytes, name: str, encoding: str | None, sheet: str | None) -> Source:
    held = tempfile.NamedTemporaryFile()  # noqa: SIM115 (as long as the source is read)
    held.write(head)
    held.flush()
    source = open_source(Path(held.name), name=name, encoding=encoding, sheet=sheet)
    return replace(source, reader=_Head(source.reader, held))
