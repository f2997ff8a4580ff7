"""A first guess at the part each column of a file plays, for a person to correct."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from annotation.core.fields import Field
from annotation.core.files.conventions import ORDERS, in_order, is_missing, with_comma, with_point
from annotation.core.files.parsing_items import ItemMapping
from annotation.core.files.tables import Table

ROLES = ("text", "number", "category", "label", "wide", "id", "annotator", "source", "received", "ignore")
SAMPLE = 2_000  # rows looked at
FEW = 200  # different values a category or label may have
NAMES = {
    "annotator": "annotator worker rater coder labeler labeller expert reviewer judge who",
    "received": "received date time timestamp created at on",
    "source": "source origin domain channel site",
    "label": "label labels class category sentiment intent emotion target decision decisions",
    "id": "id uuid guid key no",
    "ignore": "split fold index unnamed",
}
NAMED = {role: frozenset(names.split()) for role, names in NAMES.items()}
BESIDE_ANNOTATOR = {"id", "name", "by"}  # worker_id is an annotator, foreign_worker is not


@dataclass(frozen=True)
class _Column:
    """What the first rows of a column look like."""

    words: frozenset[str]
    values: list[str]
    different: int
    mean_length: float

    @property
    def few(self) -> bool:
        return 2 <= self.different <= min(FEW, max(2, len(self.values) // 2))

    @property
    def unique(self) -> bool:
        return self.different == len(self.values)

    @property
    def mostly_unique(self) -> bool:
        """A name that stands twice by mistake is a fault for the check to tell, no reason to drop the names."""
        return self.different > 0.9 * len(self.values)

    @property
    def sentences(self) -> bool:
        return self.mean_length >= 15 and sum(" " in value for value in self.values) > len(self.values) / 2

    def all_are(self, convert: Callable[[str], Any]) -> bool:
        return all(_converts(value, convert) for value in self.values)


def guess_mapping(table: Table) -> dict[str, str]:
    """Column -> one of ROLES, in the order of the columns, from their names and first 2,000 rows.

    At most one column each is label, id, annotator, source and received; other columns named like a label are ignored
    rather than made a field, since they would give the answer away. "wide" is never guessed.
    """
    if table.roles:
        return _guess_beside(table)
    columns = {name: _column(name, table.cells[name][:SAMPLE]) for name in table.columns}
    labelled_by_several = any(_role(column, ()) == "annotator" for column in columns.values())
    guessed: dict[str, str] = {}
    for name, column in columns.items():
        guessed[name] = _role(column, guessed.values())
        if guessed[name] == "id" and not labelled_by_several and not column.mostly_unique:
            guessed[name] = "ignore"
    return guessed


def mapping_of(roles: Mapping[str, str]) -> ItemMapping:
    """What the parts of the columns (as `guess_mapping` has them) are as a mapping of items."""
    fields = tuple(Field(name, role) for name, role in roles.items() if role in ("number", "category"))
    single: dict[str, Any] = {
        role: name for name, role in roles.items() if role in ("label", "id", "annotator", "source", "received")
    }
    texts, wide = (tuple(name for name, role in roles.items() if role == wanted) for wanted in ("text", "wide"))
    return ItemMapping(text=texts, fields=fields, wide=wide, **single)


def _guess_beside(table: Table) -> dict[str, str]:
    """In the export of a tool some parts are sure; the others are guessed from one row of each item."""
    sure = {name: role if role in ROLES else "ignore" for name, role in table.roles.items()}
    ids = next((table.cells[name] for name, role in sure.items() if role == "id"), list(map(str, table.row_numbers)))
    rows = list({name: at for at, name in reversed(list(enumerate(ids[:SAMPLE])))}.values())
    guessed = dict(sure)
    for name in table.columns:
        if name not in sure:
            column = _column(name, [table.cells[name][at] for at in rows])
            guessed[name] = "ignore" if name in table.unfit else _role(column, [*guessed.values(), "id"])
    return {name: guessed[name] for name in table.columns}


def _column(name: str, cells: list[str]) -> _Column:
    values = [cell.strip() for cell in cells if cell.strip()]
    words = re.findall("[a-z]+", re.sub("(?<=[a-z])(?=[A-Z])", " ", name).lower())
    length = sum(map(len, values)) / len(values) if values else 0.0
    return _Column(frozenset(words), values, len(set(values)), length)


def _role(column: _Column, taken: Collection[str]) -> str:
    if not column.values:
        return "ignore"
    fits = {
        "annotator": column.words <= NAMED["annotator"] | BESIDE_ANNOTATOR and not column.sentences,
        "received": column.all_are(_any_time),
        "source": not column.sentences,
        "label": column.few,
        "id": column.mean_length <= 40 and (column.unique or "id" in column.words),
        "ignore": True,
    }
    for role, names in NAMED.items():
        if column.words & names and fits[role] and (role == "ignore" or role not in taken):
            return role
    if column.words & NAMED["label"]:
        return "ignore"
    if column.sentences:
        return "text"
    if column.all_are(_any_number) and not all(map(is_missing, column.values)):
        return "number"
    if column.few:
        return "category"
    return "id" if column.unique and "id" not in taken and column.mean_length <= 40 else "text"


def _any_number(text: str) -> None:
    """Raises ValueError where a text is no number whatever its decimal mark."""
    if not is_missing(text) and not _converts(text, with_point):
        with_comma(text)


def _any_time(text: str) -> None:
    """Raises ValueError where a text is no date in any order."""
    if not is_missing(text) and not any(_converts(text, in_order(order)) for order in ORDERS):
        raise ValueError(text)


def _converts(value: str, convert: Callable[[str], Any]) -> bool:
    try:
        convert(value)
    except (ValueError, OverflowError):
        return False
    return True
