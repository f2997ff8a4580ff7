"""Text cells -> checked values; what is wrong with a row is collected, so that the others can go on."""

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from annotation.core.files.conventions import as_number as as_number
from annotation.core.files.conventions import is_missing
from annotation.core.files.tables import Broken, Table, UnableToRead, unstorable

MAX_NAME, MAX_LABEL = 200, 100  # characters of an id, annotator or source; of a label
OUTCOMES = {":ambiguous": "ambiguous", ":different": "different", ":bad_input": "bad_input"}
NOT_A_NUMBER = "is not a number; write it like 1234.5, or leave the cell empty"
NOT_SECONDS = "is not a time in seconds; write it like 12.5, or leave the cell empty"
NOT_A_DATE = "is not a date; write it like 2024-05-31 or 2024-05-31T14:05:00Z, or leave the cell empty"
NOT_STORABLE = "the cell has a NUL or half a character; remove it"


class UnableToParse(UnableToRead):
    """The table cannot be taken as items, labels or decisions; `str()` is one sentence: where, what, what to do."""


class Faults:
    """What is wrong with the rows of a table: the first fault of each row, by its position.

    `missing`: column -> cells of numbers or dates that say in words that there is none.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.found: dict[int, tuple[str, str | None]] = {}
        self.missing: Counter[str] = Counter()

    def add(self, position: int, message: str, column: str | None = None) -> None:
        self.found.setdefault(int(position), (message, column))

    def good(self) -> np.ndarray:
        """bool (n,): rows nothing was found wrong with so far."""
        good = np.ones(len(self.table), dtype=bool)
        good[list(self.found)] = False
        return good

    def rejected(self) -> list[Broken]:
        """Every row that can't be taken, those that could not be read among them, in the order of the file."""
        table = self.table
        columns = [table.cells[name] for name in table.columns]
        rows = [
            Broken(table.row_numbers[position], tuple(cells[position] for cells in columns), message, column)
            for position, (message, column) in self.found.items()
        ]
        return sorted([*rows, *table.broken], key=lambda row: row.row)


def refuse_unfit(faults: Faults, columns: Iterable[str]) -> None:
    """A list or an object is a fault in a column that plays a part, and in no other."""
    for column in columns if faults.table.unfit else ():
        for position, why in faults.table.unfit.get(column, {}).items():
            faults.add(position, why, column)


def refuse(rejected: Sequence[Broken]) -> None:
    """Raises UnableToParse for the first of them, if there is one."""
    if rejected:
        raise UnableToParse(rejected[0].message, rejected[0].row, rejected[0].column)


def names(faults: Faults, column: str | None, needed: bool = False) -> list[str]:
    """The checked cells of an id, annotator or source column; "" throughout without a column."""
    if column is None:
        return [""] * len(faults.table)
    found = [cell.strip() for cell in faults.table.cells[column]]
    if (needed and not all(found)) or len(max(found, key=len, default="")) > MAX_NAME or unstorable("".join(found)):
        wrong = {name: fault for name in dict.fromkeys(found) if (fault := name_fault(name, needed=needed))}
        for position, name in enumerate(found):
            if name in wrong:
                faults.add(position, wrong[name], column)
    return found


def converted(faults: Faults, column: str | None, convert: Callable[[str], Any], advice: str) -> list[Any]:
    """The column's cells converted, an empty or wrong one and NA None; None throughout without a column."""
    if column is None:
        return [None] * len(faults.table)
    values = []
    for position, cell in enumerate(faults.table.cells[column]):
        text = cell.strip()
        try:
            values.append(convert(text) if text else None)
        except (ValueError, OverflowError):
            values.append(None)
            if is_missing(text):
                faults.missing[column] += 1
            else:
                faults.add(position, f"'{short(text)}' {advice}", column)
    return values


def name_fault(name: str, longest: int = MAX_NAME, needed: bool = False) -> str:
    if needed and not name:
        return "the id is empty; give every row one"
    if len(name) > longest:
        return f"the value has {len(name)} characters; shorten it to {longest}"
    return NOT_STORABLE if unstorable(name) else ""


def label_fault(value: str, classes: tuple[str, ...]) -> str:
    if classes and value not in classes:
        return f"{unknown(value, classes)}; correct it, or name it as an abstention"
    if value in OUTCOMES:
        return f"'{value}' is reserved for decisions and can't be a label; give it another name"
    return name_fault(value, longest=MAX_LABEL)


def not_negative(value: float) -> float:
    """Raises ValueError where it is less than 0."""
    if value < 0:
        raise ValueError(value)
    return value


def check_columns(columns: Sequence[str], roles: dict[str, Sequence[str]]) -> None:
    """Each named column is in the file and plays one part; a source may be a field or an annotator as well."""
    taken: dict[str, str] = {}
    for role, column in ((role, column) for role, named in roles.items() for column in named):
        if column not in columns:
            hint = meant(column, columns)
            raise UnableToParse(f"the file has no such column{hint}; it has {listed(columns)}", column=column)
        if column in taken and (role != "source" or taken[column] not in ("field", "annotator")):
            parts = f"as {taken[column]} and as {role}" if taken[column] != role else f"twice as {role}"
            raise UnableToParse(f"the column is named {parts}; give it one part only", column=column)
        taken[column] = role


def check_classes(classes: Sequence[str], abstain: Sequence[str]) -> None:
    for name in classes:
        if not name or name != name.strip() or name in OUTCOMES or name_fault(name, longest=MAX_LABEL):
            raise UnableToParse(f"'{name}' can't be a class; give it a name of 1 to {MAX_LABEL} plain characters")
        if name in abstain:
            raise UnableToParse(f"'{name}' is named as a class and as an abstention; choose one")
    if len(set(classes)) < len(classes):
        raise UnableToParse(f"A class is named twice among {listed(classes)}; name each once")


def frame(**columns: Sequence[Any]) -> pd.DataFrame:
    # Object columns: pandas would turn None into NaN, and a datetime into its own type.
    types = {"row": np.int64, "abstained": bool}
    return pd.DataFrame({name: pd.Series(cells, dtype=types.get(name, object)) for name, cells in columns.items()})


def taken(values: Sequence[Any], positions: np.ndarray) -> list[Any]:
    return [values[position] for position in positions.tolist()]


def unknown(value: str, known: Sequence[str]) -> str:
    return f"'{short(value)}' is none of {listed(known)}{meant(value, known)}"


def meant(word: str, known: Sequence[str]) -> str:
    lowered = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower()[:MAX_NAME], lowered, n=1)
    return f" (did you mean '{lowered[close[0]]}'?)" if close else ""


def listed(names: Sequence[str], most: int = 10) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"'{name}'" for name in names[:most]) + more


def short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
