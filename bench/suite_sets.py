"""The sets of the suite as tables: what a model may see, the labels given, and where the truth is known."""

import numpy as np
import pandas as pd

from annotation.core.fields import Field
from tests.shared import SHARED

SUITE = SHARED / "data/suite"
# What came with the labels and no model may see.
NEVER = {
    "id", "given_label", "true_label", "source", "group", "annotator", "n_answers", "agreement", "jigsaw_label",
    "dialect", "sarcasm", "original_class", "both", "top_share", "crowd_share", "expert_agreement",
    "gold_question", "split",
}  # fmt: skip
TEXTS = {"text", "chief_complaint"}


def read(name: str) -> tuple[pd.DataFrame, list[Field], list[str], np.ndarray, np.ndarray, np.ndarray]:
    """The fields' columns, the fields, the classes, the labels given as codes, where the truth is known, and where they
    are wrong."""
    rows = pd.read_csv(SUITE / name / "items.csv", dtype=str, keep_default_na=False)
    fields = [Field(column, _type(rows[column])) for column in rows if column not in NEVER]
    classes = sorted({*rows["given_label"], *rows["true_label"]} - {""})
    code = {one: number for number, one in enumerate(classes)}
    given, truth = (rows[one].map(lambda name: code.get(name, -1)).to_numpy() for one in ("given_label", "true_label"))
    known = truth >= 0
    if "both" in rows:  # both labels are right
        known &= (rows["both"].str.lower() != "true").to_numpy()
    return rows[[field.name for field in fields]], fields, classes, given, known, known & (given != truth)


def _type(column: pd.Series) -> str:
    if column.name in TEXTS:
        return "text"
    numbers = pd.to_numeric(column[column != ""], errors="coerce")
    return "number" if numbers.notna().mean() > 0.95 and numbers.nunique() > 8 else "category"
