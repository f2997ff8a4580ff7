"""Groups round medoids out of buckets of candidates: what texts and rows have in common.

Links are verified pair by pair inside buckets, so that the cost grows with the number of inputs however many of them
are alike; groups are stars round a medoid, so that chains of small changes do not grow.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from annotation.core.minhash import reference_links, star_links

Alike = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Groups:
    """Every item's group. `of` (n,) int64 is the group number of each item, a singleton having a group of its own;
    `medoid` (n_groups,) int64 is the position of the item that every other member was verified against."""

    of: np.ndarray
    medoid: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """Items in each group, shape (n_groups,)."""
        return np.bincount(self.of, minlength=len(self.medoid))

    def as_lists(self, min_size: int = 2) -> list[np.ndarray]:
        """The positions of the members, ascending, of every group of at least `min_size` items, in group order."""
        sizes = self.sizes
        positions = np.flatnonzero(sizes[self.of] >= min_size)
        positions = positions[np.argsort(self.of[positions], kind="stable")]
        ends = np.cumsum(sizes[sizes >= min_size])
        return np.split(positions, ends[:-1]) if len(ends) else []


def grouped(buckets: np.ndarray, linked: Alike, belongs: Alike, codes: np.ndarray, hashes: np.ndarray) -> Groups:
    """Groups of n items, from the buckets (bands, d) of their distinct inputs, the position `codes` (n,) of each item's
    distinct input and a hash (d,) of every input's content, which settles ties. `linked` tells which pairs are alike,
    `belongs` which may stay in one group with their medoid."""
    return _numbered(codes, _medoids(buckets, linked, belongs, codes, hashes))


def copies(buckets: np.ndarray, alike: Alike, codes: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """True (n,) for items outside the `reference` (n,) bool whose distinct input is within it or alike to one there."""
    reference = np.asarray(reference, dtype=bool)
    inside = np.zeros(buckets.shape[1], dtype=bool)
    inside[codes[reference]] = True
    copied = inside.copy()
    for bucket, then in zip(buckets, np.roll(buckets, -1, axis=0), strict=True):
        outside, within = reference_links(bucket, then, inside)
        undecided = ~copied[outside]
        outside, within = outside[undecided], within[undecided]
        copied[outside[alike(outside, within)]] = True
    return copied[codes] & ~reference


def _medoids(buckets: np.ndarray, linked: Alike, belongs: Alike, codes: np.ndarray, hashes: np.ndarray) -> np.ndarray:
    """The medoid (d,) of each distinct input."""
    left, right = _verified_links(buckets, linked)
    copies = np.bincount(codes, minlength=buckets.shape[1])
    return _stars(left, right, belongs, copies, hashes)


def _verified_links(buckets: np.ndarray, alike: Alike) -> tuple[np.ndarray, np.ndarray]:
    """Alike pairs that connect all that is alike. A pair already connected is not checked again: this keeps the work
    of a giant group that of any other."""
    n = buckets.shape[1]
    component = np.arange(n)
    lefts, rights = [], []
    for bucket, then in zip(buckets, np.roll(buckets, -1, axis=0), strict=True):
        left, right = star_links(bucket, then)
        apart = component[left] != component[right]
        left, right = left[apart], right[apart]
        verified = alike(left, right)
        left, right = left[verified], right[verified]
        if len(left):
            lefts.append(left)
            rights.append(right)
            joined = coo_matrix((np.ones(len(left)), (component[left], component[right])), shape=(n, n))
            component = connected_components(joined, directed=False)[1][component]
    empty = np.empty(0, dtype=np.int64)
    return np.concatenate([empty, *lefts]), np.concatenate([empty, *rights])


def _stars(left: np.ndarray, right: np.ndarray, alike: Alike, copies: np.ndarray, hashes: np.ndarray) -> np.ndarray:
    """The medoid (n,) of each input, its own where it has no group.

    In each round the inputs that outweigh all their neighbours, counting copies, become medoids; neighbours join them,
    then neighbours of neighbours that are alike to the medoid itself; the rest goes on to the next round. So a chain of
    small changes breaks into groups whose members were all compared with their medoid.
    """
    n = len(copies)
    medoid = np.full(n, -1)
    while len(left):
        weight = copies + np.bincount(left, copies[right], n) + np.bincount(right, copies[left], n)
        rank = np.empty(n, dtype=np.int64)
        rank[np.lexsort((hashes, copies, weight))] = np.arange(n)
        best = rank.copy()
        np.maximum.at(best, left, rank[right])
        np.maximum.at(best, right, rank[left])
        chosen = np.zeros(n, dtype=bool)
        chosen[left] = chosen[right] = True
        chosen &= best == rank
        medoid[chosen] = np.flatnonzero(chosen)
        reached = chosen
        while reached.any():
            reached = _reached(left, right, reached, medoid, rank, alike)
        free = (medoid[left] < 0) & (medoid[right] < 0)
        left, right = left[free], right[free]
    return np.where(medoid < 0, np.arange(n), medoid)


def _reached(
    left: np.ndarray, right: np.ndarray, reached: np.ndarray, medoid: np.ndarray, rank: np.ndarray, alike: Alike
) -> np.ndarray:
    """Let the free neighbours of the inputs just `reached` (n,) join those inputs' medoids; True where one did."""
    source, target = np.r_[left, right], np.r_[right, left]
    open_ = reached[source] & (medoid[target] < 0)
    centre, target = medoid[source[open_]], target[open_]
    pairs = np.unique(np.stack([target, centre]), axis=1)
    target, centre = pairs[:, alike(pairs[0], pairs[1])]
    # of several medoids the weightiest: in ascending order the last one written stays
    order = np.argsort(rank[centre], kind="stable")
    medoid[target[order]] = centre[order]
    joined = np.zeros(len(medoid), dtype=bool)
    joined[target] = True
    return joined


def _numbered(codes: np.ndarray, medoid: np.ndarray) -> Groups:
    """Groups numbered in order of appearance, from each item's distinct input and each distinct input's medoid."""
    first = np.full(len(medoid), len(codes))
    np.minimum.at(first, codes, np.arange(len(codes)))
    of, medoids = pd.factorize(medoid[codes])
    return Groups(of.astype(np.int64), first[medoids].astype(np.int64))
