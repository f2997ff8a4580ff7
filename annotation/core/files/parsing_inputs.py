"""Table -> inputs without labels, for a model to predict."""

from collections.abc import Sequence

from annotation.core.fields import Field
from annotation.core.files.checking import Faults, check_columns, names, refuse_unfit
from annotation.core.files.parsing_items import Content, contents_of
from annotation.core.files.tables import Table


def check_input_columns(columns: Sequence[str], fields: Sequence[Field], id: str | None) -> tuple[str, ...]:
    """The columns that are neither a field nor the id. Raises UnableToParse where one of those is missing."""
    known = [field.name for field in fields]
    check_columns(columns, {"field": known, "id": [id] if id else []})
    return tuple(name for name in columns if name not in known and name != id)


def parse_inputs(table: Table, fields: Sequence[Field], id: str | None) -> tuple[Faults, list[str], list[Content]]:
    """(faults, ids (n,), contents (n,)) of a part of a file; faulty rows hold anything.

    Without an id column a row is known by its number in the file, as faults name it.
    """
    faults = Faults(table)
    refuse_unfit(faults, [id] if id else [])
    contents = contents_of(faults, fields)
    ids = names(faults, id, needed=True) if id else [str(row) for row in table.row_numbers]
    return faults, ids, contents
