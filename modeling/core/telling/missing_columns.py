"""What a model loses where a column is missing, on rows it has not seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from annotation.core.fields import Field
from annotation.core.intervals import Interval, wilson
from modeling.core.proving.evaluation import paired_interval

# Columns that are left out one by one; of a table with more the first.
MOST_COLUMNS = 100
KINDS = {"number": "all numbers", "category": "all categories", "text": "all texts"}

Predict = Callable[[pd.DataFrame], np.ndarray]


@dataclass(frozen=True, eq=False)
class ColumnMissing:
    """columns: the one, or all of a kind, which `name` says. before, after: bool (m,), whether the class predicted is
    the label, of the rows in which something was there to leave out. flips: how many of them were given another
    class."""

    name: str
    columns: tuple[str, ...]
    before: np.ndarray
    after: np.ndarray
    flips: int

    @property
    def accuracy(self) -> Interval:
        """With the column, Wilson's 95 % interval."""
        return wilson(int(self.before.sum()), len(self.before))

    def lost(self, of: int = 1) -> Interval:
        """Accuracy with the column less that without, in [−1, 1], > 0 = lost, with its paired interval: with `of`
        columns looked at, all hold at once 95 % of the time (Bonferroni)."""
        n = len(self.before)
        gone, come = int((self.before & ~self.after).sum()), int((self.after & ~self.before).sum())
        return paired_interval(gone, come, n, 1 - 0.05 / of) if n else Interval(float("nan"), -1.0, 1.0, 0)


def left_out(fields: Sequence[Field]) -> list[tuple[str, tuple[str, ...]]]:
    """What is left out at a time: (name, columns); each column, then all of a kind where there are several and others
    besides. Nothing where there is one column: without it there is no input."""
    if len(fields) < 2:
        return []
    found: list[tuple[str, tuple[str, ...]]] = [(field.name, (field.name,)) for field in fields[:MOST_COLUMNS]]
    for kind, name in KINDS.items():
        columns = tuple(field.name for field in fields if field.type == kind)
        if 1 < len(columns) < len(fields):
            found.append((name, columns))
    return found


def missing_columns(
    guess: Predict, table: pd.DataFrame, fields: Sequence[Field], labels: np.ndarray
) -> list[ColumnMissing]:
    """Each of `left_out` on every row of a `typed` table by `guess`: table → probabilities (n, K). labels: int (n,).

    A number left out is not a number, a text or a category is empty, as in a file that lacks it.
    """
    own = guess(table).argmax(axis=1)
    kinds = {field.name: field.type for field in fields}
    made = []
    for name, columns in left_out(fields):
        there = np.zeros(len(table), dtype=bool)
        changed = table.copy()
        for column in columns:
            number = kinds[column] == "number"
            there |= (table[column].notna() if number else table[column] != "").to_numpy(dtype=bool)
            changed[column] = np.nan if number else ""
        rows = np.flatnonzero(there)
        after = guess(changed.iloc[rows].reset_index(drop=True)).argmax(axis=1) if len(rows) else own[rows]
        right = own[rows] == labels[rows], after == labels[rows]
        made.append(ColumnMissing(name, columns, *right, int((own[rows] != after).sum())))
    return made


def added(parts: Sequence[Sequence[ColumnMissing]]) -> list[ColumnMissing]:
    """The same columns on several lots of rows, as one, the largest loss first."""
    whole = [
        ColumnMissing(
            ones[0].name, ones[0].columns, np.concatenate([one.before for one in ones]),
            np.concatenate([one.after for one in ones]), sum(one.flips for one in ones),
        )
        for ones in zip(*parts, strict=True)
    ]  # fmt: skip
    return sorted(whole, key=lambda one: -np.nan_to_num(one.lost().value, nan=-2.0))
