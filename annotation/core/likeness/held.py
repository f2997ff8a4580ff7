"""Texts that stand in other texts from their first letter to their last."""

import numpy as np

from annotation.core.likeness.letters import Letters, Streams

# A text of so many letters counts as held wherever in a sentence it stands. Chosen on honest rows of unlike sets.
HELD = 40
_WINDOW = 16
_ANCHORS = 4
# Of texts that share their rarest stretch so many are looked for.
_SHARING = 20
_BITS = 20


def held_in(texts: Streams, sought: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (p,), (p,): the position of a text that is `sought` (n,) bool and that of another which is not and holds it
    whole, from where a word begins to where one ends. Texts of fewer than HELD letters are not looked for.

    Each text is looked for by the stretch of _WINDOW letters that is rarest among a few of it, and compared by the hash
    of all its letters where that stretch is met: the work grows with the letters of the others.
    """
    if not len(sought):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    index = _Index([_anchored(start, stream, sought) for start, stream in texts])
    found = [index.met(start, stream, sought) for start, stream in texts]
    one, other = (np.concatenate(side) for side in zip(*found, strict=True))
    return one, other


class _Index:
    """The texts worth looking for, by their rarest stretch: `anchor` (s,) uint64, ascending, `offset` (s,) where it
    begins, `length` (s,), `whole` (s,) and `of` (s,)."""

    def __init__(self, parts: list[tuple[np.ndarray, ...]]) -> None:
        anchors, offsets, length, whole, of = (np.concatenate(side) for side in zip(*parts, strict=True))
        values, where, times = np.unique(anchors, return_inverse=True, return_counts=True)
        rarest = times[where].reshape(anchors.shape).argmin(axis=1) if len(anchors) else np.empty(0, dtype=np.int64)
        rows = np.arange(len(anchors))
        anchor = anchors[rows, rarest]
        order = np.argsort(anchor, kind="stable")
        order = order[_place_in_run(anchor[order]) < _SHARING]
        self.anchor, self.offset = anchor[order], offsets[rows, rarest][order]
        self.length, self.whole, self.of = length[order], whole[order], of[order]
        self.maybe = np.zeros(1 << _BITS, dtype=bool)
        self.maybe[_low(self.anchor)] = True

    def met(self, first: int, stream: Letters, sought_for: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which of the sought stand in which other texts of the stream, whose first has the position `first`."""
        if sought_for[first : first + len(stream.starts) - 1].all():
            return self.of[:0], self.of[:0]
        windows = stream.windows(_WINDOW)
        at = np.flatnonzero(self.maybe.take(_low(windows)))
        low = np.searchsorted(self.anchor, windows[at], "left")
        many = np.searchsorted(self.anchor, windows[at], "right") - low
        at, sought = np.repeat(at, many), np.repeat(low, many) + _place(many)
        begin = at - self.offset[sought]
        end = begin + self.length[sought]
        holder = np.searchsorted(stream.starts, at, "right") - 1
        inside = (begin >= stream.starts[holder]) & (end <= stream.starts[holder + 1]) & ~sought_for[first + holder]
        begin, end, sought, holder = (side[inside] for side in (begin, end, sought, holder))
        begins = stream.begins_word(begin) & (stream.begins_word(end) | (end == stream.starts[holder + 1]))
        same = begins & (stream.hashed(begin, end) == self.whole[sought])
        return self.of[sought[same]], holder[same] + first


def _anchored(first: int, stream: Letters, sought: np.ndarray) -> tuple[np.ndarray, ...]:
    """Of the sought texts long enough: hashes of some stretches (s, _ANCHORS) and where they begin, the length and the
    hash of the whole, and their positions."""
    begin, end = stream.starts[:-1], stream.starts[1:]
    long = (stream.weight(begin, end) >= HELD) & (end - begin >= _WINDOW)
    of = np.flatnonzero(long & sought[first : first + len(begin)])
    begin, end = begin[of], end[of]
    offsets = ((end - begin - _WINDOW)[:, None] * np.arange(_ANCHORS)) // (_ANCHORS - 1)
    at = begin[:, None] + offsets
    return stream.hashed(at, at + _WINDOW), offsets, end - begin, stream.hashed(begin, end), of + first


def _low(hashes: np.ndarray) -> np.ndarray:
    return (hashes >> np.uint64(64 - _BITS)).astype(np.int64)


def _place(many: np.ndarray) -> np.ndarray:
    """0, 1, … within each of several runs of these lengths."""
    return np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)


def _place_in_run(values: np.ndarray) -> np.ndarray:
    """0, 1, … within each run of equal values."""
    return _place(np.unique(values, return_counts=True)[1])
