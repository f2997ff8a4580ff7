"""Corrected labels that come back: a file that we wrote ourselves, known by its columns."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from annotation.core.exporting.columns import called
from annotation.core.files.parsing_items import SPLITS, ItemMapping
from annotation.core.files.tables import CHUNK, Source, Table
from annotation.core.wording import counted

# With all of these a file is ours, under their own names or those they have beside a field of the same name.
OURS = ("item_id", "split", "label", "state", "basis", "since", "was", "decided_by", "labelled_by")


@dataclass
class Passed:
    """What of the file was passed over: rows of the other split, and labels that their items carry already."""

    rows: int = 0
    labels: int = 0


@dataclass(frozen=True)
class OwnExport(Source):
    """Our own file, of which only the rows of one split are read: no production row ever becomes one of the pool."""

    column: str = ""
    split: str = ""
    passed: Passed = field(default_factory=Passed)

    def chunks(self, rows: int = CHUNK, limit: int | None = None) -> Iterator[Table]:
        n = 0
        for table in super().chunks(rows, limit):
            kept = self._of_split(table)
            n += len(table) - len(kept)
            yield kept
        self.passed.rows = n

    def _of_split(self, table: Table) -> Table:
        others = [name for name in SPLITS if name != self.split]
        keep = [at for at, cell in enumerate(table.cells[self.column]) if cell.strip() not in others]
        if len(keep) == len(table):
            return table
        cells = {name: [column[at] for at in keep] for name, column in table.cells.items()}
        numbers = [table.row_numbers[at] for at in keep]
        place = {at: new for new, at in enumerate(keep)}
        unfit = {
            name: {place[at]: why for at, why in found.items() if at in place} for name, found in table.unfit.items()
        }
        return replace(table, cells=cells, row_numbers=numbers, unfit=unfit)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was passed over, in words."""
        notes = list(super().notes)
        if self.passed.rows:
            notes.append(
                f"The file is an export of corrected labels; {counted(self.passed.rows, 'row')} of it not of the split "
                f"{self.split} {'was' if self.passed.rows == 1 else 'were'} passed over. Import it once more for those."
            )
        if self.passed.labels:
            notes.append(
                f"The file is an export of corrected labels; {counted(self.passed.labels, 'label')} in it "
                f"{'is' if self.passed.labels == 1 else 'are'} what the items carry already, so nothing was added."
            )
        return tuple(notes)


def recognised(source: Source, mapping: ItemMapping) -> Source:
    """The file as our own export where it is one and its labels are read as such; else as it is."""
    names = {name: called(name, source.columns) for name in OURS}
    if not all(names.values()) or (mapping.id, mapping.label) != (names["item_id"], names["label"]):
        return source
    return OwnExport(**vars(source), column=names["split"] or "", split=mapping.split)
