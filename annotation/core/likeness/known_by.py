"""What a text is known by: its letters, its words in any order, and each run of its sentences."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotation.core.likeness.letters import HashSet, Letters, Streams, letters_of, mixed
from annotation.core.likeness.look_alikes import digits_as_letters, plain_letters
from annotation.core.likeness.near_duplicates import SHORT

# Texts of so many words, all the same but in another order, are copies.
SAME_WORDS = 4
# So many letters and words in whole sentences are known by themselves. Chosen on honest rows of unlike sets.
RUN_LETTERS, RUN_WORDS = 12, 3
_LONGEST_RUN = 6
# What stands in more texts than so many, and than such a share of all, is a phrase.
_PHRASE, _PHRASE_SHARE = 30, 0.003
# In a text with fewer words than so many a capital, these are mostly names.
_WORDS_A_CAPITAL = 4
_ANY_ORDER = np.uint64(0x5851F42D4C957F2D)
# Of a text that lost characters on its way so many letters have to be left.
_LOSSY_LETTERS = 8
_LOSSY = (("ascii", "ignore"), ("cp1252", "ignore"), ("cp1252", "replace"), ("cp1251", "replace"), ("cp1251", "ignore"))


@dataclass(frozen=True)
class Keys:
    """k keys: `hash` (k,) uint64, `of` (k,) int64 which text each is of, `part` (k,) bool where that is less than the
    whole text, `letters` (k,) int64 how many letters it stands for."""

    hash: np.ndarray
    of: np.ndarray
    part: np.ndarray
    letters: np.ndarray

    def of_those(self, chosen: np.ndarray) -> "Keys":
        """The keys of the texts that are `chosen`, bool by text."""
        kept = chosen[self.of]
        return Keys(*(getattr(self, name)[kept] for name in vars(self)))

    def and_whole(self, other: "Keys") -> "Keys":
        """These keys, and those of the other's that stand for a whole text."""
        return Keys(*(np.r_[getattr(self, name), getattr(other, name)[~other.part]] for name in vars(self)))

    def met(self, other: "Keys") -> np.ndarray:
        """Which texts share a key with one of the other's, int64, some repeated. Two keys of parts do not count, nor
        does a part that very many texts share: that is a phrase."""
        met = np.flatnonzero(HashSet(other.hash).holds(self.hash))
        hashes, of, part = self.hash[met], self.of[met], self.part[met]
        counts = HashSet(other.hash[~other.part]).holds(hashes)
        both = np.unique(np.stack([hashes, of.astype(np.uint64)])[:, part & counts], axis=1)
        said, often = np.unique(both[0], return_counts=True)
        phrases = said[often > max(_PHRASE, _PHRASE_SHARE * (self.of.max(initial=0) + 1))]
        return of[~part | counts & ~np.isin(hashes, phrases)]


def keys_of(streams: Streams, of: np.ndarray, part: np.ndarray) -> Keys:
    """The keys of m texts in plain letters, `of` and `part` (m,) being what is known of each."""
    kinds = []
    for start, stream in streams:
        stop = start + len(stream.starts) - 1
        kinds.append(_keys(stream, of[start:stop], part[start:stop]))
        kinds.append(_run_together(streams.texts, start, stream, of, part))
    empty = np.empty(0, dtype=np.int64)
    blank = Keys(empty.astype(np.uint64), empty, empty.astype(bool), empty)
    return Keys(*(np.concatenate([getattr(keys, name) for keys in [blank, *kinds]]) for name in vars(blank)))


def _keys(stream: Letters, of: np.ndarray, part: np.ndarray) -> Keys:
    begin, end = stream.starts[:-1], stream.starts[1:]
    some = np.flatnonzero(end > begin)
    begin, end = begin[some], end[some]
    whole, letters = stream.hashed(begin, end), stream.weight(begin, end)
    words, many = _in_any_order(stream, begin, end)
    runs, holder, run_letters = _runs(stream)
    halves, twice = _halves(stream, begin, end)
    return Keys(
        np.concatenate([whole, words[many], halves, runs]),
        np.concatenate([of[some], of[some[many]], of[some[twice]], of[holder]]),
        np.concatenate([part[some], part[some[many]], part[some[twice]], np.ones(len(runs), dtype=bool)]),
        np.concatenate([letters, letters[many], letters[twice] // 2, run_letters]),
    )


def _halves(stream: Letters, begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hashes of the first half of the texts that say the same twice, and which these are."""
    middle = (begin + end) // 2
    first = stream.hashed(begin, middle)
    twice = np.flatnonzero((first == stream.hashed(middle, end)) & ((end - begin) % 2 == 0))
    return first[twice], twice


def _run_together(texts: Sequence[str], start: int, stream: Letters, of: np.ndarray, part: np.ndarray) -> Keys:
    """The keys of long texts with numbers side by side where these run together: white space or a sign was lost."""
    which = np.unique(np.searchsorted(stream.starts, stream.numbers, "right") - 1)
    which += start
    together = letters_of([texts[i] for i in which.tolist()], apart=False)
    begin, end = together.starts[:-1], together.starts[1:]
    letters = together.weight(begin, end)
    words, many = _in_any_order(together, begin, end)
    long = np.flatnonzero(letters >= SHORT)
    chosen = np.r_[long, many]
    hashed = np.r_[together.hashed(begin, end)[long], words[many]]
    return Keys(hashed, of[which[chosen]], part[which[chosen]], letters[chosen])


def _in_any_order(stream: Letters, begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A hash (t,) of the words of each text, whatever their order, and of which texts there are SAME_WORDS of them."""
    words = mixed(stream.hashed(stream.words, stream.word_ends()) ^ _ANY_ORDER)
    sums = np.r_[np.zeros(1, dtype=np.uint64), np.cumsum(words)]
    first, last = np.searchsorted(stream.words, begin), np.searchsorted(stream.words, end)
    return sums[last] - sums[first], np.flatnonzero(last - first >= SAME_WORDS)


def _runs(stream: Letters) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hashes (r,) of up to _LONGEST_RUN sentences in a row, and of what stands before and after a capital, where long
    enough and not all of a text; the position of the text each stands in, and its letters."""
    starts = np.r_[stream.segments, len(stream.sums) - 1]
    text = np.searchsorted(stream.starts, stream.segments, "right") - 1
    several = np.bincount(text, minlength=len(stream.starts))[text] > 1
    begins, ends = [stream.segments[:0]], [stream.segments[:0]]
    for length in range(1, _LONGEST_RUN + 1):
        at = np.flatnonzero(several[: max(0, len(several) - length + 1)])
        at = at[text[at] == text[at + length - 1]]
        begins.append(starts[at])
        ends.append(starts[at + length])
    for before, after in _splits(stream):
        begins.append(before)
        ends.append(after)
    begin, end = np.concatenate(begins), np.concatenate(ends)
    holder = np.searchsorted(stream.starts, begin, "right") - 1
    letters = stream.weight(begin, end)
    first = np.searchsorted(stream.words, begin)
    words = np.searchsorted(stream.words, end) - first
    whole = (begin == stream.starts[holder]) & (end == stream.starts[holder + 1])
    kept = np.flatnonzero((letters >= RUN_LETTERS) & (words >= RUN_WORDS) & ~whole)
    # masked names and the like say one thing again and again
    word = stream.hashed(stream.words, stream.word_ends())
    kept = kept[word[first[kept]] != word[first[kept] + 2]]
    return stream.hashed(begin[kept], end[kept]), holder[kept], letters[kept]


def _splits(stream: Letters) -> list[tuple[np.ndarray, np.ndarray]]:
    """What stands before and after a capital within a text of few capitals: people forget full stops."""
    text = np.searchsorted(stream.starts, stream.capitals, "right") - 1
    inner = stream.capitals > stream.starts[text]
    words = np.diff(np.searchsorted(stream.words, stream.starts))
    few = inner & (np.bincount(text, minlength=len(words)) * _WORDS_A_CAPITAL <= words)[text]
    at, text = stream.capitals[few], text[few]
    return [(stream.starts[text], at), (at, stream.starts[text + 1])]


def lost_on_the_way(text: str) -> list[str]:
    """What is left of a text in plain letters where characters were lost, turned or moved along the alphabet: what
    cannot be taken back, or is too rare to look for, is made of the few texts that others are compared with."""
    made = [codecs.encode(text, "rot13"), text[::-1]]
    if any(character in "0123456789@$!" for character in text):
        made += digits_as_letters(text)
    if not text.isascii():
        for encoding, errors in _LOSSY:
            raw = text.encode("ascii", errors) if encoding == "ascii" else text.encode("utf-8", "surrogatepass")
            made.append(raw.decode(encoding, errors))
    letters = [plain_letters(one) for one in made]
    return [one for one in letters if len(one.replace(" ", "")) >= _LOSSY_LETTERS]
