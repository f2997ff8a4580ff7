"""Texts to a sparse matrix of words, pairs of words and characters inside words, hashed: one pass, no vocabulary."""

from collections.abc import Iterable, Sequence

import numpy as np
from scipy import sparse
from sklearn.preprocessing import normalize

from annotation.core.compiled import compiled
from annotation.core.features.words import DIGIT, LETTER, NOTHING, POINT, PUNCTUATION, SINGLE, kinds_of

# 2 ** 20 places for a few hundred thousand terms: one in some dozen shares its column with another.
BITS = 20
CHARACTERS = 4
# Texts read at a time: what is worked out on the way is many times what is kept.
BLOCK = 250
# Cells kept of all texts together, at 8 bytes each: as many as a million short texts have.
MOST = 100_000_000


def hashed_terms(texts: Sequence[str], rarest: int = 2) -> sparse.csr_matrix:
    """Float32 CSR (n, terms): sublinear TF-IDF of words, pairs of neighbouring words and runs of 4 characters inside
    words, rows of length 1, no entry negative.

    Words are those of `words.WORD`, whatever their case. A number reads as 0 too, in its pairs and runs as well, and
    punctuation stands between no pair: a text is known by what it says more than by its figures and commas. Terms in
    fewer than `rarest` texts are left out, and the hash leaves out names of columns (Weinberger et al. 2009). Of more
    than MOST cells the commonest terms are left out, which tell least of a text.
    """
    blocks = [texts[start : start + BLOCK] for start in range(0, len(texts), BLOCK)]
    texts_with = np.zeros(1 << BITS, dtype=np.int64)
    for block in blocks:
        np.add.at(texts_with, _counted(block).indices, 1)
    order = np.argsort(-texts_with, kind="stable")
    order = order[texts_with[order] >= max(rarest, 1)]
    order = order[np.cumsum(texts_with[order][::-1])[::-1] <= MOST]
    if not len(order):
        return sparse.csr_matrix((len(texts), 0), dtype=np.float32)
    idf = (np.log((1 + len(texts)) / (1 + texts_with)) + 1).astype(np.float32)
    # Read a second time, so that no two copies of all the counts are ever there at once.
    return normalize(_weighed(map(_counted, blocks), idf, order, int(texts_with[order].sum())), copy=False)


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
    if kinds[at] >= SINGLE:
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
def _is_number(kinds: np.ndarray, at: int, stop: int) -> bool:
    """Whether the word from `at` to `stop` has digits and no letter."""
    number = kinds[at] == DIGIT
    for place in range(at, stop):
        number = number and kinds[place] != LETTER
    return number


@compiled()
def _runs(kind: int, length: int) -> int:
    """How many runs of CHARACTERS a word of this first kind holds: one that is always alone has none beside itself."""
    return 0 if kind >= SINGLE else max(1, length + 3 - CHARACTERS)


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
            number = _is_number(kinds, at, stop)
            length = 1 if number else stop - at
            count += 1 + number + _runs(kinds[at], length)
            words += kinds[at] < PUNCTUATION
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
            if kinds[at] == NOTHING:
                at += 1
                continue
            stop = _word_end(kinds, at, end)
            number = _is_number(kinds, at, stop)
            length = 1 if number else stop - at
            word = np.uint64(7)
            for offset in range(at, stop):
                word = _mixed(word + np.uint64(points[offset]))
            terms[place] = np.int64(word & mask)
            place += 1
            if number:
                word = _mixed(np.uint64(7) + zero)
                terms[place] = np.int64(word & mask)
                place += 1
            if before != 0 and kinds[at] < PUNCTUATION:
                terms[place] = np.int64(_mixed(before * np.uint64(3) + word) & mask)
                place += 1
            if kinds[at] < PUNCTUATION:
                before = word
            for first in range(_runs(kinds[at], length)):
                run = np.uint64(11)
                for offset in range(first, min(first + CHARACTERS, length + 2)):
                    point = space
                    if 1 <= offset <= length:
                        point = zero if number else np.uint64(points[at + offset - 1])
                    run = _mixed(run + point)
                terms[place] = np.int64(run & mask)
                place += 1
            at = stop


def _counted(texts: Sequence[str]) -> sparse.csr_matrix:
    """How often each term occurs in each text, uint16 CSR (n, 2 ** BITS)."""
    points, starts = _code_points(texts)
    kinds = kinds_of(points)
    ends = _count_terms(kinds, starts)
    terms = np.empty(ends[-1], dtype=np.int64)
    _write_terms(points, kinds, starts, ends, terms)
    cells = np.sort(np.repeat(np.arange(len(texts), dtype=np.int64) << BITS, np.diff(ends)) | terms)
    first = np.flatnonzero(np.diff(cells, prepend=-1))
    counts = np.minimum(np.diff(first, append=len(cells)), np.iinfo(np.uint16).max).astype(np.uint16)
    cells = cells[first]
    indptr = np.searchsorted(cells, np.arange(len(ends), dtype=np.int64) << BITS)
    return sparse.csr_matrix((counts, (cells & ((1 << BITS) - 1)).astype(np.int32), indptr), (len(texts), 1 << BITS))


def _weighed(counted: Iterable[sparse.csr_matrix], idf: np.ndarray, order: np.ndarray, size: int) -> sparse.csr_matrix:
    """Sublinear counts by `idf` (2 ** BITS,) of the terms `order`, which become the columns; `size` cells in all."""
    column = np.full(1 << BITS, -1, dtype=np.int32)
    column[order] = np.arange(len(order))
    values, columns = np.empty(size, dtype=np.float32), np.empty(size, dtype=np.int32)
    ends, place = [np.zeros(1, dtype=np.int64)], 0
    for block in counted:
        kept = np.flatnonzero(column[block.indices] >= 0)
        terms, counts = block.indices[kept], block.data[kept].astype(np.float32)
        values[place : place + len(kept)] = (1 + np.log(counts)) * idf[terms]
        columns[place : place + len(kept)] = column[terms]
        ends.append(place + np.searchsorted(kept, block.indptr[1:]))
        place += len(kept)
    indptr = np.concatenate(ends)
    return sparse.csr_matrix((values, columns, indptr), shape=(len(indptr) - 1, len(order)))
