"""Near-duplicates of items whatever their fields are: by their text where they have one, else by their typed fields."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from annotation.core.fields import Field
from annotation.core.likeness.near_duplicates import Groups, copies_of, find_groups, regroup
from annotation.core.likeness.near_rows import find_row_groups, row_copies_of
from annotation.core.likeness.text_index import usable


def joined_text(table: pd.DataFrame, fields: Sequence[Field]) -> list[str]:
    """One text per row: its text fields, one after the other."""
    names = [field.name for field in fields if field.type == "text"]
    if len(names) == 1:
        return table[names[0]].tolist()
    return ["\n".join(row) for row in zip(*(table[name] for name in names), strict=True)]


def group_items(table: pd.DataFrame, fields: Sequence[Field], seed: int = 0) -> Groups:
    """Near-duplicate groups of n rows with the columns named by `fields`."""
    if any(field.type == "text" for field in fields):
        return find_groups(joined_text(table, fields), seed=seed)
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
    return groups, vars(index)


def copies_of_items(
    table: pd.DataFrame, fields: Sequence[Field], reference: np.ndarray, seed: int = 0,
    earlier: Mapping[str, np.ndarray] | None = None,
) -> np.ndarray:  # fmt: skip
    """Bool (n,): True where a row outside `reference` (bool (n,)) is a near-duplicate of one inside. `earlier`: the
    index that `regroup_items` gave for some of the rows."""
    if any(field.type == "text" for field in fields):
        return copies_of(joined_text(table, fields), reference, usable(earlier or {}, seed), seed=seed)
    return row_copies_of(table, reference)
