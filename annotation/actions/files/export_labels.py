"""Every item with its current label and where that comes from."""

from pathlib import Path

import pandas as pd

from annotation import frames
from annotation.actions.files.write_table import write_rows
from annotation.models import CurrentLabel, Dataset


def export_labels(dataset: Dataset, path: Path) -> int:
    """Write one row per item in the form the suffix names; returns the number of rows."""
    items = frames.items(dataset)
    current = _with_provenance(dataset)
    content = frames.content_table(items["content"], dataset.typed_fields)
    rows = pd.concat([items.drop(columns="content"), content], axis=1).merge(current, on="item", how="left")
    rows = rows.rename(columns={"external_id": "item_id"}).drop(columns="item")
    rows = rows.astype(object).where(rows.notna(), None)
    kinds = {"received": "time", **{one.name: "number" for one in dataset.typed_fields if one.type == "number"}}
    columns = {name: kinds.get(name, "text") for name in rows.columns}
    return write_rows(path, columns, rows.itertuples(index=False, name=None))


def _with_provenance(dataset: Dataset) -> pd.DataFrame:
    """item, label, state, basis, decided_by, decided_at, labelled_by of the row in force."""
    queryset = CurrentLabel.objects.in_force().filter(item__dataset=dataset).order_by("item_id")
    columns = {
        "item": "item_id", "label": "label_class__name", "state": "state", "basis": "basis",
        "decided_by": "decision__expert__username", "since": "created_at",
    }  # fmt: skip
    current = pd.DataFrame(list(queryset.values_list(*columns.values())), columns=list(columns))
    current["since"] = current["since"].map(lambda moment: moment.isoformat() if moment else "")
    return current.merge(_labelled_by(dataset), on="item", how="left")


def _labelled_by(dataset: Dataset) -> pd.DataFrame:
    labels = frames.labels(dataset).rename(columns={"annotator": "labelled_by"})
    return labels.groupby("item", as_index=False)["labelled_by"].agg("|".join)
