"""On which production rows two sides differ."""

from modeling.actions.proving.predict_production import Predicted, ProductionRows
from modeling.core.proving.evaluation import slice_table
from modeling.core.proving.stored import SliceChange


def by_source(rows: ProductionRows, before: Predicted, after: Predicted) -> list[SliceChange]:
    """Accuracy by source, the largest first; one source is no slice."""
    sources = rows.frame["source"]
    if sources.nunique() < 2:
        return []
    named = sources.replace("", "no source").to_numpy()
    return slice_table(rows.truth, before.classes, after.classes, named).to_dict("records")
