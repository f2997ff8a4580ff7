"""Table -> checked, typed items, labels and decisions; every refusal names its row and column."""

import difflib
import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from annotation.core.features import Field
from annotation.core.reading import Table, UnableToRead, unstorable

SPLITS = ("pool", "production")
FIELD_TYPES = ("text", "number", "category")
OUTCOMES = {":ambiguous": "ambiguous", ":different": "different", ":bad_input": "bad_input"}
MAX_NAME, MAX_LABEL = 200, 100  # characters of an id, annotator or source; of a label
ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
NOT_A_NUMBER = "is not a number; write it like 1234.5, or leave the cell empty"
NOT_SECONDS = "is not a time in seconds; write it like 12.5, or leave the cell empty"
NOT_A_DATE = "is not a date; write it like 2024-05-31 or 2024-05-31T14:05:00Z, or leave the cell empty"
NOT_STORABLE = "the cell holds a NUL or half a character; remove it"

Content = dict[str, str | float | None]


class UnableToParse(UnableToRead):
    """The table cannot be taken as items, labels or decisions; `str()` is one sentence: where, what, what to do."""


@dataclass(frozen=True)
class ItemMapping:
    """Which column of a file plays which part; `wide` names columns that are annotators, one label each.

    `classes` are the dataset's; empty = the labels found become the classes. `abstain` are the values of a label cell
    that say "I cannot tell".
    """

    text: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    label: str | None = None
    wide: tuple[str, ...] = ()
    id: str | None = None
    annotator: str | None = None
    source: str | None = None
    received: str | None = None
    split: str = "pool"
    classes: tuple[str, ...] = ()
    abstain: tuple[str, ...] = ()

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """The typed fields of an item: the text columns, then `fields`."""
        return tuple(Field(name, "text") for name in self.text) + self.fields


@dataclass(frozen=True)
class ItemBatch:
    """The items and labels of one file, ready to store.

    `items`: row, external_id, digest (64 hex), content (dict: field -> str, or float | None for a number), source ("" =
    none), received_at (aware UTC datetime or None); one line per item, `row` its first. `labels`: row, external_id,
    annotator, label (None = abstained), abstained. `classes`: the known ones, else those found in order of appearance.
    `notes`: sentences on what the reader may want to check.
    """

    items: pd.DataFrame
    labels: pd.DataFrame
    classes: tuple[str, ...]
    notes: tuple[str, ...]


def content_digest(content: Content) -> str:
    """SHA-256 (64 hex characters) of the content as JSON with sorted keys: the order of the fields is no matter."""
    return hashlib.sha256(ENCODER.encode(content).encode()).hexdigest()


def parse_items(table: Table, mapping: ItemMapping) -> ItemBatch:
    """Check a table of items, with labels or without; raises UnableToParse naming the first fault.

    Without an id column an item's id is the first 16 hex characters of its digest and its occurrence number, counted
    per annotator: the same file gives the same ids again, and two annotators on one text give one item. Without an
    annotator column the annotator is "import". An empty label cell is no label.
    """
    _check_mapping(table, mapping)
    contents = _contents(table, mapping.all_fields)
    digests = [content_digest(content) for content in contents]
    annotators = _names(table, mapping.annotator)
    if mapping.id:
        ids = _names(table, mapping.id, needed=True)
        _check_ids(table, mapping, ids, digests)
    else:
        ids = _content_ids(digests, annotators)
    items = _frame(
        row=table.row_numbers,
        external_id=ids,
        digest=digests,
        content=contents,
        source=_names(table, mapping.source),
        received_at=_converted(table, mapping.received, as_time, NOT_A_DATE),
    ).drop_duplicates("external_id", ignore_index=True)
    columns = mapping.wide or ((mapping.label,) if mapping.label else ())
    answers = _answers(table, columns, mapping.abstain, mapping.classes)
    if mapping.wide:
        givers = _taken(mapping.wide, answers.column)
    else:
        givers = _givers(table, mapping.annotator, annotators, answers.position)
    labels = _label_frame(table, ids, givers, answers)
    return ItemBatch(items, labels, answers.classes, _notes(table, answers))


def parse_labels(
    table: Table, item: str, annotator: str, label: str, seconds: str | None = None, at: str | None = None,
    abstain: tuple[str, ...] = (), classes: tuple[str, ...] = (),
) -> pd.DataFrame:  # fmt: skip
    """Check a table of labels for items stored before: one line per label cell that is not empty.

    Columns: row, external_id, annotator, label (None = abstained), abstained, seconds (float >= 0 or None), given_at
    (aware UTC datetime or None). With `classes` any other label is refused. Raises UnableToParse.
    """
    optional = {role: [column] for role, column in {"seconds": seconds, "time": at}.items() if column}
    _check_columns(table, {"item": [item], "annotator": [annotator], "label": [label], **optional})
    _check_classes(classes, abstain)
    ids = _names(table, item, needed=True)
    answers = _answers(table, (label,), abstain, classes)
    givers = _givers(table, annotator, _names(table, annotator), answers.position)
    durations = _taken(_converted(table, seconds, _seconds, NOT_SECONDS), answers.position)
    times = _taken(_converted(table, at, as_time, NOT_A_DATE), answers.position)
    return _label_frame(table, ids, givers, answers, seconds=durations, given_at=times)


def parse_decisions(table: Table, id: str, decision: str, classes: tuple[str, ...]) -> pd.DataFrame:
    """Check a table of decisions; rows with an empty decision cell are passed over.

    A decision is a class, or ":ambiguous", ":different", ":bad_input". Columns: row, external_id, outcome ("label",
    "ambiguous", "different" or "bad_input"), label (None unless the outcome is "label"). Raises UnableToParse.
    """
    _check_columns(table, {"id": [id], "decision": [decision]})
    meanings = {name: ("label", name) for name in classes} | {text: (name, None) for text, name in OUTCOMES.items()}
    first: dict[str, int] = {}
    found: list[tuple[str, str | None]] = []
    for row, item, value in zip(table.row_numbers, table.cells[id], table.cells[decision], strict=True):
        item, value = item.strip(), value.strip()
        if not value:
            continue
        if fault := _name_fault(item, needed=True):
            raise UnableToParse(fault, row, id)
        if value not in meanings:
            raise UnableToParse(f"{_unknown(value, list(meanings))}; correct it or leave it empty", row, decision)
        if item in first:
            message = f"the id '{item}' already has a decision in row {first[item]}; keep one of the two"
            raise UnableToParse(message, row, id)
        first[item] = row
        found.append(meanings[value])
    outcomes, labels = zip(*found, strict=True) if found else ((), ())
    return _frame(row=list(first.values()), external_id=list(first), outcome=outcomes, label=labels)


@dataclass(frozen=True)
class _Answers:
    """The label cells that hold an answer, row by row: positions of row and column, the label (None = abstained)."""

    position: np.ndarray
    column: np.ndarray
    label: np.ndarray
    classes: tuple[str, ...]


def _answers(table: Table, columns: Sequence[str], abstain: Sequence[str], classes: tuple[str, ...]) -> _Answers:
    parts = [(np.zeros(0, dtype=int), np.zeros(0, dtype=int), np.zeros(0, dtype=object))]
    for index, column in enumerate(columns):
        codes, cells = pd.factorize(np.array(table.cells[column], dtype=object))
        values = [cell.strip() for cell in cells]
        first = np.zeros(len(values), dtype=int)
        first[codes[::-1]] = np.arange(len(codes))[::-1]
        for value, position in zip(values, first, strict=True):
            if value and value not in abstain and (fault := _label_fault(value, classes)):
                raise UnableToParse(fault, table.row_numbers[position], column)
        answered = np.array([value != "" or value in abstain for value in values], dtype=bool)[codes]
        position = np.flatnonzero(answered)
        labels = np.array([None if value in abstain else value for value in values], dtype=object)[codes]
        parts.append((position, np.full(len(position), index), labels[position]))
    position, column_index, label = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.argsort(position, kind="stable")
    found = tuple(name for name in dict.fromkeys(label[order]) if name is not None)
    return _Answers(position[order], column_index[order], label[order], classes or found)


def _label_fault(value: str, classes: tuple[str, ...]) -> str:
    if classes and value not in classes:
        return f"{_unknown(value, classes)}; correct it, or name it as an abstention"
    if value in OUTCOMES:
        return f"'{value}' is kept for decisions and can't be a label; give it another name"
    return _name_fault(value, longest=MAX_LABEL)


def _label_frame(table: Table, ids: list[str], givers: list[str], answers: _Answers, **more: list[Any]) -> pd.DataFrame:
    return _frame(
        row=_taken(table.row_numbers, answers.position),
        external_id=_taken(ids, answers.position),
        annotator=givers,
        label=answers.label,
        abstained=np.equal(answers.label, None).astype(bool),
        **more,
    )


def _givers(table: Table, column: str | None, annotators: Sequence[str], position: np.ndarray) -> list[str]:
    if not column:
        return ["import"] * len(position)
    givers = _taken(annotators, position)
    if "" in givers:
        row = table.row_numbers[position[givers.index("")]]
        raise UnableToParse("the label has no annotator; name who gave it, or clear the label", row, column)
    return givers


def _check_mapping(table: Table, mapping: ItemMapping) -> None:
    if mapping.split not in SPLITS:
        raise UnableToParse(f"The split '{mapping.split}' is not known; write pool or production")
    if not mapping.all_fields:
        raise UnableToParse(f"No text or other field is named; choose among the columns {_listed(table.columns)}")
    for field in mapping.fields:
        if field.type not in FIELD_TYPES:
            raise UnableToParse(f"'{field.type}' is not a type; write {_listed(FIELD_TYPES)}", column=field.name)
    several = {"text": mapping.text, "field": [field.name for field in mapping.fields], "wide": mapping.wide}
    single = {role: getattr(mapping, role) for role in ("label", "id", "annotator", "received", "source")}
    _check_columns(table, several | {role: [column] for role, column in single.items() if column})
    if mapping.wide and (mapping.label or mapping.annotator):
        raise UnableToParse("Each wide column is an annotator with labels; name no label or annotator column beside it")
    if mapping.annotator and not mapping.label:
        raise UnableToParse("an annotator without labels; name the label column too", column=mapping.annotator)
    _check_classes(mapping.classes, mapping.abstain)


def _check_columns(table: Table, roles: dict[str, Sequence[str]]) -> None:
    """Each named column is in the file and plays one part; a source may be a field or an annotator as well."""
    taken: dict[str, str] = {}
    for role, column in ((role, column) for role, columns in roles.items() for column in columns):
        if column not in table.cells:
            hint = _meant(column, table.columns)
            raise UnableToParse(f"the file has no such column{hint}; it has {_listed(table.columns)}", column=column)
        if column in taken and (role != "source" or taken[column] not in ("field", "annotator")):
            parts = f"as {taken[column]} and as {role}" if taken[column] != role else f"twice as {role}"
            raise UnableToParse(f"the column is named {parts}; give it one part only", column=column)
        taken[column] = role


def _check_classes(classes: Sequence[str], abstain: Sequence[str]) -> None:
    for name in classes:
        if not name or name != name.strip() or name in OUTCOMES or _name_fault(name, longest=MAX_LABEL):
            raise UnableToParse(f"'{name}' can't be a class; give it a name of 1 to {MAX_LABEL} plain characters")
        if name in abstain:
            raise UnableToParse(f"'{name}' is named as a class and as an abstention; choose one")
    if len(set(classes)) < len(classes):
        raise UnableToParse(f"A class is named twice among {_listed(classes)}; name each once")


def _check_ids(table: Table, mapping: ItemMapping, ids: Sequence[str], digests: Sequence[str]) -> None:
    """An id stands once, or for one content when several annotators label it."""
    first: dict[str, int] = {}
    for position, name in enumerate(ids):
        earlier = first.setdefault(name, position)
        if earlier == position or (mapping.annotator and digests[earlier] == digests[position]):
            continue
        before = table.row_numbers[earlier]
        if digests[earlier] != digests[position]:
            message = f"the id '{name}' stands in row {before} with another content; give each item an id of its own"
        else:
            message = f"the id '{name}' already stands in row {before}; delete one, or name the annotator column"
        raise UnableToParse(message, table.row_numbers[position], mapping.id)


def _content_ids(digests: Sequence[str], annotators: Sequence[str]) -> list[str]:
    seen: dict[tuple[str, str], int] = {}
    ids = []
    for key in zip(digests, annotators, strict=True):
        seen[key] = seen.get(key, 0) + 1
        ids.append(f"{key[0][:16]}-{seen[key]}")
    return ids


def _contents(table: Table, fields: Sequence[Field]) -> list[Content]:
    names = [field.name for field in fields]
    for position, cell in enumerate(table.cells[names[0]]):
        if not cell.strip() and not any(table.cells[name][position].strip() for name in names):
            empty = "the cell is empty" if len(names) == 1 else f"the row is empty in all of {_listed(names)}"
            raise UnableToParse(f"{empty}; fill it or delete the row", table.row_numbers[position], names[0])
    values = [_values(table, field) for field in fields]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def _values(table: Table, field: Field) -> Sequence[str | float | None]:
    if field.type == "number":
        return _converted(table, field.name, as_number, NOT_A_NUMBER)
    cells = table.cells[field.name]
    for position, cell in enumerate(cells):
        if unstorable(cell):
            raise UnableToParse(NOT_STORABLE, table.row_numbers[position], field.name)
    return cells if field.type == "text" else [cell.strip() for cell in cells]


def _names(table: Table, column: str | None, needed: bool = False) -> list[str]:
    """The checked cells of an id, annotator or source column; "" throughout without a column."""
    if column is None:
        return [""] * len(table)
    names = [cell.strip() for cell in table.cells[column]]
    for name in dict.fromkeys(names):
        if fault := _name_fault(name, needed=needed):
            raise UnableToParse(fault, table.row_numbers[names.index(name)], column)
    return names


def _name_fault(name: str, longest: int = MAX_NAME, needed: bool = False) -> str:
    if needed and not name:
        return "the id is empty; give every row one"
    if len(name) > longest:
        return f"the value has {len(name)} characters; shorten it to {longest}"
    return NOT_STORABLE if unstorable(name) else ""


def _converted(table: Table, column: str | None, convert: Callable[[str], Any], advice: str) -> list[Any]:
    """The column's cells converted, an empty one None; None throughout without a column."""
    if column is None:
        return [None] * len(table)
    values = []
    for position, cell in enumerate(table.cells[column]):
        text = cell.strip()
        try:
            values.append(convert(text) if text else None)
        except (ValueError, OverflowError):
            raise UnableToParse(f"'{_short(text)}' {advice}", table.row_numbers[position], column) from None
    return values


def as_number(text: str) -> float:
    """A finite number; raises ValueError."""
    value = float(text)
    if not math.isfinite(value) or "_" in text:  # Python reads 1_000 as a number, a person may have meant a code
        raise ValueError(text)
    return value + 0.0  # -0.0 and 0.0 are one content


def _seconds(text: str) -> float:
    if (value := as_number(text)) < 0:
        raise ValueError(text)
    return value


def as_time(text: str) -> datetime:
    """An ISO 8601 date or moment as aware UTC, one without a zone taken as UTC; raises ValueError or OverflowError."""
    value = datetime.fromisoformat(text)
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


def _notes(table: Table, answers: _Answers) -> tuple[str, ...]:
    notes = []
    if not table.encoding.startswith("utf"):
        notes.append(f"The file was read as {table.encoding}; if letters look wrong, name its encoding.")
    spellings: dict[str, str] = {}
    for name in answers.classes:
        if (other := spellings.setdefault(name.casefold(), name)) != name:
            notes.append(f"The classes '{other}' and '{name}' differ in capitals only.")
    if len(answers.classes) > max(20, len(answers.label) // 2):
        notes.append(f"{len(answers.classes)} classes stand in {len(answers.label)} labels; is this the label column?")
    return tuple(notes)


def _frame(**columns: Sequence[Any]) -> pd.DataFrame:
    # Object columns: pandas would turn None into NaN, and a datetime into its own type.
    types = {"row": np.int64, "abstained": bool}
    return pd.DataFrame({name: pd.Series(cells, dtype=types.get(name, object)) for name, cells in columns.items()})


def _taken(values: Sequence[Any], positions: np.ndarray) -> list[Any]:
    return [values[position] for position in positions.tolist()]


def _unknown(value: str, known: Sequence[str]) -> str:
    return f"'{_short(value)}' is none of {_listed(known)}{_meant(value, known)}"


def _meant(word: str, known: Sequence[str]) -> str:
    lowered = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower()[:MAX_NAME], lowered, n=1)
    return f" (did you mean '{lowered[close[0]]}'?)" if close else ""


def _listed(names: Sequence[str], most: int = 10) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"'{name}'" for name in names[:most]) + more


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
