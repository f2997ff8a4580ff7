"""A table of a dataset, or all of them, as a file or as the bytes of one."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from annotation.actions.exporting.bundle import bundle
from annotation.actions.exporting.kinds import EVERYTHING, KINDS, sheet_of
from annotation.actions.files.write_table import drafted, write_parts
from annotation.core.exporting.forms import Form, UnableToExport, form_of
from annotation.core.exporting.texts import Told
from annotation.core.exporting.writing import PIECE, told_in_words, written
from annotation.models import Dataset


@dataclass(frozen=True)
class Exported:
    """How many rows left, and what to know of them."""

    rows: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Download:
    """A file on its way out: its bytes can be taken once."""

    name: str
    media: str
    parts: Iterator[bytes]


def export(
    dataset: Dataset, kind: str, path: Path, *, mark: bool = False, raw: bool = False, everything: bool = False,
    of: str = "csv",
) -> Exported:  # fmt: skip
    """Write the table of a kind to `path`, in the form its suffix names; everything goes to a .zip of tables in the
    form `of`. Raises UnableToExport."""
    told, folder = Told(), Path(settings.UPLOADS_DIR)
    if kind == EVERYTHING:
        if path.suffix != ".zip":
            raise UnableToExport(f"{path.name} ends in {path.suffix!r}; everything goes to a file that ends in .zip.")
        form = form_of(f"table.{of}", mark=mark, raw=raw)
        with drafted(path) as draft:
            write_parts(draft, bundle(dataset, form, told, folder))
        return Exported(told.rows, ("README.txt in it names each file, its rows and what to know of them.",))
    form = form_of(path.name, mark=mark, raw=raw)
    sheet = sheet_of(kind, dataset, everything=everything)
    with drafted(path) as draft:
        write_parts(draft, written(sheet, form, told, folder))
    return Exported(told.rows, told_in_words(sheet, form, told))


def download(dataset: Dataset, kind: str, form: Form, *, everything: bool = False) -> Download:
    """The same for a browser: a form that streams leaves as it is read, any other one is written first, so that what
    does not fit it is refused before a byte has left."""
    folder = Path(settings.UPLOADS_DIR)
    if kind == EVERYTHING:
        parts = bundle(dataset, form, Told(), folder)
        name, media = f"{dataset.slug}.zip", "application/zip"
    else:
        sheet = sheet_of(kind, dataset, everything=everything)
        parts = written(sheet, form, Told(), folder)
        name, media = f"{dataset.slug}-{KINDS[kind].stem}{form.suffix}", form.media
    if not form.streams:
        parts = _whole(parts, folder)
        next(parts)
    return Download(name, media, parts)


def _whole(parts: Iterator[bytes], folder: Path) -> Iterator[bytes]:
    """The parts once all of them are there, out of a file that has no name and so is gone with its reader. What comes
    first is empty: whoever has it knows that the rest is there."""
    with tempfile.TemporaryFile(dir=folder) as held:
        held.writelines(parts)
        held.seek(0)
        yield b""
        while piece := held.read(PIECE):
            yield piece
