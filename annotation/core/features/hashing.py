"""Texts to a sparse matrix of words, pairs of words and characters inside words, hashed: one pass, no vocabulary."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from annotation.core.compiled import compiled
from annotation.core.features.words import DIGIT, LETTER, NOTHING, POINT, SINGLE, kinds_of

# 2 ** 20 places for a few hundred thousand terms: one in some dozen shares its column with another.
BITS = 20
CHARACTERS = 4


def hashed_terms(texts: Sequence[str], rarest: int = 2) -> sparse.csr_matrix:
    """Float32 CSR (n, terms): sublinear TF-IDF of words, pairs of neighbouring words and runs of 4 characters inside
    words, rows of length 1, no entry negative.

    Words are those of `words.WORD`, whatever their case. Terms in fewer than `rarest` texts are left out, and the hash
    leaves out names of columns (Weinberger et al. 2009).
    """
    points, starts = _code_points(texts)
    kinds = kinds_of(points)
    ends = _count_terms(kinds, starts)
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


@compiled()
def _word_end(kinds: np.ndarray, at: int, end: int) -> int:
    """Where the word that starts at `at` ends."""
    place = at + 1
    if kinds[at] == SINGLE or kinds[at] == POINT:
        return place
    while place < end:
        within = kinds[place] == LETTER or kinds[place] == DIGIT
        # 1,250.5 is one number, and E11.9 one code.
        if kinds[place] == POINT and place + 1 < end:
            within = kinds[place - 1] == DIGIT and kinds[place + 1] == DIGIT
        if not within:
            break
        place += 1
    return place


@compiled()
def _count_terms(kinds: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Where the terms of each text end among the terms of all, int64 (n + 1,)."""
    ends = np.zeros(len(starts), dtype=np.int64)
    for row in range(len(starts) - 1):
        at, end, count, words = starts[row], starts[row + 1], 0, 0
        while at < end:
            if kinds[at] == NOTHING:
                at += 1
                continue
            stop = _word_end(kinds, at, end)
            length = stop - at
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
    mask, space = np.uint64((1 << BITS) - 1), np.uint64(32)
    for row in range(len(starts) - 1):
        at, end, place, before = starts[row], starts[row + 1], ends[row], np.uint64(0)
        while at < end:
            if kinds[at] == NOTHING:
                at += 1
                continue
            stop = _word_end(kinds, at, end)
            length = stop - at
            word = np.uint64(7)
            for offset in range(length):
                word = _mixed(word + np.uint64(points[at + offset]))
            terms[place] = np.int64(word & mask)
            place += 1
            if before != 0:
                terms[place] = np.int64(_mixed(before * np.uint64(3) + word) & mask)
                place += 1
            before = word
            for first in range(max(1, length + 3 - CHARACTERS)):
                run = np.uint64(11)
                for offset in range(first, min(first + CHARACTERS, length + 2)):
                    point = np.uint64(points[at + offset - 1]) if 1 <= offset <= length else space
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
