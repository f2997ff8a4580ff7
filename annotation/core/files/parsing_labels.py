"""Table -> checked labels and decisions for items that are stored already."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from annotation.core.files.answers import Answers, answers_in, key_of, label_frame, refuse_nobodys
from annotation.core.files.checking import (
    NOT_A_DATE,
    NOT_SECONDS,
    OUTCOMES,
    Faults,
    UnableToParse,
    check_classes,
    check_columns,
    converted,
    frame,
    name_fault,
    names,
    not_negative,
    refuse,
    refuse_unfit,
    taken,
    unknown,
)
from annotation.core.files.class_names import Spellings, folded, nearly_alike
from annotation.core.files.conventions import Conventions, conventions_of
from annotation.core.files.ledger import Ledger
from annotation.core.files.tables import Broken, Table


@dataclass(frozen=True)
class LabelMapping:
    """Which column of a file of labels plays which part; `classes` are the dataset's, empty = any. `decimal`, `dates`:
    as in ItemMapping."""

    item: str
    annotator: str
    label: str
    seconds: str | None = None
    at: str | None = None
    abstain: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    decimal: str = ""
    dates: str = ""

    def conventions(self, tables: Iterable[Table]) -> Conventions:
        """How the file writes its seconds and times. Raises UnableToTell."""
        seconds, times = ([name] if name else [] for name in (self.seconds, self.at))
        return conventions_of(tables, seconds, times, self.decimal, self.dates)


class LabelParser:
    """Reads a file of labels for stored items part by part, twice: `check` every part, `close`, `parse` every part."""

    def __init__(self, columns: Sequence[str], mapping: LabelMapping, conventions: Conventions | None = None) -> None:
        optional = {role: [name] for role, name in {"seconds": mapping.seconds, "time": mapping.at}.items() if name}
        parts: dict[str, Sequence[str]] = {role: [getattr(mapping, role)] for role in ("item", "annotator", "label")}
        check_columns(columns, parts | optional)
        check_classes(mapping.classes, mapping.abstain)
        self.mapping = mapping
        self.conventions = conventions or Conventions()
        self.found: set[str] = set()
        self.spellings = Spellings(mapping.classes)
        self.n_rows = 0
        self._ledger = Ledger(by_content=False, several=True)
        self._givers: dict[str, int] = {}
        self._at = 0

    def check(self, table: Table, known: Callable[[list[str]], set[str]] | None = None) -> list[Broken]:
        """The rows of a part that can't be taken; `known` tells which ids are stored items."""
        faults, ids, givers, answers = self._read(table, known)
        good = faults.good()
        codes = np.array([self._givers.setdefault(name, len(self._givers)) for name in givers], dtype=np.int32)
        answered = np.zeros(len(table), dtype=bool)
        answered[answers.position] = True
        keys, contents = [key_of(name) for name in ids], [bytes(8)] * len(ids)
        self._ledger.add(keys, contents, codes, table.row_numbers, good & answered)
        said = answers.only(good).label.tolist()
        self.spellings.meet(said)
        self.found |= {self.spellings.one(label) for label in said if label is not None}
        rejected = faults.rejected()
        self.n_rows += len(table) + len(table.broken)
        return rejected

    def close(self) -> None:
        self._ledger.close()

    def notes(self) -> tuple[str, ...]:
        """What the reader may want to check, once all parts are."""
        found = self.mapping.classes or sorted(self.found)
        return (*self.conventions.notes, *self.spellings.notes(), *nearly_alike(found))

    def parse(self, table: Table, known: Callable[[list[str]], set[str]] | None = None) -> pd.DataFrame:
        """The labels of a part's good rows, columns as `parse_labels` has them, and repeated."""
        faults, ids, givers, answers = self._read(table, known)
        answers = answers.only(faults.good())
        durations = converted(faults, self.mapping.seconds, self._seconds, NOT_SECONDS)
        times = converted(faults, self.mapping.at, self.conventions.time(self.mapping.at), NOT_A_DATE)
        here = slice(self._at, self._at + len(table))
        self._at += len(table)
        return label_frame(
            table, ids, taken(givers, answers.position), answers, self._ledger.repeated[here], self.spellings,
            seconds=taken(durations, answers.position), given_at=taken(times, answers.position),
        )  # fmt: skip

    def _seconds(self, text: str) -> float:
        return not_negative(self.conventions.number(self.mapping.seconds or "")(text))

    def _read(
        self, table: Table, known: Callable[[list[str]], set[str]] | None
    ) -> tuple[Faults, list[str], list[str], Answers]:
        mapping, faults = self.mapping, Faults(table)
        parts = mapping.item, mapping.annotator, mapping.label, mapping.seconds, mapping.at
        refuse_unfit(faults, filter(None, parts))
        ids = names(faults, mapping.item, needed=True)
        answers = answers_in(faults, (mapping.label,), mapping.abstain, mapping.classes)
        givers = names(faults, mapping.annotator)
        refuse_nobodys(faults, mapping.annotator, givers, answers.position)
        converted(faults, mapping.seconds, self._seconds, NOT_SECONDS)
        converted(faults, mapping.at, self.conventions.time(mapping.at), NOT_A_DATE)
        stored = known(list(dict.fromkeys(ids))) if known else set(ids)
        for position in answers.position.tolist():
            if ids[position] not in stored:
                message = f"the dataset has no item '{ids[position]}'. Import the items first"
                faults.add(position, message, mapping.item)
        return faults, ids, givers, answers


def parse_labels(table: Table, mapping: LabelMapping) -> pd.DataFrame:
    """Check a table of labels for items stored before: one line per label cell that is not empty.

    Columns: row, external_id, annotator, label (None = abstained), abstained, repeated, seconds (float >= 0 or None),
    given_at (aware UTC datetime or None). With `classes` any other label is refused. Raises UnableToParse.
    """
    parser = LabelParser(table.columns, mapping, mapping.conventions([table]))
    refuse(parser.check(table))
    parser.close()
    return parser.parse(table)


def parse_decisions(
    table: Table, id: str, decision: str, classes: tuple[str, ...], spellings: Spellings | None = None
) -> pd.DataFrame:
    """Check a table of decisions; rows with an empty decision cell are passed over.

    A decision is a class, or ":ambiguous", ":different", ":bad_input". Columns: row, external_id, outcome ("label",
    "ambiguous", "different" or "bad_input"), label (None unless the outcome is "label"). `spellings`, of the same
    classes, is told of names that only look like one. Raises UnableToParse.
    """
    check_columns(table.columns, {"id": [id], "decision": [decision]})
    faults = Faults(table)
    refuse_unfit(faults, (id, decision))
    refuse(faults.rejected())
    spellings = spellings or Spellings(classes)
    meanings = {name: ("label", name) for name in classes} | {text: (name, None) for text, name in OUTCOMES.items()}
    first: dict[str, int] = {}
    found: list[tuple[str, str | None]] = []
    for row, item, value in zip(table.row_numbers, table.cells[id], table.cells[decision], strict=True):
        item, said = item.strip(), value.strip()
        if not folded(said):
            continue
        value = said if said in meanings else spellings.one(said)
        if fault := name_fault(item, needed=True):
            raise UnableToParse(fault, row, id)
        if value not in meanings:
            raise UnableToParse(f"{unknown(value, list(meanings))}; correct it or leave it empty", row, decision)
        if item in first:
            message = f"the id '{item}' already has a decision in row {first[item]}; keep one of the two"
            raise UnableToParse(message, row, id)
        first[item] = row
        found.append(meanings[value])
        spellings.meet([said] if said not in OUTCOMES else [])
    outcomes, labels = zip(*found, strict=True) if found else ((), ())
    return frame(row=list(first.values()), external_id=list(first), outcome=outcomes, label=labels)
