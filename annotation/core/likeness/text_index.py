"""What was worked out about texts, kept so that the next grouping only works on what is new.

Everything here is a pure function of a text or of a pair of texts, and looked up by their content: a grouping with an
index gives the very groups it gives without one, whatever was added, changed or removed in between.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from unicodedata import unidata_version

import numpy as np
import pandas as pd

from annotation.core.likeness.minhash import BANDS, ROWS, SHINGLE, Sketch, sketch

# From positions (pairs,) in a list of pairs to whether they are alike, bool (pairs,).
Decide = Callable[[np.ndarray], np.ndarray]

# Part of the stamp: raise it when texts are normalised, sketched or compared in another way.
VERSION = 2
# The first characters of two texts tell whether they are alike, and comparing them all would cost their square.
OPENING = 10_000
# Texts looked through at once.
_TEXTS = 2_000
_NUMBER = re.compile(r"[0-9]+(?:[.,:/][0-9]+)*")


@dataclass(frozen=True)
class TextIndex:
    """`stamp` (1,): what the rest was made with. `raw` (r,) the keys of texts as given and `of` (r,) int64 the position
    of each among the d distinct normalised texts. Of those, `normal`, `skeleton` (numbers blotted out) and `numbers`
    (d,) are keys, 0 where there is no number; `buckets` and `marks` are their sketch. `pairs` (p,) are the keys of
    compared pairs, `alike` (p,) bool what came of it. Keys are 64-bit hashes."""

    stamp: np.ndarray
    raw: np.ndarray
    of: np.ndarray
    normal: np.ndarray
    skeleton: np.ndarray
    numbers: np.ndarray
    buckets: np.ndarray
    marks: np.ndarray
    pairs: np.ndarray
    alike: np.ndarray


def usable(arrays: Mapping[str, np.ndarray], seed: int) -> TextIndex | None:
    """The index in `arrays`, or None where they hold none, or one made in another way or with another seed."""
    empty = empty_index(seed)
    if set(arrays) != set(vars(empty)):
        return None
    r, d, p = (len(np.atleast_1d(arrays[name])) for name in ("raw", "normal", "pairs"))
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(vars(empty), (d,))
    shapes |= {"stamp": (1,), "raw": (r,), "of": (r,), "pairs": (p,), "alike": (p,)}
    shapes |= {"buckets": (BANDS, d), "marks": (d, BANDS * ROWS)}
    if any(
        arrays[name].dtype != made.dtype or arrays[name].shape != shapes[name] for name, made in vars(empty).items()
    ):
        return None
    index = TextIndex(**arrays)
    inside = r == 0 or (int(index.of.min()) >= 0 and int(index.of.max()) < d)
    return index if inside and index.stamp[0] == empty.stamp[0] else None


def empty_index(seed: int) -> TextIndex:
    made_with = (VERSION, seed, BANDS, ROWS, SHINGLE, version("ftfy"), version("rapidfuzz"), unidata_version)
    keys, none = np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64)
    marks = np.empty((0, BANDS * ROWS), dtype=np.uint8)
    return TextIndex(
        keys_of([repr(made_with)]), keys, none, keys, keys, keys, np.empty((BANDS, 0), dtype=np.uint32), marks, keys,
        np.empty(0, dtype=bool),
    )  # fmt: skip


def keys_of(texts: Sequence[str]) -> np.ndarray:
    """64-bit SipHash of each text, uint64 (n,): two of a million differing texts share one with probability 3e-8."""
    keys = np.empty(len(texts), dtype=np.uint64)
    # block by block: hashing copies all it is given
    for start in range(0, len(texts), _TEXTS):
        keys[start : start + _TEXTS] = _hashed(texts[start : start + _TEXTS])
    return keys


def _hashed(texts: Sequence[str]) -> np.ndarray:
    column = np.empty(len(texts), dtype=object)
    column[:] = texts
    try:
        return pd.util.hash_array(column, categorize=False)
    except UnicodeEncodeError:
        column[:] = [text.encode("utf-8", "backslashreplace").decode() for text in texts]
        return pd.util.hash_array(column, categorize=False)


def _positions(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each wanted key stands among `keys`, −1 = nowhere."""
    return pd.Index(keys).get_indexer(pd.Index(wanted)) if len(keys) else np.full(len(wanted), -1)


@dataclass
class IndexedTexts:
    """n texts ready to be compared: `codes` (n,) the position of each among the d distinct normalised texts, in order
    of appearance; `sketched` and the keys `normal`, `skeleton`, `numbers` (d,) of those."""

    codes: np.ndarray
    normal: np.ndarray
    skeleton: np.ndarray
    numbers: np.ndarray
    sketched: Sketch
    _raw: tuple[np.ndarray, np.ndarray]
    _given: Callable[[int], str]
    _openings: np.ndarray
    _known: np.ndarray
    _earlier: TextIndex
    _compared: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)

    def openings(self, positions: np.ndarray) -> list[str]:
        """The first OPENING characters of distinct texts, normalised where that was not needed before."""
        for position in positions[~self._known[positions]].tolist():
            self._openings[position] = self._given(position)[:OPENING]
        self._known[positions] = True
        return self._openings[positions].tolist()

    def decided(self, left: np.ndarray, right: np.ndarray, threshold: float, decide: Decide) -> np.ndarray:
        """Whether the pairs are alike at `threshold`, bool (pairs,): looked up, else by `decide` and remembered."""
        keys = _pair_keys(self.normal[left], self.normal[right], threshold)
        place = _positions(self._earlier.pairs, keys)
        verdict = np.zeros(len(keys), dtype=bool)
        verdict[place >= 0] = self._earlier.alike[place[place >= 0]]
        fresh = np.flatnonzero(place < 0)
        verdict[fresh] = decide(fresh)
        self._compared.append((keys, verdict))
        return verdict

    def index(self) -> TextIndex:
        """What is known now of the texts that are here now."""
        keys = np.concatenate([self._earlier.pairs[:0], *(keys for keys, _ in self._compared)])
        verdicts = np.concatenate([self._earlier.alike[:0], *(verdict for _, verdict in self._compared)])
        pairs, first = np.unique(keys, return_index=True)
        return TextIndex(
            self._earlier.stamp, *self._raw, self.normal, self.skeleton, self.numbers, self.sketched.buckets,
            self.sketched.marks, pairs, verdicts[first],
        )  # fmt: skip


def read_texts(
    texts: Sequence[str], normalise: Callable[[str], str], earlier: TextIndex | None, seed: int
) -> IndexedTexts:
    """The texts, normalised and sketched where `earlier` does not know them."""
    earlier = earlier or empty_index(seed)
    keys = keys_of(texts)
    raw_codes, first = _by_appearance(keys)
    raw = keys[first]
    known = _positions(earlier.raw, raw)
    normal = np.empty(len(raw), dtype=np.uint64)
    normal[known >= 0] = earlier.normal[earlier.of[known[known >= 0]]]
    fresh = np.flatnonzero(known < 0)
    strings, normal[fresh] = _normalised(texts, first[fresh], normalise)
    codes, first_normal = _by_appearance(normal)
    distinct = normal[first_normal]
    normalised, is_new = np.empty(len(distinct), dtype=object), np.zeros(len(distinct), dtype=bool)
    normalised[codes[fresh]] = strings
    is_new[codes[fresh]] = True
    long = codes[fresh[np.fromiter(map(len, strings), dtype=np.int64, count=len(strings)) > OPENING]]
    del strings
    given = first[first_normal]
    skeleton, numbers, sketched = _worked_out(distinct, normalised, earlier, seed)
    normalised[long] = [normalised[position][:OPENING] for position in long.tolist()]
    return IndexedTexts(
        codes[raw_codes], distinct, skeleton, numbers, sketched, (raw, codes),
        lambda position: normalise(texts[given[position]]), normalised, is_new, earlier,
    )  # fmt: skip


def _normalised(
    texts: Sequence[str], wanted: np.ndarray, normalise: Callable[[str], str]
) -> tuple[list[str], np.ndarray]:
    """The texts at `wanted` (n,), normalised, and their keys: each block is hashed while it is in the cache."""
    strings, keys = [], np.empty(len(wanted), dtype=np.uint64)
    for start in range(0, len(wanted), _TEXTS):
        block = [normalise(texts[i]) for i in wanted[start : start + _TEXTS].tolist()]
        keys[start : start + _TEXTS] = _hashed(block)
        strings += block
    return strings, keys


def _by_appearance(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The number of each hashed key (n,) uint64 among the distinct ones, in order of appearance, int64 (n,), and where
    each of these appears first. pandas.factorize gives the same, but by a table that outgrows the processor's cache:
    most keys appear once, and one sort finds the few that do not."""
    n, bits = len(keys), np.uint64(len(keys).bit_length())
    packed = keys >> bits << bits | np.arange(n, dtype=np.uint64)
    packed.sort()
    again = np.flatnonzero(packed[1:] >> bits == packed[:-1] >> bits) + 1
    begins = np.diff(again, prepend=-1) != 1
    heads = (again[begins] - 1)[np.cumsum(begins) - 1]
    later, earliest = ((packed[at] & ~(~np.uint64(0) << bits)).astype(np.int64) for at in (again, heads))
    if (keys[later] != keys[earliest]).any():
        # keys that differ in their last bits only
        codes, distinct = pd.factorize(keys)
        return codes.astype(np.int64), np.unique(codes, return_index=True)[1]
    first = np.arange(n)
    first[later] = earliest
    appears = np.ones(n, dtype=bool)
    appears[later] = False
    return (np.cumsum(appears) - 1)[first], np.flatnonzero(appears)


def _worked_out(
    normal: np.ndarray, normalised: np.ndarray, earlier: TextIndex, seed: int
) -> tuple[np.ndarray, np.ndarray, Sketch]:
    """Skeletons, numbers and sketch of the distinct texts, taken from the earlier index where it has them."""
    place = _positions(earlier.normal, normal)
    old, new = np.flatnonzero(place >= 0), np.flatnonzero(place < 0)
    strings = normalised[new].tolist()
    made, keys = sketch(strings, seed), _number_keys(strings)
    if not len(old):
        return *keys, made
    skeleton, numbers = np.empty_like(normal), np.empty_like(normal)
    buckets = np.empty((BANDS, len(normal)), dtype=np.uint32)
    marks = np.empty((len(normal), BANDS * ROWS), dtype=np.uint8)
    for rows, source, (a, b), sketched in (
        (old, place[old], (earlier.skeleton, earlier.numbers), Sketch(earlier.buckets, earlier.marks)),
        (new, np.arange(len(new)), keys, made),
    ):
        skeleton[rows], numbers[rows] = a[source], b[source]
        buckets[:, rows], marks[rows] = sketched.buckets[:, source], sketched.marks[source]
    return skeleton, numbers, Sketch(buckets, marks)


def _number_keys(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """A key of each text without its numbers and one of its numbers in order, 0 where it has none."""
    skeleton, numbers = np.zeros(len(texts), dtype=np.uint64), np.zeros(len(texts), dtype=np.uint64)
    with_digits = _with_digits(texts)
    skeleton[with_digits] = keys_of([_NUMBER.sub("#", texts[i]) for i in with_digits])
    numbers[with_digits] = keys_of([" ".join(_NUMBER.findall(texts[i])) for i in with_digits])
    return skeleton, numbers


def _with_digits(texts: list[str]) -> list[int]:
    """Positions of the texts that hold a digit; no text holds a line break."""
    found = []
    for start in range(0, len(texts), _TEXTS):
        joined = "\n".join(texts[start : start + _TEXTS]).encode("utf-8", "surrogatepass")
        characters = np.frombuffer(joined, dtype=np.uint8)
        digits = np.flatnonzero((characters >= ord("0")) & (characters <= ord("9")))
        found.append(start + np.unique(np.searchsorted(np.flatnonzero(characters == ord("\n")), digits)))
    return np.concatenate([np.empty(0, dtype=np.int64), *found]).tolist()


def _pair_keys(one: np.ndarray, other: np.ndarray, threshold: float) -> np.ndarray:
    """A key of each pair of keys and the threshold, the same whichever comes first."""
    mixed = np.minimum(one, other) * np.uint64(0x9E3779B97F4A7C15) + np.maximum(one, other)
    mixed ^= mixed >> np.uint64(32)
    mixed *= np.uint64(0xD6E8FEB86659FD93)
    return mixed ^ (mixed >> np.uint64(32)) ^ np.float64(threshold).view(np.uint64)
