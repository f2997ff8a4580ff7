"""Groups of near-identical inputs: texts, or rows of numbers and categories.

Exact copies collapse first; what is left is sketched, linked inside buckets and verified pair by pair, so that the cost
grows with the number of items however many of them are alike.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ftfy
import numpy as np
import pandas as pd
from rapidfuzz.distance import Indel
from rapidfuzz.fuzz import token_set_ratio
from rapidfuzz.process import cpdist
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from annotation.core.minhash import Sketch, reference_links, sketch, star_links

# Least similarity of two texts that count as near-copies, and what a member of their group may fall short of it towards
# the medoid. Chosen on questions of one line with planted edits and on documents made of templates.
TEXT_THRESHOLD = 0.82
MEDOID_SLACK = 0.1
# Largest relative difference of two numbers that count as one.
NUMBER_TOLERANCE = 1e-3
# The first characters of two texts tell whether they are alike, and comparing them all would cost their square.
_COMPARED_CHARACTERS = 10_000
_COMPARED_PAIRS = 100_000
_GRIDS = 8

# Bytes read in the wrong encoding leave two odd characters side by side, or one whose partner became a space or a
# control character. Asking first spares most texts the repair, which costs more than all the rest.
_SUSPECT = re.compile(r"[^\x00-\x7f]{2}|[ÂÃàâ] |[\x80-\x9f]")
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_PLAIN = str.maketrans("‘’‚‛“”„‟‐‑‒–—―−", "''''\"\"\"\"-------", _INVISIBLE)

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


def normalise(text: str) -> str:
    """How a text is compared: encoding repaired, NFKC, plain quotes and dashes, folded case, whitespace collapsed."""
    if not text.isascii():
        text = ftfy.fix_encoding(text) if _SUSPECT.search(text) else text
        text = unicodedata.normalize("NFKC", text).translate(_PLAIN)
    return " ".join(text.casefold().split())


def find_groups(texts: Sequence[str], *, threshold: float = TEXT_THRESHOLD, seed: int = 0) -> Groups:
    """Groups of near-identical texts: each member is linked to its group by pairs at least `threshold` similar, and
    falls short of it by at most MEDOID_SLACK towards the medoid itself, so that chains of small changes do not grow.

    Similarity, in [0, 1], is the mean of three views of the normalised texts: characters in order (Indel: twice the
    longest common subsequence over both lengths), words in any order (ratio of token sets) and four-character shingles
    (estimated Jaccard). A word replaced by another costs more than a typing error or an added word.
    """
    codes, distinct = _distinct_texts(texts)
    sketched = sketch(distinct, seed)
    linked = _alike_texts(distinct, sketched, threshold)
    belongs = _alike_texts(distinct, sketched, threshold - MEDOID_SLACK)
    hashes = sketched.buckets.sum(axis=0, dtype=np.uint64)
    return _numbered(codes, _medoids(sketched.buckets, linked, belongs, codes, hashes))


def copies_of(
    texts: Sequence[str], reference: np.ndarray, *, threshold: float = TEXT_THRESHOLD, seed: int = 0
) -> np.ndarray:
    """True (n,) where a text outside the `reference` (n,) bool is, once normalised, equal or at least `threshold`
    similar to some text within it. Every copy is verified against a reference itself, not against a group."""
    codes, distinct = _distinct_texts(texts)
    sketched = sketch(distinct, seed)
    return _copies(sketched.buckets, _alike_texts(distinct, sketched, threshold), codes, reference)


def find_row_groups(table: pd.DataFrame, *, tolerance: float = NUMBER_TOLERANCE, seed: int = 0) -> Groups:
    """Groups of near-identical rows: categories equal, and every number v within `tolerance` * sqrt(v² + s²) of the
    medoid's, s being the median size of its column: a relative tolerance that does not vanish at zero. Missing equals
    missing."""
    codes, rows = _distinct_rows(table)
    alike = rows.alike(tolerance)
    return _numbered(codes, _medoids(rows.buckets(tolerance, seed), alike, alike, codes, rows.hashes()))


def row_copies_of(
    table: pd.DataFrame, reference: np.ndarray, *, tolerance: float = NUMBER_TOLERANCE, seed: int = 0
) -> np.ndarray:
    """True (n,) where a row outside the `reference` (n,) bool is identical or near-identical, as `find_row_groups` has
    it, to some row within it."""
    codes, rows = _distinct_rows(table)
    return _copies(rows.buckets(tolerance, seed), rows.alike(tolerance), codes, reference)


def _distinct_texts(texts: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """The number of each text among the distinct normalised texts, and those in order of appearance."""
    number: dict[str, int] = {}
    codes = np.fromiter(
        (number.setdefault(normalise(text), len(number)) for text in texts), dtype=np.int64, count=len(texts)
    )
    return codes, list(number)


def _alike_texts(texts: list[str], sketched: Sketch, threshold: float) -> Alike:
    def alike(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        total = sketched.similarity(left, right)
        verdict = np.zeros(len(left), dtype=bool)
        # the views still to come are 1 at best: most pairs are out before their texts are read
        possible = np.flatnonzero(total + 2 >= 3 * threshold)
        for start in range(0, len(possible), _COMPARED_PAIRS):
            block = possible[start : start + _COMPARED_PAIRS]
            so_far = total[block] + _scored(texts, left[block], right[block], Indel.normalized_similarity)
            block, so_far = block[so_far + 1 >= 3 * threshold], so_far[so_far + 1 >= 3 * threshold]
            worded = _scored(texts, left[block], right[block], token_set_ratio) / 100
            verdict[block] = so_far + worded >= 3 * threshold
        return verdict

    return alike


def _scored(texts: list[str], left: np.ndarray, right: np.ndarray, scorer: Callable[..., float]) -> np.ndarray:
    """The scores (pairs,) of the opening characters of the texts at the positions `left` and `right`."""
    pair = [[texts[i][:_COMPARED_CHARACTERS] for i in side] for side in (left, right)]
    return cpdist(*pair, scorer=scorer)


@dataclass(frozen=True)
class _Rows:
    """The distinct rows of a table: `numbers` (n, numeric columns), scaled so that equal steps are equally large
    relative differences, `category` (n,) the combination of all other columns, `table` the rows themselves."""

    numbers: np.ndarray
    category: np.ndarray
    table: pd.DataFrame

    def hashes(self) -> np.ndarray:
        return pd.util.hash_pandas_object(self.table, index=False).to_numpy()

    def buckets(self, tolerance: float, seed: int) -> np.ndarray:
        """The cell of each row in several grids (_GRIDS, n): two rows within tolerance share most of them."""
        n, columns = self.numbers.shape
        width = tolerance * max(8, 2 * columns)
        shifts = np.random.default_rng(seed).random((_GRIDS, columns))
        buckets = np.empty((_GRIDS, n), dtype=np.uint32)
        for grid in range(_GRIDS):
            hashed = self.category.astype(np.uint64)
            for column in range(columns):
                cell = np.floor(self.numbers[:, column] / width + shifts[grid, column])
                cell[np.isnan(cell)] = np.nan
                hashed = (hashed ^ cell.view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
                hashed ^= hashed >> np.uint64(32)
            buckets[grid] = hashed.astype(np.uint32)
        return buckets

    def alike(self, tolerance: float) -> Alike:
        def alike(left: np.ndarray, right: np.ndarray) -> np.ndarray:
            verdict = self.category[left] == self.category[right]
            for start in range(0, len(left), _COMPARED_PAIRS):
                block = slice(start, start + _COMPARED_PAIRS)
                a, b = self.numbers[left[block]], self.numbers[right[block]]
                with np.errstate(invalid="ignore"):
                    near = (np.abs(a - b) <= tolerance) | (a == b) | (np.isnan(a) & np.isnan(b))
                verdict[block] &= near.all(axis=1)
            return verdict

        return alike


def _distinct_rows(table: pd.DataFrame) -> tuple[np.ndarray, _Rows]:
    """The number of each row among the distinct rows, and those in order of appearance."""
    numeric = [
        pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype) for dtype in table.dtypes
    ]
    category = exact = np.zeros(len(table), dtype=np.int64)
    scaled = []
    for position, is_number in enumerate(numeric):
        column = table.iloc[:, position]
        code = pd.factorize(column)[0]
        exact = _combined(exact, code)
        if is_number:
            scaled.append(_scaled(column.to_numpy(dtype=np.float64, na_value=np.nan)))
        else:
            category = _combined(category, code)
    _, first = np.unique(exact, return_index=True)
    numbers = np.column_stack([column[first] for column in scaled]) if scaled else np.empty((len(first), 0))
    return exact, _Rows(numbers, category[first], table.iloc[first])


def _combined(codes: np.ndarray, column: np.ndarray) -> np.ndarray:
    """One code, in order of appearance, for each pair of codes; a missing value (-1) is a value of its own."""
    return pd.factorize(codes * (column.max(initial=-1) + 2) + column + 1)[0].astype(np.int64)


def _scaled(values: np.ndarray) -> np.ndarray:
    """asinh(v / s), s the column's median size: close to linear below s, logarithmic above it."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    return np.arcsinh(values / (np.median(sizes) if sizes.size else 1.0))


def _copies(buckets: np.ndarray, alike: Alike, codes: np.ndarray, reference: np.ndarray) -> np.ndarray:
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


def _medoids(
    buckets: np.ndarray, linked: Alike, belongs: Alike, codes: np.ndarray, hashes: np.ndarray
) -> np.ndarray:
    """The medoid (n,) of each distinct input, from its buckets (bands, n), the position of every item's distinct input
    and a hash of its content."""
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
