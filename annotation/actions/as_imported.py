"""Today's rows with the labels that files gave at first: the baseline is in the ledger, and is never lost."""

import pandas as pd

from annotation import frames
from annotation.models import Dataset

# Why a row of today is not among those as imported: nobody but an expert ever labelled it.
NO_LABEL = "without_label_at_import"


def with_first_labels(rows: pd.DataFrame, dataset: Dataset, split: str) -> tuple[pd.DataFrame, int]:
    """Those of `rows` (item, label, …) that files labelled, with the label they gave at first, and how many others."""
    first = frames.as_imported(dataset, split).set_index("item")["label"]
    kept = rows[rows["item"].isin(first.index)]
    return kept.assign(label=kept["item"].map(first)), len(rows) - len(kept)
