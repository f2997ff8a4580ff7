"""The rows of a snapshot, read only where they are still what was frozen."""

from collections.abc import Sequence

import pandas as pd

from annotation import frames
from annotation.core.class_columns import mapped
from annotation.core.frozen_digests import row_digests, rows_digest
from annotation.core.refusal import Refusal
from annotation.core.wording import counted
from annotation.models import Snapshot

NAMED = 5


class UnableToTrust(Refusal):
    """A snapshot's rows are no longer what its hash says."""


def frozen_rows(snapshot: Snapshot) -> pd.DataFrame:
    """`frames.snapshot_rows`, checked against the hashes; raises UnableToTrust naming what differs."""
    rows = frames.snapshot_rows(snapshot)
    changed = _changed(snapshot, rows)
    if changed.empty and rows_digest(rows) == snapshot.sha256:
        return rows
    raise UnableToTrust(
        f"The {snapshot} is no longer what was frozen on {snapshot.created_at:%-d %B %Y}: "
        f"{_what_differs(snapshot, rows, changed)}. Nothing was read from it. Put the database back as it was, or "
        "freeze a new one."
    )


def rows_now(snapshot: Snapshot) -> pd.DataFrame:
    """`frozen_rows` with each label as the class in use that stands for it; rows for whose class none does are left
    out."""
    rows = frozen_rows(snapshot)
    return _meant(rows, mapped(rows["label"], snapshot.dataset.classes))


def rows_as_of(snapshot: Snapshot, then: Sequence[str]) -> pd.DataFrame:
    """`frozen_rows` with each label as the one of the classes `then` that meant it; rows of none are left out."""
    rows = frozen_rows(snapshot)
    if set(rows["label"]) <= set(then):
        return rows
    return _meant(rows, rows["label"].map(snapshot.dataset.classes.as_of(then)))


def _meant(rows: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    return rows.assign(label=labels)[labels.notna()].reset_index(drop=True)


def _changed(snapshot: Snapshot, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that say something else than when they were frozen; those of snapshots that kept no digest are not
    known one by one."""
    kept = snapshot.rows.exclude(digest="").values_list("item_id", "digest", "weight", "annotators")
    then = pd.DataFrame(list(kept), columns=["item", "kept", "weight", "annotators"], dtype=object)
    if then.empty:
        return rows.iloc[:0]
    whole = rows.merge(then.astype({"item": "int64"}), on="item")
    differs = pd.Series(row_digests(whole), index=whole.index) != whole["kept"]
    return rows[rows["item"].isin(whole["item"][differs])]


def _what_differs(snapshot: Snapshot, rows: pd.DataFrame, changed: pd.DataFrame) -> str:
    if len(rows) != snapshot.n_rows:
        return f"it had {counted(snapshot.n_rows, 'row')} and has {len(rows):,}"
    if changed.empty:
        return "a label, an id or a text of its rows was changed in the database"
    named = ", ".join(changed["external_id"].head(NAMED))
    more = f" and {len(changed) - NAMED:,} more" if len(changed) > NAMED else ""
    return f"the label, the source, a field, the weight or the annotators of {named}{more} were changed in the database"
