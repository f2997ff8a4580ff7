"""What many annotators together say about each item."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Consensus:
    """Arrays of shape (n_items,), by item position.

    `label` is the label with most votes, -1 where there is no vote or a tie; `share` in [0, 1] is the share of the
    votes that the strongest label has, 0 without votes; `votes` counts annotators; `tied` is True where several labels
    have most votes.
    """

    label: np.ndarray
    share: np.ndarray
    votes: np.ndarray
    tied: np.ndarray


def counting_labels(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of `frame` (item, annotator, label; in time order) that count: a missing label is an abstention and no
    label, and the same annotator's later label for an item counts in place of the earlier."""
    return frame[frame["label"].notna()].drop_duplicates(["item", "annotator"], keep="last")


def majority(frame: pd.DataFrame, n_items: int, n_classes: int) -> Consensus:
    """Majority label of every item, from a frame of integer codes with the columns item in [0, n_items), annotator, and
    label in [0, n_classes) or -1 for an abstention. Rows are in time order."""
    votes = counting_labels(frame[frame["label"] >= 0])
    codes = votes["item"].to_numpy(np.int64) * n_classes + votes["label"].to_numpy(np.int64)
    cell, count = np.unique(codes, return_counts=True)
    item, label = np.divmod(cell, max(n_classes, 1))
    most = np.zeros(n_items, dtype=np.int64)
    np.maximum.at(most, item, count)
    strongest = count == most[item]
    tied = np.bincount(item[strongest], minlength=n_items) > 1
    winner = np.full(n_items, -1, dtype=np.int64)
    winner[item[strongest]] = label[strongest]
    winner[tied] = -1
    total = np.bincount(votes["item"].to_numpy(np.int64), minlength=n_items)
    return Consensus(winner, most / np.maximum(total, 1), total, tied)
