"""What many annotators together say about each item."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Majority:
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


def majority(frame: pd.DataFrame, n_items: int, n_classes: int) -> Majority:
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
    return Majority(winner, most / np.maximum(total, 1), total, tied)


# Compared by identity: arrays have no one equality.
@dataclass(frozen=True, eq=False)
class Votes:
    """m counting labels as int64 codes, one per item and annotator, in the form every estimator eats.

    item (m,) in [0, n_items), annotator (m,) in [0, n_annotators), label (m,) in [0, n_classes).
    """

    item: np.ndarray
    annotator: np.ndarray
    label: np.ndarray
    n_items: int
    n_annotators: int
    n_classes: int

    def __len__(self) -> int:
        return len(self.item)

    @cached_property
    def counts(self) -> np.ndarray:
        """How many annotators gave each item each label, float (n_items, n_classes)."""
        cells = self.item * self.n_classes + self.label
        return np.bincount(cells, minlength=self.n_items * self.n_classes).reshape(self.n_items, -1).astype(float)

    @cached_property
    def per_item(self) -> np.ndarray:
        """How many labels each item has, int (n_items,)."""
        return np.bincount(self.item, minlength=self.n_items)

    @cached_property
    def overlap(self) -> bool:
        """Whether any item has two labels: without that nobody can be judged by anybody."""
        return bool((self.per_item > 1).any())

    def where(self, kept: np.ndarray) -> "Votes":
        """The votes of a bool mask (m,); items, annotators and classes keep their codes."""
        return Votes(
            self.item[kept], self.annotator[kept], self.label[kept], self.n_items, self.n_annotators, self.n_classes
        )


def votes_of(frame: pd.DataFrame, n_items: int, n_annotators: int, n_classes: int) -> Votes:
    """The counting labels of a frame of integer codes with the columns item, annotator and label (−1 = an abstention),
    its rows in time order."""
    counting = counting_labels(frame[frame["label"] >= 0])
    item, annotator, label = (counting[name].to_numpy(np.int64) for name in ("item", "annotator", "label"))
    return Votes(item, annotator, label, n_items, n_annotators, n_classes)


def majority_posterior(votes: Votes) -> np.ndarray:
    """Share of the votes by item and class, float (n_items, n_classes); an item without votes is even."""
    counts, total = votes.counts, votes.per_item[:, np.newaxis]
    return np.where(total > 0, counts / np.maximum(total, 1), 1 / max(votes.n_classes, 1))


def likeliest(probabilities: np.ndarray, votes: Votes) -> np.ndarray:
    """The likeliest class by item, int (n_items,); −1 where several are equally likely or nobody voted."""
    if not probabilities.size:
        return np.full(votes.n_items, -1, dtype=np.int64)
    highest = probabilities.max(axis=1, keepdims=True)
    shared = (probabilities >= highest - 1e-9).sum(axis=1) > 1
    return np.where(shared | (votes.per_item == 0), -1, probabilities.argmax(axis=1))
