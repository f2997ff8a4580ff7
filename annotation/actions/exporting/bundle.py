"""Everything a dataset hands out as one zip, with a README.txt that names each file."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from django.utils import timezone

from annotation.actions.exporting.kinds import KINDS, sheet_of
from annotation.core.exporting.forms import Form, UnableToExport
from annotation.core.exporting.texts import Told
from annotation.core.exporting.writing import told_in_words, written
from annotation.core.wording import counted
from annotation.models import Dataset

README = "README.txt"


class _Sink(io.RawIOBase):
    """What a zip is written to: it holds the bytes until they are taken."""

    def __init__(self) -> None:
        self.held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self.held += part
        return len(part)

    def taken(self) -> bytes:
        part = bytes(self.held)
        self.held.clear()
        return part


def bundle(dataset: Dataset, form: Form, told: Told, folder: Path) -> Iterator[bytes]:
    """The bytes of the zip. A table that can't be made yet is named in the README with the reason; `told` counts the
    rows of all. Raises UnableToExport where a table does not fit the form."""
    sink = _Sink()
    now = timezone.localtime()
    lines = [f"{dataset.name} ({dataset.slug}), exported on {now:%Y-%m-%d} at {now:%H:%M %Z}."]
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, kind in KINDS.items():
            file = f"{kind.stem}{form.suffix}"
            try:
                sheet = sheet_of(name, dataset)
            except UnableToExport as why:
                lines.append(f"\n{kind.title}: no file. {why}")
                continue
            here = Told()
            with archive.open(_named(file, now.timetuple()[:6]), "w", force_zip64=True) as entry:
                for part in written(sheet, form, here, folder):
                    entry.write(part)
                    yield sink.taken()
            said = " ".join(told_in_words(sheet, form, here))
            lines.append(f"\n{file}: {counted(here.rows, 'row')}. {kind.says}{' ' if said else ''}{said}")
            told.rows += here.rows
            told.harmless += here.harmless
        archive.writestr(_named(README, now.timetuple()[:6]), "\n".join([*lines, ""]))
    yield sink.taken()


def _named(name: str, moment: tuple[int, ...]) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, moment)  # type: ignore[arg-type]
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info
