"""Groups round medoids out of buckets of candidates: what texts and rows have in common.

Links are verified pair by pair inside buckets, so that the cost grows with the number of inputs however many of them
are alike; groups are stars round a medoid, so that chains of small changes do not grow.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from annotation.core.likeness.minhash import reference_links, stable_order, star_links

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
    `belongs` which may stay in one group with their medoid, as all that are linked may."""
    return _numbered(codes, _medoids(buckets, linked, belongs, codes, hashes))


def copies(buckets: np.ndarray, alike: Alike, codes: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """True (n,) for items outside the `reference` (n,) bool whose distinct input is within it or alike to one there."""
    reference = np.asarray(reference, dtype=bool)
    inside = np.zeros(buckets.shape[1], dtype=bool)
    inside[codes[reference]] = True
    copied = inside.copy()
    for bucket, then in _with_next(buckets):
        outside, within = reference_links(bucket, then, inside)
        undecided = ~copied[outside]
        outside, within = outside[undecided], within[undecided]
        copied[outside[alike(outside, within)]] = True
    return copied[codes] & ~reference


def _with_next(buckets: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Every band beside the one after it, the last beside the first."""
    return zip(buckets, [*buckets[1:], *buckets[:1]], strict=True)


def _medoids(buckets: np.ndarray, linked: Alike, belongs: Alike, codes: np.ndarray, hashes: np.ndarray) -> np.ndarray:
    """The medoid (d,) of each distinct input."""
    left, right = _verified_links(buckets, linked)
    medoid = np.arange(buckets.shape[1])
    nodes, left, right = _among_themselves(left, right, len(medoid))

    def alike(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return belongs(nodes[one], nodes[other])

    copies = np.bincount(codes, minlength=len(medoid))
    medoid[nodes] = nodes[_stars(left, right, alike, copies[nodes], hashes[nodes])]
    return medoid


def _among_themselves(left: np.ndarray, right: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which of n nodes the links join, ascending, and the links (pairs,) by position among these: most nodes have none,
    and work on the others is spared the walk past them."""
    joined = np.zeros(n, dtype=bool)
    joined[left] = joined[right] = True
    nodes = np.flatnonzero(joined)
    place = np.empty(n, dtype=np.int64)
    place[nodes] = np.arange(len(nodes))
    return nodes, place[left], place[right]


def _verified_links(buckets: np.ndarray, alike: Alike) -> tuple[np.ndarray, np.ndarray]:
    """Alike pairs that connect all that is alike. A pair already connected is not checked again: this keeps the work
    of a giant group that of any other."""
    n = buckets.shape[1]
    component = np.arange(n, dtype=np.int32)
    joins = component.copy()
    lefts, rights = [], []
    for bucket, then in _with_next(buckets):
        left, right = star_links(bucket, then)
        apart = np.flatnonzero(component.take(left) != component.take(right))
        left, right = left.take(apart), right.take(apart)
        verified = alike(left, right)
        left, right = left[verified], right[verified]
        if len(left):
            lefts.append(left)
            rights.append(right)
            nodes, left, right = _among_themselves(component[left], component[right], n)
            links = coo_matrix((np.ones(len(left), dtype=bool), (left, right)), shape=(len(nodes), len(nodes)))
            count, of = connected_components(links, directed=False)
            first = np.empty(count, dtype=np.int32)
            first[of] = nodes
            joins[nodes] = first[of]
            component = joins.take(component)
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
    settled = np.lexsort((hashes, copies))
    while len(left):
        weight = copies + np.bincount(left, copies[right], n) + np.bincount(right, copies[left], n)
        rank = np.empty(n, dtype=np.int64)
        rank[settled[stable_order(weight[settled])[0]]] = np.arange(n)
        best = rank.copy()
        np.maximum.at(best, left, rank[right])
        np.maximum.at(best, right, rank[left])
        chosen = np.zeros(n, dtype=bool)
        chosen[left] = chosen[right] = True
        chosen &= best == rank
        medoid[chosen] = np.flatnonzero(chosen)
        # who is linked to a medoid was compared with it
        reached = _reached(left, right, chosen, medoid, rank, _linked)
        while reached.any():
            reached = _reached(left, right, reached, medoid, rank, alike)
        free = (medoid[left] < 0) & (medoid[right] < 0)
        left, right = left[free], right[free]
    return np.where(medoid < 0, np.arange(n), medoid)


def _linked(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.ones(len(left), dtype=bool)


def _reached(
    left: np.ndarray, right: np.ndarray, reached: np.ndarray, medoid: np.ndarray, rank: np.ndarray, alike: Alike
) -> np.ndarray:
    """Let the free neighbours of the inputs just `reached` (n,) join those inputs' medoids; True where one did."""
    source, target = np.r_[left, right], np.r_[right, left]
    open_ = reached[source] & (medoid[target] < 0)
    centre, target = medoid[source[open_]], target[open_]
    target, centre = np.divmod(np.unique(target * len(medoid) + centre), len(medoid))
    verified = alike(target, centre)
    target, centre = target[verified], centre[verified]
    # of several medoids the weightiest: in ascending order the last one written stays
    order = np.argsort(rank[centre], kind="stable")
    medoid[target[order]] = centre[order]
    joined = np.zeros(len(medoid), dtype=bool)
    joined[target] = True
    return joined


def _numbered(codes: np.ndarray, medoid: np.ndarray) -> Groups:
    """Groups numbered in order of appearance, from each item's distinct input and each distinct input's medoid."""
    first = np.empty(len(medoid), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    # the distinct inputs are in order of appearance: a group appears with the first of its members
    opens = np.full(len(medoid), len(medoid))
    np.minimum.at(opens, medoid, np.arange(len(medoid)))
    opening = opens[medoid]
    heads = np.flatnonzero(opening == np.arange(len(medoid)))
    number = np.empty(len(medoid), dtype=np.int64)
    number[heads] = np.arange(len(heads))
    return Groups(number[opening][codes], first[medoid[heads]])
