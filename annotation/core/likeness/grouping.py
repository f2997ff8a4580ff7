"""Near-duplicates of items whatever their fields are: by their text where they have one, else by their typed fields."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from annotation.core.fields import Field
from annotation.core.likeness.leaks import leaked
from annotation.core.likeness.near_duplicates import SHORT, Groups, find_groups, regroup
from annotation.core.likeness.near_rows import find_row_groups, row_copies_of
from annotation.core.likeness.text_index import usable


def joined_text(table: pd.DataFrame, fields: Sequence[Field]) -> list[str]:
    """One text per row: its text fields, one after the other."""
    names = [field.name for field in fields if field.type == "text"]
    if len(names) == 1:
        return table[names[0]].tolist()
    return ["\n".join(row) for row in zip(*(table[name] for name in names), strict=True)]


def group_items(table: pd.DataFrame, fields: Sequence[Field], seed: int = 0) -> Groups:
    """Near-duplicate groups of n rows with the columns named by `fields`: of their texts where there are any. Beside
    other fields a text of fewer than SHORT characters says too little: its copies are equal in those fields too."""
    if any(field.type == "text" for field in fields):
        return _parted(find_groups(joined_text(table, fields), seed=seed), table, fields)
    return find_row_groups(table)


def regroup_items(
    table: pd.DataFrame, fields: Sequence[Field], earlier: Mapping[str, np.ndarray], seed: int = 0
) -> tuple[Groups, dict[str, np.ndarray]]:
    """The groups `group_items` gives, and an index of named arrays for the next call: with the `earlier` one (empty =
    none) texts known to it are not worked on again. Arrays that are no index are as good as none. Rows without text
    are grouped anew, and their index is empty."""
    if not any(field.type == "text" for field in fields):
        return find_row_groups(table), {}
    groups, index = regroup(joined_text(table, fields), usable(earlier, seed), seed=seed)
    return _parted(groups, table, fields), vars(index)


def copies_of_items(
    table: pd.DataFrame, fields: Sequence[Field], reference: np.ndarray, seed: int = 0,
    earlier: Mapping[str, np.ndarray] | None = None,
) -> np.ndarray:  # fmt: skip
    """Bool (n,): True where a row outside `reference` (bool (n,)) is a copy of one inside: a near-duplicate in any
    reading of its text, or the one held in the other. `earlier`: the index that `regroup_items` gave for some of the
    rows."""
    if not any(field.type == "text" for field in fields):
        return row_copies_of(table, reference)
    columns = [table[field.name].tolist() for field in fields if field.type == "text"]
    reference = np.asarray(reference, dtype=bool)
    return leaked(columns, reference, _others(table, fields), usable(earlier or {}, seed), seed=seed)


def _parted(groups: Groups, table: pd.DataFrame, fields: Sequence[Field]) -> Groups:
    """The groups of short texts parted where the other fields differ."""
    others = _others(table, fields)
    if others is None:
        return groups
    short = _short(table, fields)
    keys = pd.DataFrame({"group": groups.of, "others": np.where(short, others, -1)})
    of = keys.groupby(["group", "others"], sort=False).ngroup().to_numpy()
    first = np.unique(of, return_index=True)[1]
    whole = groups.medoid[groups.of[first]]
    return Groups(of, np.where(of[whole] == np.arange(len(first)), whole, first))


def _others(table: pd.DataFrame, fields: Sequence[Field]) -> np.ndarray | None:
    """The number of each row among the distinct ones, its texts left out, int (n,); None where there is only text."""
    names = [field.name for field in fields if field.type != "text"]
    return table.groupby(names, sort=False, dropna=False).ngroup().to_numpy() if names else None


def _short(table: pd.DataFrame, fields: Sequence[Field]) -> np.ndarray:
    return np.array([len(text) < SHORT for text in joined_text(table, fields)], dtype=bool)
