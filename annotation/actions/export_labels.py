"""Every item with the label held true and where it comes from."""

from pathlib import Path

import pandas as pd

from annotation import frames
from annotation.actions.export_cases import UnableToExport, writing
from annotation.models import CurrentLabel, Dataset

WRITERS = {
    ".csv": lambda frame, file: frame.to_csv(file, index=False),
    ".jsonl": lambda frame, file: frame.to_json(file, orient="records", lines=True, force_ascii=False),
}


def export_labels(dataset: Dataset, path: Path) -> int:
    """Write .csv or .jsonl, one row per item; returns the number of rows."""
    if path.suffix not in WRITERS:
        raise UnableToExport(f"{path.name} ends in {path.suffix!r}; name a file that ends in .csv or .jsonl.")
    items = frames.items(dataset)
    held = _with_provenance(dataset)
    content = frames.content_table(items["content"], dataset.typed_fields)
    rows = pd.concat([items.drop(columns="content"), content], axis=1).merge(held, on="item", how="left")
    rows = rows.rename(columns={"external_id": "item_id"}).drop(columns="item")
    with writing(path) as file:
        WRITERS[path.suffix](rows, file)
    return len(rows)


def _with_provenance(dataset: Dataset) -> pd.DataFrame:
    """item, label, state, basis, decided_by, decided_at, labelled_by of the row in force."""
    queryset = CurrentLabel.objects.latest().filter(item__dataset=dataset).order_by("item_id")
    columns = {
        "item": "item_id", "label": "label_class__name", "state": "state", "basis": "basis",
        "decided_by": "decision__expert__username", "since": "created_at",
    }  # fmt: skip
    held = pd.DataFrame(list(queryset.values_list(*columns.values())), columns=list(columns))
    held["since"] = held["since"].map(lambda moment: moment.isoformat() if moment else "")
    return held.merge(_labelled_by(dataset), on="item", how="left")


def _labelled_by(dataset: Dataset) -> pd.DataFrame:
    labels = frames.labels(dataset).rename(columns={"annotator": "labelled_by"})
    return labels.groupby("item", as_index=False)["labelled_by"].agg("|".join)
