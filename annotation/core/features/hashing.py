"""Texts to a sparse matrix of words, pairs of words and characters inside words, hashed: one pass, no vocabulary."""

import unicodedata
from collections.abc import Sequence

import numpy as np
from scipy import sparse

from annotation.core.compiled import compiled

# 2 ** 20 places for a few hundred thousand terms: one in some dozen shares its column with another.
BITS = 20
CHARACTERS = 4
# What a code point is to the reader of words.
OTHER, LETTER, DIGIT, SYMBOL = 0, 1, 2, 3


def hashed_terms(texts: Sequence[str], rarest: int = 2) -> sparse.csr_matrix:
    """Float32 CSR (n, terms): sublinear TF-IDF of words, pairs of neighbouring words and runs of 4 characters inside
    words, rows of length 1, no entry negative.

    Whatever its case a word is the same; every number reads as 0, so that a text is known by what it says and not by
    its figures; currency and percent signs are words. Terms in fewer than `rarest` texts are left out, as are, by the
    hash, names of columns (Weinberger et al. 2009).
    """
    points, starts = _code_points(texts)
    kinds = _kinds(points)
    ends = _count_terms(points, kinds, starts)
    terms = np.empty(ends[-1], dtype=np.int64)
    _write_terms(points, kinds, starts, ends, terms)
    indptr, indices, counts = _rows(terms, ends)
    return _weighed(indptr, indices, counts, rarest)


def _code_points(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """All texts in lower case as one array of code points, and where each starts, int (n + 1,)."""
    lowered = [text.lower() for text in texts]
    starts = np.zeros(len(lowered) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in lowered], out=starts[1:])
    joined = "".join(lowered).encode("utf-32-le", "surrogatepass")
    return np.frombuffer(joined, dtype=np.uint32), starts


def _kinds(points: np.ndarray) -> np.ndarray:
    """What each code point is, int8 like `points`."""
    table = np.zeros(int(points.max(initial=0)) + 1, dtype=np.int8)
    for point in np.flatnonzero(np.bincount(points, minlength=1)):
        table[point] = _kind(chr(point))
    return table[points]


def _kind(character: str) -> int:
    if character.isdigit():
        return DIGIT
    if character.isalnum() or character == "_" or unicodedata.category(character).startswith("M"):
        return LETTER
    return SYMBOL if character in "%‰" or unicodedata.category(character) == "Sc" else OTHER


@compiled()
def _word_end(kinds: np.ndarray, points: np.ndarray, at: int, end: int) -> int:
    """Where the word, number or symbol that starts at `at` ends."""
    kind = kinds[at]
    if kind == SYMBOL:
        return at + 1
    place = at + 1
    if kind == LETTER:
        while place < end and kinds[place] == LETTER:
            place += 1
        return place
    while place < end:
        # Digits may be parted by a point or a comma: 1,250.5 is one number.
        parted = points[place] == 44 or points[place] == 46
        if not (kinds[place] == DIGIT or (parted and place + 1 < end and kinds[place + 1] == DIGIT)):
            break
        place += 1
    return place


@compiled()
def _count_terms(points: np.ndarray, kinds: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Where the terms of each text end among the terms of all, int64 (n + 1,)."""
    ends = np.zeros(len(starts), dtype=np.int64)
    for row in range(len(starts) - 1):
        at, end, count, words = starts[row], starts[row + 1], 0, 0
        while at < end:
            if kinds[at] == OTHER:
                at += 1
                continue
            stop = _word_end(kinds, points, at, end)
            length = 1 if kinds[at] == DIGIT else stop - at
            count += 1 + max(1, length + 3 - CHARACTERS)
            words += 1
            at = stop
        ends[row + 1] = ends[row] + count + max(0, words - 1)
    return ends


@compiled()
def _mixed(value: np.uint64) -> np.uint64:
    """The bits of `value` spread over the whole word (the finalizer of splitmix64, Steele et al. 2014)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@compiled()
def _write_terms(
    points: np.ndarray, kinds: np.ndarray, starts: np.ndarray, ends: np.ndarray, terms: np.ndarray
) -> None:
    """Fill `terms` with the hashes, in [0, 2 ** BITS), of words, pairs of words and characters."""
    mask, space, zero = np.uint64((1 << BITS) - 1), np.uint64(32), np.uint64(48)
    for row in range(len(starts) - 1):
        at, end, place, before = starts[row], starts[row + 1], ends[row], np.uint64(0)
        while at < end:
            if kinds[at] == OTHER:
                at += 1
                continue
            stop = _word_end(kinds, points, at, end)
            length = 1 if kinds[at] == DIGIT else stop - at
            word = np.uint64(7)
            for offset in range(length):
                point = zero if kinds[at] == DIGIT else np.uint64(points[at + offset])
                word = _mixed(word + point)
            terms[place] = np.int64(word & mask)
            place += 1
            if before != 0:
                terms[place] = np.int64(_mixed(before * np.uint64(3) + word) & mask)
                place += 1
            before = word
            for first in range(max(1, length + 3 - CHARACTERS)):
                run = np.uint64(11)
                for offset in range(first, min(first + CHARACTERS, length + 2)):
                    inside = 1 <= offset <= length
                    point = space
                    if inside:
                        point = zero if kinds[at] == DIGIT else np.uint64(points[at + offset - 1])
                    run = _mixed(run + point)
                terms[place] = np.int64(run & mask)
                place += 1
            at = stop


def _rows(terms: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The distinct terms of each row and how often each occurs: indptr, indices, counts."""
    row = np.repeat(np.arange(len(ends) - 1, dtype=np.int64) << BITS, np.diff(ends))
    cells = np.sort(row | terms)
    first = np.flatnonzero(np.diff(cells, prepend=-1))
    counts = np.diff(first, append=len(cells)).astype(np.float32)
    cells = cells[first]
    indptr = np.searchsorted(cells, np.arange(len(ends), dtype=np.int64) << BITS)
    return indptr, (cells & ((1 << BITS) - 1)).astype(np.int32), counts


def _weighed(indptr: np.ndarray, indices: np.ndarray, counts: np.ndarray, rarest: int) -> sparse.csr_matrix:
    """TF-IDF rows of length 1 over the terms that occur in `rarest` texts or more, the commonest column first."""
    n = len(indptr) - 1
    texts_with = np.bincount(indices, minlength=1 << BITS)
    order = np.argsort(-texts_with, kind="stable")
    order = order[texts_with[order] >= max(rarest, 1)]
    column = np.full(1 << BITS, -1, dtype=np.int32)
    column[order] = np.arange(len(order))
    idf = (np.log((1 + n) / (1 + texts_with)) + 1).astype(np.float32)
    kept = column[indices] >= 0
    values = ((1 + np.log(counts)) * idf[indices])[kept]
    ends = np.concatenate([[0], np.cumsum(kept)])[indptr]
    matrix = sparse.csr_matrix((values, column[indices][kept], ends), shape=(n, len(order)))
    length = np.sqrt(np.add.reduceat(np.append(values**2, 0), np.minimum(ends[:-1], len(values)))) if n else values
    length[np.diff(ends) == 0] = 1
    matrix.data /= np.repeat(length, np.diff(ends))
    return matrix
