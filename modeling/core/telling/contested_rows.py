"""Items on which annotators, group members or experts disagree."""

import numpy as np
import pandas as pd


def contested_rows(item: np.ndarray, labels: np.ndarray, group: np.ndarray, answers: pd.DataFrame) -> np.ndarray:
    """Bool (n,): people's answers for the item differ, or the labels of its near-copies do.

    item: int (n,), distinct ids. labels: int (m, n), what the rows carry, a row for each version of the labels; −1 =
    none. group: int (n,). answers: columns item and label, each annotator's answer that counts, experts' among them.
    """
    given = answers.groupby("item")["label"].nunique()
    apart = np.isin(item, given.index[given > 1])
    for version in labels:
        versions = pd.Series(np.where(version < 0, np.nan, version)).groupby(group)
        apart |= versions.transform("nunique").to_numpy() > 1
    return apart
