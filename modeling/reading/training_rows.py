"""A training snapshot's rows as a fit takes them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from annotation import frames
from annotation.core.fields import Field
from annotation.core.likeness.grouping import group_items
from annotation.models import Snapshot
from annotation.reading.frozen_rows import rows_now


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """frame: the rows as frozen; table: their fields; labels: int (n,), positions in `classes`; groups: int (n,), of
    near-copies."""

    frame: pd.DataFrame
    table: pd.DataFrame
    fields: Sequence[Field]
    labels: np.ndarray
    classes: Sequence[str]
    groups: np.ndarray


def read_rows(snapshot: Snapshot) -> TrainingRows:
    dataset, frame = snapshot.dataset, rows_now(snapshot)
    table = frames.content_table(frame["content"], dataset.typed_fields)
    return TrainingRows(
        frame, table, dataset.typed_fields, frames.codes(frame["label"], dataset.class_names), dataset.class_names,
        group_items(table, dataset.typed_fields).of,
    )  # fmt: skip
