"""The forms a table can leave in, by the suffix of its file."""

from dataclasses import dataclass

from annotation.core.refusal import Refusal

DELIMITED = {"csv": ",", "tsv": "\t"}
TEXTS = ("csv", "tsv", "jsonl")
SUFFIXES = {
    ".csv": ("csv", False), ".tsv": ("tsv", False), ".jsonl": ("jsonl", False), ".csv.gz": ("csv", True),
    ".tsv.gz": ("tsv", True), ".jsonl.gz": ("jsonl", True), ".parquet": ("parquet", False), ".xlsx": ("xlsx", False),
}  # fmt: skip
MEDIA = {
    "csv": "text/csv", "tsv": "text/tab-separated-values", "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip


class UnableToExport(Refusal):
    """There is nothing to export yet, nowhere to write it, or it does not fit the form asked for."""


@dataclass(frozen=True)
class Form:
    """`kind`: csv, tsv, jsonl, parquet or xlsx. `mark`: a byte order mark first, by which spreadsheets know UTF-8.
    `raw`: cells that a spreadsheet would run stay as they are."""

    kind: str
    zipped: bool = False
    mark: bool = False
    raw: bool = False

    @property
    def suffix(self) -> str:
        return f".{self.kind}{'.gz' if self.zipped else ''}"

    @property
    def media(self) -> str:
        return "application/gzip" if self.zipped else MEDIA[self.kind]

    @property
    def streams(self) -> bool:
        """Its first bytes can leave before its last row is known."""
        return self.kind in TEXTS


def form_of(name: str, *, mark: bool = False, raw: bool = False) -> Form:
    """The form that a file's name asks for. Raises UnableToExport where its suffix is none of SUFFIXES, or no form for
    a byte order mark."""
    suffix = next((known for known in sorted(SUFFIXES, key=len, reverse=True) if name.lower().endswith(known)), None)
    if suffix is None:
        *known, last = SUFFIXES
        ending = name[name.rfind(".") :] if "." in name else ""
        raise UnableToExport(f"{name} ends in {ending!r}; name a file that ends in {', '.join(known)} or {last}.")
    kind, zipped = SUFFIXES[suffix]
    if mark and kind not in DELIMITED:
        raise UnableToExport(
            f"A byte order mark is for .csv and .tsv; leave it out, or choose another form than {kind}."
        )
    return Form(kind, zipped, mark, raw)
