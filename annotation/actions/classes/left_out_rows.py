"""Rows of a file that were left out for a label that is no class here: kept, so that what is scored says what it
lacks."""

from collections.abc import Iterable, Sequence

from annotation import bulk
from annotation.core.files.parsing_items import ItemMapping
from annotation.core.files.tables import Broken
from annotation.models import FileImport, LeftOutRow


def unknown_label(row: Broken, columns: Sequence[str], mapping: ItemMapping) -> tuple[str, str] | None:
    """(external id, what its label says) of a rejected row whose fault is a label that is no class; None for any other
    fault, and where the file has no ids."""
    labels = mapping.wide or ((mapping.label,) if mapping.label else ())
    cells = dict(zip(columns, row.cells, strict=False))
    said = cells.get(row.column or "", "").strip()
    if row.column not in labels or not mapping.id or not said or said in (*mapping.classes, *mapping.abstain):
        return None
    return cells.get(mapping.id, "").strip(), said


def left_out_rows(brought: FileImport | None, rows: Iterable[tuple[str, str]]) -> int:
    """Keep (external id, what it said) of rows that the import left out; nothing where there is no import to keep them
    under. Returns how many."""
    if brought is None:
        return 0
    kept = ((brought.pk, external_id[:200], said[:200]) for external_id, said in rows)
    return bulk.insert(LeftOutRow, ["file_import_id", "external_id", "said"], kept)
