"""A spreadsheet of cases to answer, and what comes back in it."""

import csv
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO
from uuid import UUID

from annotation.core.fields import Field
from annotation.core.files.formulas import harmless
from annotation.core.files.tables import Table, UnableToRead, unstorable
from annotation.core.wording import quoted, short

CASE, ANSWER, UNSURE, REASON, NOTE = "case", "answer", "not sure", "reason", "note"
LONGEST_NOTE = 4000
# Answers that are no class, as people write them.
OUTCOMES = {
    "ambiguous": "ambiguous", ":ambiguous": "ambiguous",
    "bad input": "bad_input", "bad_input": "bad_input", ":bad_input": "bad_input",
}  # fmt: skip
YES, NO = ("yes", "y", "x", "1", "true", "not sure"), ("", "no", "n", "0", "false", "sure")
NAMED = 12


@dataclass(frozen=True)
class SheetAnswer:
    """One row's answer. `outcome`: label, ambiguous or bad_input; `label`: the class's name, "" where it is none."""

    row: int
    key: UUID
    outcome: str
    label: str = ""
    unsure: bool = False
    reasons: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class SheetFault:
    """What is wrong in a row of the file and what to do; `column` "" where it is the row as a whole."""

    row: int
    column: str
    message: str


@dataclass(frozen=True)
class ReadSheet:
    """`answers` of the good rows, in the order of the file; `blank`: rows without an answer, which stay open."""

    answers: Sequence[SheetAnswer]
    blank: int
    faults: Sequence[SheetFault]


def sheet_columns(fields: Sequence[Field]) -> tuple[str, ...]:
    """The header; a field that is called like a column of ours says that it is a field."""
    taken = (CASE, ANSWER, UNSURE, REASON, NOTE)
    names = [f"{one.name} (field)" if one.name.strip().lower() in taken else one.name for one in fields]
    return (CASE, *map(harmless, names), ANSWER, UNSURE, REASON, NOTE)


def write_sheet(stream: TextIO, fields: Sequence[Field], rows: Iterable[tuple[UUID, Mapping[str, Any]]]) -> None:
    """Write a CSV of (key, content) to a text stream opened with newline=""; a byte order mark first, by which
    spreadsheets know that it is UTF-8."""
    stream.write("\ufeff")
    writer = csv.writer(stream)
    writer.writerow(sheet_columns(fields))
    for key, content in rows:
        writer.writerow([str(key), *(_cell(content.get(one.name)) for one in fields), "", "", "", ""])


def _cell(value: Any) -> Any:
    """Numbers stay numbers: a minus sign in front of one runs nothing."""
    return harmless(value) if isinstance(value, str) else "" if value is None else value


def read_sheet(table: Table, known: Collection[UUID], classes: Sequence[str], reasons: Sequence[str]) -> ReadSheet:
    """What the rows of the file answer. known: the keys of the batch; reasons: the lead's list.

    Raises UnableToRead where a column is missing. A case that stands twice with the same answer is one answer.
    """
    columns = {name.strip().lower(): name for name in table.columns}
    for wanted in (CASE, ANSWER):
        if wanted not in columns:
            raise UnableToRead(f"the file has no column '{wanted}'; upload the file that was downloaded here", 1)
    reader = _Reader(table, columns, frozenset(known), tuple(classes), tuple(reasons))
    for position in range(len(table)):
        reader.read(position)
    broken = [SheetFault(one.row, one.column or "", one.message) for one in table.broken]
    faults = sorted([*reader.faults, *broken], key=lambda fault: fault.row)
    return ReadSheet([one for one in reader.answers.values() if one.key not in reader.unclear], reader.blank, faults)


@dataclass
class _Reader:
    table: Table
    columns: Mapping[str, str]
    known: frozenset[UUID]
    classes: tuple[str, ...]
    reasons: tuple[str, ...]
    answers: dict[UUID, SheetAnswer] = field(default_factory=dict)
    unclear: set[UUID] = field(default_factory=set)
    faults: list[SheetFault] = field(default_factory=list)
    blank: int = 0

    def read(self, position: int) -> None:
        row, n_faults = self.table.row_numbers[position], len(self.faults)
        said = self._cell(position, ANSWER)
        if not said and not self._cell(position, CASE):
            return  # a line that is empty but for what a spreadsheet leaves
        key = self._key(position, row)
        if not said:
            self.blank += key is not None
            return
        outcome, label = self._outcome(row, said)
        unsure = self._unsure(position, row)
        reasons, note = self._reasons(position, row), self._note(position, row)
        if key is not None and len(self.faults) == n_faults:
            self._keep(SheetAnswer(row, key, outcome, label, unsure, reasons, note))

    def _keep(self, answer: SheetAnswer) -> None:
        earlier = self.answers.setdefault(answer.key, answer)
        if (earlier.outcome, earlier.label) != (answer.outcome, answer.label):
            self.unclear.add(answer.key)
            self._fault(answer.row, CASE, f"row {earlier.row} gives this case another answer; keep one of them")

    def _cell(self, position: int, name: str) -> str:
        column = self.columns.get(name)
        return self.table.cells[column][position].strip() if column else ""

    def _fault(self, row: int, column: str, message: str) -> None:
        self.faults.append(SheetFault(row, column, message))

    def _key(self, position: int, row: int) -> UUID | None:
        typed = self._cell(position, CASE)
        try:
            key = UUID(typed.removeprefix("'"))
        except ValueError:
            self._fault(row, CASE, f"{quoted(short(typed, 40))} is no key of a case; copy it from the downloaded file")
            return None
        if key not in self.known:
            self._fault(
                row, CASE, "this case is not of this batch; upload it where it was taken out, or delete the row"
            )
            return None
        return key

    def _outcome(self, row: int, said: str) -> tuple[str, str]:
        if said in self.classes:
            return "label", said
        if said.lower() in OUTCOMES:
            return OUTCOMES[said.lower()], ""
        alike = [name for name in self.classes if name.lower() == said.lower()]
        if len(alike) == 1:
            return "label", alike[0]
        names = ", ".join(map(quoted, self.classes[:NAMED])) + (", …" if len(self.classes) > NAMED else "")
        self._fault(
            row,
            ANSWER,
            f"{quoted(short(said, 40))} is no answer here; write {names}, ambiguous or bad input, or nothing",
        )
        return "", ""

    def _unsure(self, position: int, row: int) -> bool:
        said = self._cell(position, UNSURE).lower()
        if said not in YES + NO:
            self._fault(row, UNSURE, f"{quoted(short(said, 40))} is neither yes nor no; write yes, or leave it empty")
        return said in YES

    def _reasons(self, position: int, row: int) -> tuple[str, ...]:
        """The whole cell where it is a reason, else what stands between semicolons."""
        said, by_name = self._cell(position, REASON), {name.lower(): name for name in self.reasons}
        parts = [said] if said.lower() in by_name else [part.strip() for part in said.split(";")]
        wanted = [part for part in parts if part]
        for part in wanted:
            if part.lower() not in by_name:
                listed = "; ".join(self.reasons) or "nothing: the lead's list is empty"
                self._fault(row, REASON, f"{quoted(short(part, 40))} is no reason of the list; write {listed}")
        return tuple(dict.fromkeys(by_name[part.lower()] for part in wanted if part.lower() in by_name))

    def _note(self, position: int, row: int) -> str:
        note = self._cell(position, NOTE)
        if len(note) > LONGEST_NOTE:
            self._fault(row, NOTE, f"the note has {len(note):,} characters; shorten it to {LONGEST_NOTE:,}")
        elif unstorable(note):
            self._fault(row, NOTE, "the note has a character that can't be kept; remove it")
        return note
