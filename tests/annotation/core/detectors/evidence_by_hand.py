"""Evidence out of a few numbers: no text is read and no model fitted."""

import numpy as np
import pandas as pd

from annotation.core.fields import Field
from annotation.core.judging.evidence import Evidence
from annotation.core.likeness.near_duplicates import Groups


def evidence_of(labels, probabilities=None, votes=(), groups=None, classes=("no", "yes"), columns=None, **more):
    """Evidence of len(labels) items; votes are (item, annotator, label) or (item, annotator, label, moment)."""
    labels = np.array(labels, dtype=int)
    of = np.arange(len(labels)) if groups is None else np.array(groups)
    medoid = np.unique(of, return_index=True)[1]
    rows = [(*vote, None)[:4] for vote in votes]
    frame = pd.DataFrame(rows, columns=["item", "annotator", "label", "at"])
    frame = frame.astype({"item": int, "annotator": int, "label": int}).assign(at=pd.to_datetime(frame["at"]))
    columns = columns or {"text": [f"text {n}" for n in range(len(labels))]}
    types = {name: "number" if isinstance(next(iter(v), ""), float) else "category" for name, v in columns.items()}
    fields = tuple(Field(name, "text" if name == "text" else types[name]) for name in columns)
    if probabilities is not None:
        probabilities = np.array(probabilities, dtype=float)
    return Evidence(
        pd.DataFrame(columns), fields, tuple(classes), labels, frame, ("a", "b", "c"), Groups(of, medoid),
        probabilities, **more,
    )  # fmt: skip


def sure_of(codes, share=0.9, n_classes=2):
    """Probabilities that give each item's class in `codes` this share, the others the rest in equal parts."""
    codes = np.array(codes)
    given = np.full((len(codes), n_classes), (1 - share) / (n_classes - 1))
    given[np.arange(len(codes)), codes] = share
    return given
