"""The rows of a file that can't be taken, as a file of their own with a reason each."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, TypedDict

from django.conf import settings

from annotation.actions.files.write_table import write_rows
from annotation.core.artifacts import load_bytes, save_bytes
from annotation.core.exporting.columns import stepping_aside
from annotation.core.files.checking import UnableToParse
from annotation.core.files.tables import Broken, open_source

SUFFIX = ".gz"


class RejectsJson(TypedDict):
    """How many rows a job rejected, and the artifact that holds them."""

    rejected: int
    rejected_rows: str


class UnableToTake(UnableToParse):
    """Rows of the file can't be taken; `rejects` has all of them."""

    rejects: "Rejects"


@dataclass(frozen=True)
class Rejects:
    """How many rows were rejected, the first of them, and the artifact that holds them all."""

    n: int = 0
    first: Broken | None = None
    artifact: str = ""

    @classmethod
    def of(cls, columns: Sequence[str], rows: Iterable[Broken]) -> "Rejects":
        """Write the rejected rows: the file's own columns as they came, then row and reason."""
        first: list[Broken] = []

        def cells() -> Iterator[Sequence[Any]]:
            for row in rows:
                if not first:
                    first.append(row)
                yield (*_filled(row.cells, len(columns)), row.row, _reason(row))

        with tempfile.TemporaryDirectory(dir=settings.UPLOADS_DIR) as folder:
            path = Path(folder) / "rejected.csv.gz"
            n = write_rows(path, {**dict.fromkeys(columns, "text"), **_beside(columns)}, cells())
            if not n:
                return cls()
            return cls(n, first[0], save_bytes(settings.ARTIFACTS_DIR, path.read_bytes(), SUFFIX))

    @property
    def left_out(self) -> str:
        rows = "1 row was" if self.n == 1 else f"{self.n:,} rows were"
        return f"{rows} left out; the file of rejected rows has the reason for each."

    def as_json(self) -> RejectsJson:
        return {"rejected": self.n, "rejected_rows": self.artifact}

    def error(self) -> "UnableToTake":
        """The first fault, and how many more rows have one."""
        if self.first is None:
            raise ValueError("nothing was rejected")
        more = "" if self.n == 1 else f". {self.n - 1:,} more {'row has' if self.n == 2 else 'rows have'} a fault"
        error = UnableToTake(self.first.message.removesuffix(".") + more, self.first.row, self.first.column)
        error.rejects = self
        return error


def copy_rejected(artifact: str, path: Path) -> None:
    """Write the rejected rows to `path`, in the form its suffix names."""
    with tempfile.NamedTemporaryFile(dir=settings.UPLOADS_DIR, suffix=".csv.gz") as file:
        file.write(load_bytes(settings.ARTIFACTS_DIR, artifact))
        file.flush()
        source = open_source(Path(file.name))
        columns = dict.fromkeys(source.columns, "text")
        parts = (zip(*table.cells.values(), strict=True) for table in source.chunks())
        write_rows(path, columns, chain.from_iterable(parts))


def _filled(cells: Sequence[str], width: int) -> tuple[str, ...]:
    """As many cells as columns: missing ones empty, those too many in the last."""
    if len(cells) > width:
        return (*cells[: width - 1], " ".join(cells[width - 1 :]))
    return (*cells, *[""] * (width - len(cells)))


def _beside(columns: Sequence[str]) -> dict[str, str]:
    """The two columns of ours, under other names where the file has such columns itself."""
    names = stepping_aside(("row", "reason"), columns)
    return {names["row"]: "whole", names["reason"]: "text"}


def _reason(row: Broken) -> str:
    place = f"column '{row.column}': " if row.column else ""
    return f"{place}{row.message.removesuffix('.')}."
