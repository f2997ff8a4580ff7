"""Texts as streams of their letters and digits, of which any stretch has a hash at once.

The hash of a stretch is a polynomial modulo 2⁶⁴ (Karp & Rabin 1987): the difference of two prefix sums, divided by the
power where it begins. What stands between letters is no part of it, but two numbers side by side stay two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

_BASE = 0x9E3779B97F4A7C15
_APART = np.uint64(0x94D049BB133111EB)
_BLOCK = 1 << 17
# The streams of so many characters are kept: they take about twelve bytes each.
_KEPT = 1 << 25
_SEPARATOR = "\x00"
# Scripts without spaces, of which each character counts as a word, and those whose characters say as much as two.
_UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF))
_HEAVY = 0x1100
_TERMS = np.zeros(256, dtype=np.uint64)
_TERMS[:128] = [ord(chr(c).lower()) * 0xBF58476D1CE4E5B9 % (1 << 64) if chr(c).isalnum() else 0 for c in range(128)]
_TERMS ^= _TERMS >> np.uint64(31)
_IS_LETTER = _TERMS > 0
_IS_DIGIT = np.zeros(256, dtype=bool)
_IS_DIGIT[48:58] = True
_ENDS, _STOPS, _SPACE = 1, 2, 4
_BETWEEN = np.zeros(256, dtype=np.uint8)
_BETWEEN[[0, 10]] = _ENDS | _SPACE
_BETWEEN[list(b".!?:;|")] = _STOPS
_BETWEEN[list(b" \t\r")] = _SPACE


@dataclass(frozen=True)
class Letters:
    """The l letters of t texts: `starts` (t + 1,) where each text's begin; `digits` (l,) bool which of them are digits,
    `numbers` (k,) those that follow one of another number; `words` (w,) and `segments` (s,) where words and the parts
    between sentence ends or line breaks begin; `capitals` (c,) words with a capital after one in small letters; `sums`
    (l + 1,) uint64 and `inverse` (l + 1,) the powers that make the hash of a stretch; `heavy` (l + 1,) how many letters
    up to each say more than others, None where none does."""

    starts: np.ndarray
    digits: np.ndarray
    numbers: np.ndarray
    words: np.ndarray
    segments: np.ndarray
    capitals: np.ndarray
    sums: np.ndarray
    inverse: np.ndarray
    heavy: np.ndarray | None

    def hashed(self, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Hash uint64 (k,) of the stretches from `begin` to before `end`, both (k,)."""
        hashed = self.sums.take(end)
        hashed -= self.sums.take(begin)
        hashed *= self.inverse.take(begin)
        return hashed

    def windows(self, width: int) -> np.ndarray:
        """Hash of the stretch of `width` letters from each letter on, uint64 (l − width + 1,)."""
        n = max(0, len(self.sums) - width)
        hashed = self.sums[width : width + n] - self.sums[:n]
        hashed *= self.inverse[:n]
        return hashed

    def weight(self, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Letters int64 (k,) of stretches, those that say more counting twice."""
        return end - begin if self.heavy is None else end - begin + self.heavy[end] - self.heavy[begin]

    def word_ends(self) -> np.ndarray:
        """Where each word ends, (w,)."""
        return np.r_[self.words, len(self.sums) - 1][1:]

    def begins_word(self, at: np.ndarray) -> np.ndarray:
        """True (k,) where a word begins, or all letters are at an end."""
        place = np.searchsorted(self.words, at)
        return (at == len(self.sums) - 1) | (self.words.take(place, mode="clip") == at)


class Streams:
    """The streams of texts that `plain_letters` made, block by block, with the position of the first text of each; kept
    from one walk to the next unless they are very long."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self._kept: list[tuple[int, Letters]] | None = None

    def followed_by(self, texts: Sequence[str]) -> "Streams":
        """These texts and others after them."""
        both = Streams([*self.texts, *texts])
        if self._kept is not None:
            both._kept = [*self._kept, *((len(self.texts) + start, stream) for start, stream in Streams(texts))]
        return both

    def __iter__(self) -> Iterator[tuple[int, Letters]]:
        if self._kept is not None:
            yield from self._kept
            return
        kept: list[tuple[int, Letters]] | None = []
        characters = 0
        for start, stop in blocks(self.texts):
            stream = letters_of(self.texts[start:stop])
            characters += len(stream.sums)
            if kept is not None:
                kept = None if characters > _KEPT else [*kept, (start, stream)]
            yield start, stream
        self._kept = kept


class HashSet:
    """A set of hashes (k,) uint64, made for asking about many more that it mostly does not hold."""

    def __init__(self, hashes: np.ndarray) -> None:
        self.hashes = np.unique(hashes)
        self.maybe = np.zeros(1 << 20, dtype=bool)
        self.maybe[self._place(self.hashes)] = True

    def holds(self, hashes: np.ndarray) -> np.ndarray:
        """True (n,) for the hashes it holds."""
        held = self.maybe.take(self._place(hashes))
        maybe = np.flatnonzero(held)
        held[maybe] = np.isin(hashes[maybe], self.hashes)
        return held

    @staticmethod
    def _place(hashes: np.ndarray) -> np.ndarray:
        return (hashes >> np.uint64(44)).astype(np.int64)


def mixed(values: np.ndarray) -> np.ndarray:
    """uint64 values whose bits depend on one another in no simple way: sums of them say what was summed."""
    values = values ^ (values >> np.uint64(32))
    values *= np.uint64(0xD6E8FEB86659FD93)
    values ^= values >> np.uint64(32)
    return values


def blocks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Runs of texts that fit the processor's cache together."""
    start = characters = 0
    for stop, text in enumerate(texts, start=1):
        characters += len(text)
        if characters >= _BLOCK:
            yield start, stop
            start, characters = stop, 0
    if start < len(texts):
        yield start, len(texts)


def letters_of(texts: Sequence[str], apart: bool = True) -> Letters:
    """The stream of a few texts. Numbers side by side are two, or run together if not `apart`."""
    joined = _SEPARATOR.join(texts) + _SEPARATOR
    points, is_letter = _points(joined)
    place = np.flatnonzero(is_letter)
    letters = points.take(place)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1
    starts = np.searchsorted(place, np.r_[0, np.cumsum(lengths)])
    begins = np.ones(len(place), dtype=bool)
    np.greater(np.diff(place), 1, out=begins[1:])
    digits = _IS_DIGIT.take(letters, mode="clip")
    numbers = np.flatnonzero(begins & digits & np.r_[False, digits[:-1]][: len(digits)])
    numbers = numbers[~np.isin(numbers, starts)]
    heavy = None
    if points.dtype != np.uint8:
        for first, last in _UNSPACED:
            begins |= (letters >= first) & (letters <= last)
        heavy = np.r_[0, np.cumsum(letters >= _HEAVY)]
    sums, inverse = _sums(letters, numbers if apart else numbers[:0])
    words, segments = np.flatnonzero(begins), _segments(points, is_letter, place)
    capital = (letters >= 65) & (letters <= 90)
    capitals = words[1:][capital[words[1:]] & ~capital[words[1:] - 1]]
    return Letters(np.asarray(starts), digits, numbers, words, segments, capitals, sums, inverse, heavy)


def _points(joined: str) -> tuple[np.ndarray, np.ndarray]:
    """The characters, uint8 where they are ASCII and uint32 else, and which are letters or digits."""
    if joined.isascii():
        points = np.frombuffer(joined.encode("ascii"), dtype=np.uint8)
        return points, _IS_LETTER.take(points)
    wide = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return wide, (wide >= 128) | _IS_LETTER.take(wide, mode="clip")


def _segments(points: np.ndarray, is_letter: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Where a part begins: after a line break, or a full stop or the like before white space."""
    if not len(place):
        return place
    between = np.flatnonzero(~is_letter)
    kind = _BETWEEN.take(points.take(between), mode="clip")
    following = _BETWEEN.take(points.take(np.minimum(between + 1, len(points) - 1)), mode="clip")
    ends = between[(kind & _ENDS > 0) | (kind & _STOPS > 0) & (following & _SPACE > 0)]
    begins = np.searchsorted(place, ends)
    begins = np.r_[0, begins[begins < len(place)]]
    return begins[np.diff(begins, prepend=-1) > 0]


def _sums(letters: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    powers, inverse = _powers(1 << max(17, len(letters).bit_length()))
    terms = _TERMS.take(letters, mode="clip")
    if letters.dtype != np.uint8:
        wide = np.flatnonzero(letters >= 128)
        terms[wide] = mixed(letters[wide].astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9))
    terms[numbers] ^= _APART
    terms *= powers[: len(terms)]
    sums = np.zeros(len(terms) + 1, dtype=np.uint64)
    np.cumsum(terms, out=sums[1:])
    return sums, inverse[: len(sums)]


@lru_cache(maxsize=4)
def _powers(size: int) -> tuple[np.ndarray, np.ndarray]:
    """The powers of the base and of its inverse modulo 2⁶⁴."""
    both = []
    for base in (_BASE, pow(_BASE, -1, 1 << 64)):
        powers = np.full(size + 1, base, dtype=np.uint64)
        powers[0] = 1
        both.append(np.cumprod(powers))
    return both[0], both[1]
