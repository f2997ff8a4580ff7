"""Label cells -> answers: who said what of which row."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from annotation.core.files.checking import Faults, frame, label_fault, taken
from annotation.core.files.class_names import Spellings, folded
from annotation.core.files.tables import Table


@dataclass(frozen=True)
class Answers:
    """The label cells that hold an answer, row by row: positions of row and column, the label (None = abstained)."""

    position: np.ndarray
    column: np.ndarray
    label: np.ndarray

    def only(self, good: np.ndarray) -> "Answers":
        """The answers of good rows."""
        keep = good[self.position]
        return Answers(self.position[keep], self.column[keep], self.label[keep])


def answers_in(faults: Faults, columns: Sequence[str], abstain: Sequence[str], classes: tuple[str, ...]) -> Answers:
    """The answers in the columns, as written; one that looks like none of `classes`, if there are any, is a fault."""
    known, no_labels = Spellings(classes), Spellings(abstain)
    parts = [(np.zeros(0, dtype=int), np.zeros(0, dtype=int), np.zeros(0, dtype=object))]
    for index, column in enumerate(columns):
        codes, cells = pd.factorize(np.array(faults.table.cells[column], dtype=object))
        values = [no_labels.one(cell.strip()) if folded(cell) else "" for cell in cells]
        for code, value in enumerate(values):
            if value and value not in abstain and (fault := label_fault(known.one(value), classes)):
                for at in np.flatnonzero(codes == code).tolist():
                    faults.add(at, fault, column)
        answered = np.array([value != "" or value in abstain for value in values], dtype=bool)[codes]
        position = np.flatnonzero(answered)
        labels = np.array([None if value in abstain else value for value in values], dtype=object)[codes]
        parts.append((position, np.full(len(position), index), labels[position]))
    position, column_index, label = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.argsort(position, kind="stable")
    return Answers(position[order], column_index[order], label[order])


def refuse_nobodys(faults: Faults, column: str, annotators: Sequence[str], answered: np.ndarray) -> None:
    for position in answered.tolist():
        if not annotators[position]:
            faults.add(position, "the label has no annotator; name who gave it, or clear the label", column)


def label_frame(
    table: Table, ids: list[str], givers: list[str], answers: Answers, repeated: np.ndarray, spellings: Spellings,
    **more: list[Any],
) -> pd.DataFrame:  # fmt: skip
    """One line per answer, each class by the one of `spellings` that stands for it."""
    labels = [None if label is None else spellings.one(label) for label in answers.label.tolist()]
    return frame(
        row=taken(table.row_numbers, answers.position),
        external_id=taken(ids, answers.position),
        annotator=givers,
        label=labels,
        abstained=[label is None for label in labels],
        repeated=repeated[answers.position],
        **more,
    )


def key_of(name: str) -> bytes:
    return hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=16).digest()
