"""What is worked out of the items before any detector looks: groups, embeddings, neighbours, an out-of-fold model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from annotation.core.features.matrices import Features, read_features, text_embeddings
from annotation.core.features.places import places
from annotation.core.fields import Field
from annotation.core.judging.out_of_fold import Judged, out_of_fold
from annotation.core.likeness.grouping import regroup_items
from annotation.core.likeness.near_duplicates import Groups
from annotation.core.likeness.neighbours import nearest
from annotation.core.progress import Report

NEIGHBOURS = 10
# Of more items embeddings are kept in half precision: a cosine moves by less than a thousandth.
HALVED = 200_000


# Compared by identity: arrays have no one equality.
@dataclass(frozen=True, eq=False)
class Gathered:
    """Of n items, row by row; all but judged as in `Evidence`. judged: None where there is no label or nothing said."""

    groups: Groups
    index: Mapping[str, np.ndarray]
    embeddings: np.ndarray | None
    place: np.ndarray | None
    neighbours: tuple[np.ndarray, np.ndarray] | None
    judged: Judged | None


def gather_at_once(
    table: pd.DataFrame, fields: Sequence[Field], labels: np.ndarray, n_classes: int, seed: int, report: Report,
    index: Mapping[str, np.ndarray],
) -> Gathered:  # fmt: skip
    """Everything in this process. table: `typed`; labels: int (n,), −1 = none; index: as `build_evidence` has it."""
    # The matrices are sparse and the sums short: more threads only wait for one another.
    with threadpool_limits(1):
        report("finding near-duplicates", 0.0)
        groups, index = regroup_items(table, fields, index, seed)
        report("reading the fields", 0.1)
        embeddings, features = read(table, fields)
        place = None if features is None else places(features.terms, features.vectors, seed)
        judged, neighbours = None, None
        if features is not None and (labels >= 0).any():
            report("finding neighbours", 0.3)
            neighbours = nearest(
                features.vectors, groups.of, NEIGHBOURS, seed,
                lambda share: report("finding neighbours", 0.3 + 0.2 * share),
            )  # fmt: skip
            judged = out_of_fold(
                features, labels, groups.of, n_classes, seed,
                lambda share: report("judging each label by the others", 0.5 + 0.5 * share),
            )  # fmt: skip
    return Gathered(groups, index, embeddings, place, neighbours, judged)


def read(table: pd.DataFrame, fields: Sequence[Field]) -> tuple[np.ndarray | None, Features | None]:
    """The embeddings and the features of a `typed` table."""
    embeddings = text_embeddings(table, fields, np.float16 if len(table) > HALVED else np.float32)
    return embeddings, read_features(table, fields, embeddings)
