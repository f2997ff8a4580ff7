"""Groups of near-identical texts.

Exact copies collapse first; what is left is sketched, linked inside buckets and verified pair by pair, so that the cost
grows with the number of items however many of them are alike.
"""

import unicodedata
from collections.abc import Sequence
from itertools import compress

import ftfy
import numpy as np
import pandas as pd
from rapidfuzz.distance import Indel
from rapidfuzz.fuzz import token_set_ratio, token_sort_ratio
from rapidfuzz.process import cpdist

from annotation.core.likeness.medoids import Alike, Groups, copies, grouped
from annotation.core.likeness.minhash import SHINGLE
from annotation.core.likeness.repair import SUSPECT
from annotation.core.likeness.text_index import IndexedTexts, TextIndex, read_texts

__all__ = ["Groups", "copies_of", "find_groups", "normalise", "regroup"]

# Least similarity of two texts that count as near-copies, and what a member of their group may fall short of it towards
# the medoid. Chosen on questions of one line with planted edits and on documents made of templates.
TEXT_THRESHOLD = 0.82
MEDOID_SLACK = 0.1
# In a text of fewer characters a word more is no small change: some million made questions held texts that differ by
# one word by chance, and there precision rose most for what was lost. Chosen on those.
SHORT = 40
# So many texts alike in all but their numbers were made from a template.
TEMPLATE = 10
_COMPARED_PAIRS = 10_000
_ROUNDING = 1e-5

_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_PLAIN = str.maketrans("‘’‚‛“”„‟‐‑‒–—―−", "''''\"\"\"\"-------", _INVISIBLE)


def normalise(text: str) -> str:
    """How a text is compared: encoding repaired, NFKC, plain quotes and dashes, folded case, whitespace collapsed."""
    if not text.isascii():
        text = ftfy.fix_encoding(text) if SUSPECT.search(text) else text
        text = unicodedata.normalize("NFKC", text).translate(_PLAIN)
    return " ".join(text.casefold().split())


def find_groups(texts: Sequence[str], *, threshold: float = TEXT_THRESHOLD, seed: int = 0) -> Groups:
    """Groups of near-identical texts: each member is linked to its group by pairs at least `threshold` similar, and
    falls short of it by at most MEDOID_SLACK towards the medoid itself, so that chains of small changes do not grow.

    Similarity, in [0, 1], is the mean of three views of the normalised texts: characters in order (Indel: twice the
    longest common subsequence over both lengths), words in any order (ratio of token sets) and four-character shingles
    (estimated Jaccard). A word replaced by another costs more than a typing error or an added word; where a text has
    fewer than SHORT characters an added word costs as much, the words of both being compared in alphabetical order.

    Where TEMPLATE distinct texts or more are the same but for their numbers, the numbers are what they say: with
    different numbers a text is no near-copy of one of these.
    """
    return _grouped(read_texts(texts, normalise, None, seed), threshold)


def regroup(
    texts: Sequence[str], earlier: TextIndex | None, *, threshold: float = TEXT_THRESHOLD, seed: int = 0
) -> tuple[Groups, TextIndex]:
    """The groups `find_groups` gives, and an index of what was worked out. With the index of an earlier grouping texts
    it knows are not normalised, sketched or compared again; texts may have come, changed and gone since."""
    read = read_texts(texts, normalise, earlier, seed)
    return _grouped(read, threshold), read.index()


def copies_of(
    texts: Sequence[str], reference: np.ndarray, earlier: TextIndex | None = None, *,
    threshold: float = TEXT_THRESHOLD, seed: int = 0,
) -> np.ndarray:  # fmt: skip
    """True (n,) where a text outside the `reference` (n,) bool is, once normalised, equal or at least `threshold`
    similar to some text within it. Every copy is verified against a reference itself, not against a group.
    With the index of an earlier grouping, texts it knows are not worked on again."""
    read = read_texts(texts, normalise, earlier, seed)
    templated = _templated(read)
    return copies(_buckets(read, templated), _alike_texts(read, templated, threshold), read.codes, reference)


def _grouped(read: IndexedTexts, threshold: float) -> Groups:
    templated = _templated(read)
    linked = _alike_texts(read, templated, threshold)
    belongs = _alike_texts(read, templated, threshold - MEDOID_SLACK)
    hashes = read.sketched.buckets.sum(axis=0, dtype=np.uint64)
    return grouped(_buckets(read, templated), linked, belongs, read.codes, hashes)


def _templated(read: IndexedTexts) -> np.ndarray:
    """True (d,) for the distinct texts of which there are TEMPLATE or more that differ in nothing but numbers."""
    templated = np.zeros(len(read.skeleton), dtype=bool)
    with_numbers = np.flatnonzero(read.skeleton)
    codes, skeletons = pd.factorize(read.skeleton[with_numbers])
    templated[with_numbers] = np.bincount(codes, minlength=len(skeletons))[codes] >= TEMPLATE
    return templated


def _buckets(read: IndexedTexts, templated: np.ndarray) -> np.ndarray:
    """The buckets of the sketch; where there are templates, one more in which texts with the same numbers meet."""
    if not templated.any():
        return read.sketched.buckets
    alone = np.arange(len(templated), dtype=np.uint64)
    by_numbers = pd.factorize(np.where(read.numbers != 0, read.numbers, alone))[0].astype(np.uint32)
    return np.vstack([by_numbers, read.sketched.buckets])


def _alike_texts(read: IndexedTexts, templated: np.ndarray, threshold: float) -> Alike:
    def alike(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        shingles = read.sketched.similarity(left, right)
        # most pairs are out before their texts are read: words are 1 at best
        possible = np.flatnonzero(shingles + _most_in_order(shingles) + 1 >= 3 * threshold)
        one, other = left[possible], right[possible]
        numbered = (templated[one] | templated[other]) & (read.numbers[one] != read.numbers[other])
        possible = possible[~numbered]
        verdict = np.zeros(len(left), dtype=bool)
        left, right, shingles = left[possible], right[possible], shingles[possible]

        def decide(pairs: np.ndarray) -> np.ndarray:
            return _similar(read, left[pairs], right[pairs], shingles[pairs], 3 * threshold)

        verdict[possible] = read.decided(left, right, threshold, decide)
        return verdict

    return alike


def _similar(read: IndexedTexts, left: np.ndarray, right: np.ndarray, shingles: np.ndarray, least: float) -> np.ndarray:
    """True (pairs,) where the three similarities, of which `shingles` (pairs,) is known, add up to `least`."""
    verdict = np.zeros(len(left), dtype=bool)
    for start in range(0, len(left), _COMPARED_PAIRS):
        block = np.arange(start, min(start + _COMPARED_PAIRS, len(left)))
        pair = [read.openings(left[block]), read.openings(right[block])]
        possible = shingles[block] + _most_in_common(*pair) + 1 >= least
        block, pair = block[possible], _kept(pair, possible)
        so_far = shingles[block] + cpdist(*pair, scorer=Indel.normalized_similarity)
        possible = so_far + 1 >= least
        verdict[block[possible]] = so_far[possible] + _worded(*_kept(pair, possible)) >= least
    return verdict


def _worded(left: list[str], right: list[str]) -> np.ndarray:
    """Similarity of words in any order, in [0, 1] (pairs,)."""
    worded = cpdist(left, right, scorer=token_set_ratio)
    short = np.minimum(*_lengths(left, right)) < SHORT
    worded[short] = np.minimum(worded[short], cpdist(*_kept([left, right], short), scorer=token_sort_ratio))
    return worded / 100


def _lengths(*sides: list[str]) -> list[np.ndarray]:
    return [np.fromiter(map(len, side), dtype=np.int64, count=len(side)) for side in sides]


def _most_in_order(shingles: np.ndarray) -> np.ndarray:
    """The most that the similarity of characters in order can be where that of shingles is known, both (pairs,): one
    character more or less makes 2 · SHINGLE − 1 shingles differ at most."""
    return 1 - (1 - shingles) / (2 * SHINGLE * (1 + shingles))


def _most_in_common(left: list[str], right: list[str]) -> np.ndarray:
    """The most that the similarity of characters in order can be, (pairs,): nothing common is longer than either."""
    one, other = _lengths(left, right)
    return 2 * np.minimum(one, other) / (one + other) + _ROUNDING


def _kept(pair: list[list[str]], kept: np.ndarray) -> list[list[str]]:
    return [list(compress(side, kept.tolist())) for side in pair]
