"""Table -> checked, typed items, labels and decisions; every refusal names its row and column."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NotRequired, TypedDict

import numpy as np
import pandas as pd

from annotation.core.fields import Field, FieldJson
from annotation.core.files.answers import Answers, answers_in, key_of, label_frame, refuse_nobodys
from annotation.core.files.bounded.json_texts import content_digests, stored_texts
from annotation.core.files.bounded.kept_rows import KeptRows, ReadyRows
from annotation.core.files.checking import (
    NOT_A_DATE,
    NOT_A_NUMBER,
    NOT_STORABLE,
    Faults,
    check_classes,
    check_columns,
    converted,
    frame,
    listed,
    names,
    refuse,
    refuse_unfit,
    taken,
)
from annotation.core.files.checking import UnableToParse as UnableToParse
from annotation.core.files.class_names import Spellings, nearly_alike
from annotation.core.files.conventions import Conventions, conventions_of, shortest
from annotation.core.files.ledger import Ledger
from annotation.core.files.tables import Broken, Table, unstorable
from annotation.core.likeness.repair import Repairs, mend

SPLITS = ("pool", "production")
MAX_CLASSES = 5_000
FIELD_TYPES = ("text", "number", "category")
CHANGED = "is already here with another content. Items never change; give the new content a new id"

Content = dict[str, str | float | None]


class MappingJson(TypedDict):
    """An ItemMapping as a job keeps it."""

    text: Sequence[str]
    fields: Sequence[FieldJson]
    label: str | None
    wide: Sequence[str]
    id: str | None
    annotator: str | None
    source: str | None
    received: str | None
    split: str
    classes: Sequence[str]
    abstain: Sequence[str]
    decimal: NotRequired[str]
    dates: NotRequired[str]


@dataclass(frozen=True)
class ItemMapping:
    """Which column of a file plays which part; `wide` names columns that are annotators, one label each.

    `classes` are the dataset's; empty = the labels found become the classes. `abstain` are the values of a label cell
    that say "I cannot tell". `decimal` ("." or ",") and `dates` (one of ORDERS): "" = as the columns say.
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
    decimal: str = ""
    dates: str = ""

    @classmethod
    def from_json(cls, stored: MappingJson) -> "ItemMapping":
        return cls(
            text=tuple(stored["text"]), fields=tuple(Field(field["name"], field["type"]) for field in stored["fields"]),
            label=stored["label"], wide=tuple(stored["wide"]), id=stored["id"], annotator=stored["annotator"],
            source=stored["source"], received=stored["received"], split=stored["split"],
            classes=tuple(stored["classes"]), abstain=tuple(stored["abstain"]),
            decimal=stored.get("decimal", ""), dates=stored.get("dates", ""),
        )  # fmt: skip

    def as_json(self) -> MappingJson:
        return {
            "text": self.text, "fields": [field.as_json() for field in self.fields], "label": self.label,
            "wide": self.wide, "id": self.id, "annotator": self.annotator, "source": self.source,
            "received": self.received, "split": self.split, "classes": self.classes, "abstain": self.abstain,
            "decimal": self.decimal, "dates": self.dates,
        }  # fmt: skip

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """The typed fields of an item: the text columns, then `fields`."""
        return tuple(Field(name, "text") for name in self.text) + self.fields

    def conventions(self, tables: Iterable[Table]) -> Conventions:
        """How the file writes its numbers and dates. Raises UnableToTell."""
        numbers = [field.name for field in self.all_fields if field.type == "number"]
        return conventions_of(tables, numbers, [self.received] if self.received else [], self.decimal, self.dates)


@dataclass(frozen=True)
class ItemBatch:
    """The items and labels of a file or a part of it, ready to store.

    `items`: row, external_id, digest (64 hex), content (dict: field -> str, or float | None for a number), written
    (dict: number field -> how the file wrote it, where that is not Python's shortest form; None = nowhere), source
    ("" = none), received_at (aware UTC datetime or None); one line per item, `row` its first. `labels`: row,
    external_id, annotator, label (None = abstained), abstained, repeated (the annotator answers more than once for
    the item). `classes`: the known ones, else those found in order of appearance.
    `notes`: sentences on what the reader may want to check. `rejected`: rows that can't be taken, and why.
    """

    items: pd.DataFrame
    labels: pd.DataFrame
    classes: tuple[str, ...]
    notes: tuple[str, ...]
    rejected: list[Broken]


@dataclass(frozen=True)
class _ItemRows:
    """The rows of a table, checked on their own; those in `faults` hold nothing."""

    faults: Faults
    contents: list[Content]
    digests: list[str]
    ids: list[str]
    annotators: list[str]
    sources: list[str]
    received: list[Any]
    answers: Answers


class ItemParser:
    """Reads a file part by part, twice: `check` every part, `close`, then `parse` every part.

    What must be known of the whole file is kept in a Ledger of 1 to 7 bytes a row; nothing else grows with the file.
    `repair` mends texts, categories and labels in a broken encoding; without it they are only counted. `conventions`:
    what `mapping.conventions` says of the file. `kept`: where checked rows are kept, for `ready` to give unread.
    """

    def __init__(
        self, columns: Sequence[str], mapping: ItemMapping, repair: bool = False,
        conventions: Conventions | None = None, kept: KeptRows | None = None,
    ) -> None:  # fmt: skip
        _check_mapping(columns, mapping)
        self.kept = kept
        self.mapping, self.repair = mapping, repair
        self.conventions = conventions or Conventions()
        self._numbers = [field for field in mapping.all_fields if field.type == "number"]
        self.repairs, self.missing = Repairs(), Counter[str]()
        self.n_rows = self.n_rejected = self.n_labels = 0
        self._ledger = Ledger(by_content=mapping.id is None, several=mapping.annotator is not None)
        self._changed: set[int] = set()
        self._classes: dict[str, None] = {}
        self.spellings = Spellings(mapping.classes)
        self._givers: dict[str, int] = {}
        self._at = 0

    @property
    def classes(self) -> tuple[str, ...]:
        """The known classes, else those found so far, in order of appearance."""
        return self.mapping.classes or tuple(self._classes)

    @property
    def n_items(self) -> int:
        """Items among the good rows, once all are checked."""
        return int(self._ledger.first.sum())

    def check(self, table: Table, stored: Callable[[list[str]], dict[str, str]] | None = None) -> None:
        """Check a part; `stored` says which ids are there already, with the digest of their content."""
        rows = self._read(table, self.repairs)
        self.missing += rows.faults.missing
        if stored and self.mapping.id:
            self._compare(rows, stored)
        good = rows.faults.good()
        keys = list(map(key_of, rows.ids)) if self.mapping.id else [bytes.fromhex(one[:32]) for one in rows.digests]
        givers = np.array([self._givers.setdefault(name, len(self._givers)) for name in rows.annotators], np.int32)
        contents = [bytes.fromhex(one[:16]) for one in rows.digests]
        self._ledger.add(keys, contents, givers, table.row_numbers, good)
        answers = rows.answers.only(good)
        if self.kept is not None:
            self._keep(self.kept, table, rows, good, answers)
        said = answers.label.tolist()
        self.spellings.meet(said)
        self._count([label and self.spellings.one(label) for label in said])
        self.n_rows += len(table) + len(table.broken)
        self.n_rejected += len(table.broken) + int((~good).sum())
        self._at += len(table)

    def close(self) -> None:
        """All parts are checked: what is said twice is known from here on."""
        self._ledger.close()
        self.n_rejected += int(self._ledger.duplicate.sum())
        if self.n_rejected:
            self._classes, self.n_labels = {}, 0  # a rejected row names no class: `count` the good ones
        self._at = 0

    def ready(self) -> Iterator[ReadyRows]:
        """What can be written of each part, each class by the spelling that stands for it."""
        if self.kept is None:
            raise ValueError("the rows were not kept")
        for part in self.kept.parts(self._ledger, by_content=self.mapping.id is None):
            labels = [label if label is None else self.spellings.one(label) for label in part.labels]
            yield replace(part, labels=labels)

    def _keep(self, kept: KeptRows, table: Table, rows: _ItemRows, good: np.ndarray, answers: Answers) -> None:
        written = [self._written(table, content, at) if good[at] else None for at, content in enumerate(rows.contents)]
        kept.add(
            good, answers, self._givers_of(rows, answers), numbers=table.row_numbers, ids=rows.ids,
            digests=rows.digests, contents=stored_texts(rows.contents),
            written=[said and json.dumps(said) for said in written], sources=rows.sources,
            received=[at and at.isoformat(" ") for at in rows.received],
        )  # fmt: skip

    def count(self, batch: ItemBatch) -> None:
        """Take the labels of a parsed part into classes and n_labels, where rows were rejected."""
        self._count(batch.labels["label"])

    def rewind(self) -> None:
        """`parse` begins with the first part again."""
        self._at = 0

    def parse(self, table: Table) -> ItemBatch:
        """The good rows of a part, in the order of `check`, and the others with what is wrong with them."""
        rows = self._read(table, Repairs())
        here = slice(self._at, self._at + len(table))
        self._at += len(table)
        for position in np.flatnonzero(self._ledger.duplicate[here]).tolist():
            rows.faults.add(position, self._said_before(rows.ids[position], here.start + position), self.mapping.id)
        for position in range(len(table)) if self._changed else ():
            if here.start + position in self._changed:
                rows.faults.add(position, f"the id '{rows.ids[position]}' {CHANGED}", self.mapping.id)
        good = rows.faults.good()
        ids = rows.ids
        if not self.mapping.id:
            counted = zip(rows.digests, self._ledger.before[here].tolist(), strict=True)
            ids = [f"{digest[:16]}-{before + 1}" for digest, before in counted]
        first = np.flatnonzero(good & self._ledger.first[here])
        columns: dict[str, list[Any]] = {
            "row": table.row_numbers, "external_id": ids, "digest": rows.digests, "content": rows.contents,
            "source": rows.sources, "received_at": rows.received,
        }  # fmt: skip
        items = frame(
            **{name: taken(values, first) for name, values in columns.items()},
            written=[self._written(table, rows.contents[position], position) for position in first.tolist()],
        )
        labels = self._labels(rows, ids, good, self._ledger.repeated[here])
        return ItemBatch(items, labels, self.classes, (), rows.faults.rejected())

    def notes(self, source: Sequence[str] = ()) -> tuple[str, ...]:
        """What the reader may want to check, once all parts are; `source`: what the file itself had to say first."""
        notes = [*source, *self.conventions.notes]
        for column, n in self.missing.items():
            cells = "1 cell that says" if n == 1 else f"{n:,} cells that say"
            notes.append(f"Column '{column}' has {cells} NA, null or -; taken as missing.")
        notes += [*self.spellings.notes(), *nearly_alike(self.classes)]
        if len(self.classes) > max(20, self.n_labels // 2):
            notes.append(f"{len(self.classes)} classes are in {self.n_labels} labels; is this the label column?")
        return tuple(notes + [self.repairs.sentence(self.repair)] * bool(self.repairs.n))

    def _read(self, table: Table, repairs: Repairs) -> _ItemRows:
        mapping = self.mapping
        labels = mapping.wide or ((mapping.label,) if mapping.label else ())
        table = self._mended(table, labels, repairs)
        faults = Faults(table)
        refuse_unfit(faults, filter(None, (*labels, mapping.id, mapping.annotator, mapping.source, mapping.received)))
        contents = contents_of(faults, mapping.all_fields, self.conventions)
        digests = content_digests(contents, faults.found)
        ids = names(faults, mapping.id, needed=True) if mapping.id else [""] * len(table)
        annotators, sources = names(faults, mapping.annotator), names(faults, mapping.source)
        received = converted(faults, mapping.received, self.conventions.time(mapping.received), NOT_A_DATE)
        answers = answers_in(faults, labels, mapping.abstain, mapping.classes)
        if mapping.annotator:
            refuse_nobodys(faults, mapping.annotator, annotators, answers.position)
        return _ItemRows(faults, contents, digests, ids, annotators, sources, received, answers)

    def _written(self, table: Table, content: Content, position: int) -> dict[str, str] | None:
        said = {}
        for field in self._numbers:
            if text := table.cells[field.name][position].strip():
                value = content[field.name]
                if not isinstance(value, float) or shortest(value) != text:
                    said[field.name] = text
        return said or None

    def _mended(self, table: Table, labels: Sequence[str], repairs: Repairs) -> Table:
        texts = [field.name for field in self.mapping.all_fields if field.type != "number"]
        named = dict.fromkeys([*texts, *labels])
        mended = {name: mend(table.cells[name], table.row_numbers, repairs) for name in named}
        cells = table.cells | mended if self.repair else table.cells
        return replace(table, cells=cells)

    def _compare(self, rows: _ItemRows, stored: Callable[[list[str]], dict[str, str]]) -> None:
        there = stored(list(dict.fromkeys(rows.ids)))
        for position, name in enumerate(rows.ids) if there else ():
            if there.get(name, rows.digests[position]) != rows.digests[position] and position not in rows.faults.found:
                rows.faults.add(position, CHANGED)
                self._changed.add(self._at + position)

    def _count(self, said: Sequence[str | None]) -> None:
        self.n_labels += len(said)
        self._classes |= dict.fromkeys(label for label in said if label is not None)
        if len(self._classes) > MAX_CLASSES:
            raise UnableToParse(f"More than {MAX_CLASSES:,} classes are in the labels; is this the label column?")

    def _said_before(self, name: str, position: int) -> str:
        row, differs = self._ledger.earlier[position]
        if differs:
            return f"the id '{name}' is in row {row} with another content; give each item an id of its own"
        return f"the id '{name}' is already in row {row}; delete one, or name the annotator column"

    def _labels(self, rows: _ItemRows, ids: list[str], good: np.ndarray, repeated: np.ndarray) -> pd.DataFrame:
        answers = rows.answers.only(good)
        givers = self._givers_of(rows, answers)
        return label_frame(rows.faults.table, ids, givers, answers, repeated, self.spellings)

    def _givers_of(self, rows: _ItemRows, answers: Answers) -> list[str]:
        if self.mapping.wide:
            return taken(self.mapping.wide, answers.column)
        if self.mapping.annotator:
            return taken(rows.annotators, answers.position)
        return ["import"] * len(answers.position)


def parse_items(table: Table, mapping: ItemMapping, repair: bool = False) -> ItemBatch:
    """Check a table of items, with labels or without; raises UnableToParse naming the first fault.

    Without an id column an item's id is the first 16 hex characters of its digest and its occurrence number, counted
    per annotator: the same file gives the same ids again, and two annotators on one text give one item. Without an
    annotator column the annotator is "import". An empty label cell is no label.
    """
    parser = ItemParser(table.columns, mapping, repair, mapping.conventions([table]))
    parser.check(table)
    parser.close()
    notes = parser.notes()
    batch = parser.parse(table)
    refuse(batch.rejected)
    return ItemBatch(batch.items, batch.labels, parser.classes, notes, [])


def _check_mapping(columns: Sequence[str], mapping: ItemMapping) -> None:
    if mapping.split not in SPLITS:
        raise UnableToParse(f"The split '{mapping.split}' is not known; write pool or production")
    if not mapping.all_fields:
        raise UnableToParse(f"No text or other field is named; choose among the columns {listed(columns)}")
    for field in mapping.fields:
        if field.type not in FIELD_TYPES:
            raise UnableToParse(f"'{field.type}' is not a type; write {listed(FIELD_TYPES)}", column=field.name)
    several = {"text": mapping.text, "field": [field.name for field in mapping.fields], "wide": mapping.wide}
    single = {role: getattr(mapping, role) for role in ("label", "id", "annotator", "received", "source")}
    check_columns(columns, several | {role: [column] for role, column in single.items() if column})
    if mapping.wide and (mapping.label or mapping.annotator):
        raise UnableToParse("Each wide column is an annotator with labels; name no label or annotator column beside it")
    if mapping.annotator and not mapping.label:
        raise UnableToParse("an annotator without labels; name the label column too", column=mapping.annotator)
    check_classes(mapping.classes, mapping.abstain)


def contents_of(faults: Faults, fields: Sequence[Field], conventions: Conventions | None = None) -> list[Content]:
    """What each row of the table says in the fields; a row that says nothing, or no number in its place, is faulty."""
    table, known = faults.table, [field.name for field in fields]
    refuse_unfit(faults, known)
    for position, cell in enumerate(table.cells[known[0]]):
        if not cell.strip() and not any(table.cells[name][position].strip() for name in known):
            empty = "the cell is empty" if len(known) == 1 else f"the row is empty in all of {listed(known)}"
            faults.add(position, f"{empty}; fill it or delete the row", known[0])
    values = [_values(faults, field, conventions or Conventions()) for field in fields]
    return [dict(zip(known, row, strict=True)) for row in zip(*values, strict=True)]


def _values(faults: Faults, field: Field, conventions: Conventions) -> Sequence[str | float | None]:
    if field.type == "number":
        return converted(faults, field.name, conventions.number(field.name), NOT_A_NUMBER)
    cells = faults.table.cells[field.name]
    if unstorable("".join(cells)):
        for position in [at for at, cell in enumerate(cells) if unstorable(cell)]:
            faults.add(position, NOT_STORABLE, field.name)
    return cells if field.type == "text" else [cell.strip() for cell in cells]
