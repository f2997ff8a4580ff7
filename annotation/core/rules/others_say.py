"""What most annotators say of each item, and what most of the others do, for each annotator's own vote."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class MostSaid:
    """n items, v votes, one per item and annotator. clear: int (n,), the class with most votes, −1 where there is none
    or several have most. without: int (v,), the same of the vote's item with that vote left out. voted: bool (n,), the
    item has a vote; others: bool (v,), it has another vote than this one."""

    clear: np.ndarray
    without: np.ndarray
    voted: np.ndarray
    others: np.ndarray


def most_said(item: np.ndarray, label: np.ndarray, n: int) -> MostSaid:
    """item: int (v,), positions in 0 … n − 1; label: int (v,), class codes from 0. Work and memory grow with the votes
    and not with the classes: only cells that have a vote are looked at."""
    width = int(label.max(initial=0)) + 1
    cells, of_vote, count = np.unique(item * width + label, return_inverse=True, return_counts=True)
    items, labels = np.divmod(cells, width)
    starts = np.flatnonzero(np.diff(items, prepend=-1))
    place = np.cumsum(np.diff(items, prepend=-1) > 0) - 1
    top = np.maximum.reduceat(count, starts) if len(starts) else count
    first = count == top[place]
    tied, summed = (np.bincount(place, values, len(starts)).astype(np.int64) for values in (first, labels * first))
    second = np.maximum.reduceat(np.where(first, 0, count), starts) if len(starts) else count
    clear = np.full(n, -1)
    clear[items[starts]] = np.where(tied == 1, summed, -1)
    votes = np.bincount(item, minlength=n)
    at, own = place[of_vote], count[of_vote]
    # Of two that tie the other one is left with most; a class alone in front stays so if it had two votes more.
    rest = np.where(tied[at] == 2, summed[at] - label, np.where(own - 1 > second[at], label, -1))
    rest = np.where(tied[at] > 2, -1, rest)
    return MostSaid(clear, np.where(own == top[at], rest, clear[item]), votes > 0, votes[item] > 1)
