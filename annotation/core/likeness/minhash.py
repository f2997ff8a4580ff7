"""A sketch of every text that makes similar texts meet in the same buckets, and the pairs worth checking there.

MinHash (Broder 1997) over shingles of four characters, cut into bands (Leskovec, Rajaraman & Ullman 2014, chapter 3):
two texts whose sets of shingles have Jaccard similarity J share a bucket with probability 1 - (1 - J^5)^20, which is
.19 at J = .4, .80 at .6 and .9996 at .8.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

BANDS = 20
ROWS = 5
SHINGLE = 4
# Characters, or pairs, worked on at once: they fit the processor's cache, and no kernel runs for long.
_BLOCK = 1 << 17
_PAIRS = 1 << 12


@dataclass(frozen=True)
class Sketch:
    """`buckets` (BANDS, n) uint32: the bucket of each text in each band; `marks` (n, BANDS * ROWS) uint8: the low byte
    of each minimum, whose agreement estimates the Jaccard similarity of two texts (Li & König 2010)."""

    buckets: np.ndarray
    marks: np.ndarray

    def similarity(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Estimated Jaccard similarity in [0, 1] of the pairs of positions `left` and `right`, both (pairs,)."""
        similarity = np.empty(len(left), dtype=np.float32)
        for start in range(0, len(left), _PAIRS):
            block = slice(start, start + _PAIRS)
            agree = self.marks.take(left[block], axis=0) == self.marks.take(right[block], axis=0)
            # four marks at once: no byte of the sum of these words exceeds 25, nor the four together 100
            words = np.einsum("ij->i", agree.view(np.uint32))
            similarity[block] = (words * np.uint32(0x01010101)) >> np.uint32(24)
        similarity /= np.float32(self.marks.shape[1])
        return similarity


def sketch(texts: Sequence[str], seed: int) -> Sketch:
    """Sketch of each text. Characters are what is compared, so normalise first. Memory beyond the result is bounded."""
    random = np.random.default_rng(seed)
    factors = random.integers(0, 1 << 31, BANDS * ROWS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    shifts = random.integers(0, 1 << 32, BANDS * ROWS, dtype=np.uint32)
    buckets = np.empty((BANDS, len(texts)), dtype=np.uint32)
    marks = np.empty((len(texts), BANDS * ROWS), dtype=np.uint8)
    for start, stop in _blocks(texts):
        shingles, starts = _shingles(texts[start:stop])
        minima = _minima(shingles, starts, factors, shifts)
        buckets[:, start:stop] = _folded(minima.reshape(BANDS, ROWS, -1))
        marks[start:stop] = minima.T.astype(np.uint8)
    return Sketch(buckets, marks)


def _blocks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Runs of texts of about _BLOCK characters together: few enough to stay in the processor's cache."""
    start = characters = 0
    for stop, text in enumerate(texts, start=1):
        characters += len(text)
        if characters >= _BLOCK:
            yield start, stop
            start, characters = stop, 0
    if start < len(texts):
        yield start, len(texts)


def _shingles(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Hashed shingles (uint32) of all texts in one array and where each text's begin; every text has at least one."""
    lengths = np.fromiter((max(len(text), SHINGLE) for text in texts), dtype=np.int64, count=len(texts))
    joined = "".join(text if len(text) >= SHINGLE else text.ljust(SHINGLE, "\0") for text in texts)
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    ends = np.cumsum(lengths)
    hashed = np.zeros(len(points), dtype=np.uint32)
    for offset in range(SHINGLE):
        hashed *= np.uint32(0x01000193)
        hashed[: len(points) - offset] += points[offset:]
    hashed = _mixed(hashed)
    inside = np.ones(len(points), dtype=bool)
    for offset in range(1, SHINGLE):
        inside[ends - offset] = False
    counts = lengths - SHINGLE + 1
    return hashed[inside], np.cumsum(counts) - counts


def _minima(shingles: np.ndarray, starts: np.ndarray, factors: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """The least value of every hash function over the shingles of each text, shape (functions, texts)."""
    minima = np.empty((len(factors), len(starts)), dtype=np.uint32)
    values = np.empty_like(shingles)
    for k, (factor, shift) in enumerate(zip(factors, shifts, strict=True)):
        np.multiply(shingles, factor, out=values)
        np.add(values, shift, out=values)
        np.minimum.reduceat(values, starts, out=minima[k])
    return minima


def _folded(rows: np.ndarray) -> np.ndarray:
    """One number for the ROWS minima of each band: (BANDS, ROWS, texts) to (BANDS, texts)."""
    folded = np.zeros((rows.shape[0], rows.shape[2]), dtype=np.uint32)
    for row in range(rows.shape[1]):
        folded = _mixed(folded * np.uint32(0x9E3779B1) + rows[:, row])
    return folded


def _mixed(values: np.ndarray) -> np.ndarray:
    """The finaliser of MurmurHash3 (Appleby 2011): every input bit reaches every output bit."""
    values = values ^ (values >> np.uint32(16))
    values *= np.uint32(0x85EBCA6B)
    values ^= values >> np.uint32(13)
    values *= np.uint32(0xC2B2AE35)
    values ^= values >> np.uint32(16)
    return values


def star_links(bucket: np.ndarray, then: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs worth checking among the members of each bucket (n,): two arrays of positions, no pair twice.

    Each member is linked to the three before it and to the first of its bucket, so links grow with the members and not
    with their square. `then` (n,), a second bucket of each member, puts the likeliest partners side by side.
    """
    order, sorted_bucket = _in_bucket_order(bucket, then)
    starts = np.flatnonzero(np.r_[True, sorted_bucket[1:] != sorted_bucket[:-1]][: len(order)])
    if not len(starts):
        return order, order
    head = np.repeat(np.minimum.reduceat(order, starts), np.diff(np.r_[starts, len(order)]))
    other = head != order
    others = np.flatnonzero(other)
    links = [(head.take(others), order.take(others))]
    for back in (1, 2, 3):
        together = np.flatnonzero((sorted_bucket[back:] == sorted_bucket[:-back]) & other[back:] & other[:-back])
        links.append((order.take(together), order.take(together + back)))
    return _joined(links)


def reference_links(bucket: np.ndarray, then: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (outside, inside) worth checking between members outside and inside the `reference` (n,) bool: in its
    bucket each outsider meets the two references before it and the two after it, in the order of `star_links`."""
    order, sorted_bucket = _in_bucket_order(bucket, then)
    inside = np.flatnonzero(reference[order])
    outside = np.flatnonzero(~reference[order])
    following = np.searchsorted(inside, outside)
    links = []
    for step in (-2, -1, 0, 1):
        rank = following + step
        possible = (rank >= 0) & (rank < len(inside))
        left, right = outside[possible], inside[rank[possible]]
        together = sorted_bucket[left] == sorted_bucket[right]
        links.append((order[left[together]], order[right[together]]))
    return _joined(links)


def _in_bucket_order(bucket: np.ndarray, then: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions and the number of their bucket, bucket by bucket, without the members that are alone in theirs."""
    keys = _sorted_with_places(bucket)
    shared = np.zeros(len(keys), dtype=bool)
    same = (keys[1:] ^ keys[:-1]) >> np.uint64(32) == 0
    shared[1:] = same
    shared[:-1] |= same
    keys = keys.take(np.flatnonzero(shared))
    order, in_order = keys.astype(np.uint32), keys >> np.uint64(32)
    number = np.zeros(len(order), dtype=np.uint32)
    np.cumsum(in_order[1:] != in_order[:-1], out=number[1:])
    # one sort of whole words: number of the bucket, the part of `then` there is room for, place
    bits = len(order).bit_length()
    room = (1 << min(32, 64 - 2 * bits)) - 1
    keys = number.astype(np.uint64) << np.uint64(64 - bits)
    keys |= (then.take(order) & np.uint32(room)).astype(np.uint64) << np.uint64(bits)
    keys |= np.arange(len(order), dtype=np.uint64)
    keys.sort()
    return order.take((keys & np.uint64((1 << bits) - 1)).astype(np.int64)).astype(np.int64), number


def stable_order(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The positions that put `values` (n,), integers in [0, 2 ** 32), in ascending order, ties as they stood, and the
    values in that order; both (n,) uint32."""
    keys = _sorted_with_places(values)
    return keys.astype(np.uint32), (keys >> np.uint64(32)).astype(np.uint32)


def _sorted_with_places(values: np.ndarray) -> np.ndarray:
    """`values` (n,), integers in [0, 2 ** 32), above their places, ascending, uint64 (n,): sorting whole 64-bit numbers
    takes a fifth of the time that a stable argsort takes."""
    keys = values.astype(np.uint64)
    keys <<= np.uint64(32)
    keys |= np.arange(len(values), dtype=np.uint32)
    keys.sort()
    return keys


def _joined(links: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """All links, in ascending order: whoever works through them reads memory from front to back."""
    keys = np.concatenate([left << 32 | right for left, right in links])
    keys.sort()
    return keys >> 32, keys & 0xFFFFFFFF
