"""What differs between two texts, word by word."""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Literal

from annotation.core.negations import NEGATION, negations

# A passage that differs is shown as a whole, and not word by word, beyond this many pairs of words or where less than
# this share of its words is found again: nobody could read it otherwise.
MAX_WORD_PAIRS = 1_000_000
MIN_SHARE_FOUND_AGAIN = 0.3
# Steps of comparing two texts, at the very most: beyond them what lies between their equal ends is shown as a whole.
MAX_STEPS = 20_000_000
# Characters of two texts together that are compared word by word, without what they begin and end with alike; of more
# than so many what lies between is shown as a whole.
MOST_COMPARED = 120_000
# Of a passage that differs so many say whether a negation or a number is in it: five screens.
_MOST_MARKED = 20_000
# Letters that a longest word of a text may have; where one is longer, equal ends may end within it.
_LONGEST_WORD = 200

# A word with the space after it; a number keeps its separators, a contraction its apostrophe.
_WORD = re.compile(r"\d+(?:[.,:/]\d+)*\w*%?\s*|\w+(?:['’]\w+)*\s*|[^\w\s]\s*|\s+")
_SENTENCE_END = re.compile(r"[.!?]\s+|.*\n\s*")
NUMBER = re.compile(
    r"\d|\b(?:zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|twenty|thirty|forty|fifty|sixty|"
    r"seventy|eighty|ninety|hundred|thousand|million|billion)\b",
    re.IGNORECASE,
)

# Czech, Slovak, Serbian, Croatian, Slovene, Lithuanian, Latvian, Bulgarian and Russian write it before the verb.
PREFIXES = ("ne", "nie", "не")
# Characters that fill a screen; a page that shows whole texts shows the rest when asked.
FIRST_SCREEN = 4_000

Kind = Literal["same", "inserted", "removed"]


@dataclass(frozen=True)
class Piece:
    """A run of words of one kind. The pieces `same` and `inserted`, joined, are the other text; `same` and `removed`
    are the base, but for its white space. `negation` and `number` are True where a run that differs holds such a word.
    """

    text: str
    kind: Kind
    negation: bool
    number: bool


def word_differences(base: str, other: str) -> list[Piece]:
    """The pieces, in reading order, that lead from `base` to `other`; what is removed precedes what replaces it.

    Sentences are matched first and words inside the passages that are left (Ratcliff & Metzener 1988), which keeps long
    texts cheap and the pieces readable. Upper and lower case differ.
    """
    start, end = _equal_ends(base, other)
    own, new = base[start : len(base) - end], other[start : len(other) - end]
    whole = [_differing(own, "removed"), _differing(new, "inserted")] if _too_much(own, new) else None
    pieces = whole or _compared(own, new)
    return _joined([_same(other[:start]), *pieces, _same(other[len(other) - end :])])


def compared_in_words(base: str, other: str) -> bool:
    """Whether what differs was looked for word by word; of too long a text all between its equal ends is marked."""
    start, end = _equal_ends(base, other)
    return not _too_much(base[start : len(base) - end], other[start : len(other) - end])


def _too_much(own: str, new: str) -> bool:
    return len(own) + len(new) > MOST_COMPARED


def _compared(base: str, other: str) -> list[Piece]:
    before, after = _WORD.findall(base), _WORD.findall(other)
    pieces: list[Piece] = []
    for same, old, new in _merged(_aligned(before, after)):
        if same:
            pieces.append(_same("".join(after[new])))
        else:
            pieces += [_differing("".join(before[old]), "removed"), _differing("".join(after[new]), "inserted")]
    return pieces


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Without the empty ones; two that are the same and neighbours are one."""
    found: list[Piece] = []
    for piece in pieces:
        if found and piece.kind == found[-1].kind == "same":
            found[-1] = _same(found[-1].text + piece.text)
        elif piece.text:
            found.append(piece)
    return found


def _same(text: str) -> Piece:
    return Piece(text, "same", False, False)


def _equal_ends(base: str, other: str) -> tuple[int, int]:
    """Characters with which two long texts begin alike and end alike, up to whole words; (0, 0) of texts short enough
    to be compared as they are."""
    if base == other:
        return len(other), 0
    if not _too_much(base, other):
        return 0, 0
    shorter = min(len(base), len(other))
    start = _longest(shorter, lambda n: base.startswith(other[:n]))
    start = next((at for at in range(start, max(start - _LONGEST_WORD, -1), -1) if other[at - 1 : at].isspace()), start)
    end = _longest(shorter - start, lambda n: base.endswith(other[len(other) - n :]))
    at_end = range(end, max(end - _LONGEST_WORD, 0), -1)
    return start, next((n for n in at_end if other[len(other) - n].isspace()), end)


def _longest(most: int, holds: Callable[[int], bool]) -> int:
    """The largest n up to `most` for which it holds, where it holds for every lesser one."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def negation_differs(base: str, other: str) -> bool:
    """True where a negation stands in one text and none in its place in the other: "can't" against "can", but not
    against "cannot"; and where a word of one is that of the other after "ne" or "не". True also of texts that differ in
    too much to be compared: nobody knows then."""
    start, end = _equal_ends(base, other)
    base, other = base[start : len(base) - end], other[start : len(other) - end]
    if _too_much(base, other):
        return True
    before, after = _WORD.findall(base), _WORD.findall(other)
    return any(
        not same and (_count(before[old]) != _count(after[new]) or _prefixed(before[old], after[new]))
        for same, old, new in _merged(_aligned(before, after))
    )


def _differing(text: str, kind: Kind) -> Piece:
    """Marked by what stands in its beginning, where it is longer than anybody reads."""
    looked = text[:_MOST_MARKED]
    return Piece(text, kind, bool(NEGATION.search(looked)), bool(NUMBER.search(looked)))


def _count(words: list[str]) -> int:
    return negations("".join(words))


def _prefixed(before: list[str], after: list[str]) -> bool:
    old, new = ({word.strip().lower() for word in words} for words in (before, after))
    longer, shorter = new - old, old - new
    return any(
        f"{ne}{word}" in other
        for one, other in ((shorter, longer), (longer, shorter))
        for word in one
        for ne in PREFIXES
        if len(word) > 2
    )


# Whether two passages are the same, and where they stand among the words of the base and of the other text.
Passage = tuple[bool, slice, slice]


def first_screen(pieces: Sequence[Piece], most: int = FIRST_SCREEN) -> tuple[list[Piece], int]:
    """The pieces up to so many characters, and how many the whole text has: what was removed is none of it."""
    n = sum(len(piece.text) for piece in pieces if piece.kind != "removed")
    shown: list[Piece] = []
    left = most
    for piece in pieces:
        if left <= 0:
            break
        shown.append(piece if len(piece.text) <= left else replace(piece, text=piece.text[:left]))
        left -= len(piece.text)
    return shown, n


class _Budget:
    """Comparisons that are left for a pair of texts: a text that repeats itself would take hours otherwise."""

    def __init__(self) -> None:
        self.left = MAX_STEPS

    def spend(self, a: Sequence[Hashable], b: Sequence[Hashable]) -> bool:
        """Whether two sequences can be compared; at most as many steps as equal pairs times matches found are taken."""
        times = Counter(b)
        steps = sum(n * times[one] for one, n in Counter(a).items()) * min(len(a), len(b))
        if steps > self.left:
            return False
        self.left -= steps
        return True


def _aligned(before: list[str], after: list[str]) -> Iterator[Passage]:
    if before == after:
        yield True, slice(0, len(before)), slice(0, len(after))
        return
    budget = _Budget()
    old_starts, new_starts = _sentence_starts(before), _sentence_starts(after)
    for same, old, new in _matched(_sentences(before, old_starts), _sentences(after, new_starts), budget):
        old_words = slice(old_starts[old.start], old_starts[old.stop])
        new_words = slice(new_starts[new.start], new_starts[new.stop])
        if same or (old_words.stop - old_words.start) * (new_words.stop - new_words.start) > MAX_WORD_PAIRS:
            yield same, old_words, new_words
            continue
        words = _matched(_bare(before[old_words]), _bare(after[new_words]), budget)
        if _share_found_again(words) < MIN_SHARE_FOUND_AGAIN:
            yield False, old_words, new_words
            continue
        for alike, i, j in words:
            yield alike, _shifted(i, old_words.start), _shifted(j, new_words.start)


def _matched(a: Sequence[Hashable], b: Sequence[Hashable], budget: _Budget) -> list[Passage]:
    """The passages that lead from `a` to `b`; beyond the budget only what they begin and end with is the same."""
    if not budget.spend(a, b):
        return _ends_matched(a, b)
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    return [(operation == "equal", slice(i, j), slice(k, m)) for operation, i, j, k, m in matcher.get_opcodes()]


def _ends_matched(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Passage]:
    shorter = min(len(a), len(b))
    first = next((place for place in range(shorter) if a[place] != b[place]), shorter)
    last = next((place for place in range(shorter - first) if a[-1 - place] != b[-1 - place]), shorter - first)
    passages = [
        (True, slice(0, first), slice(0, first)),
        (False, slice(first, len(a) - last), slice(first, len(b) - last)),
        (True, slice(len(a) - last, len(a)), slice(len(b) - last, len(b))),
    ]
    return [one for one in passages if one[1].start < one[1].stop or one[2].start < one[2].stop]


def _share_found_again(passages: Sequence[Passage]) -> float:
    """Of all words of both texts the share that is in a passage that is the same."""
    n = sum(old.stop - old.start + new.stop - new.start for _, old, new in passages)
    found = sum(old.stop - old.start + new.stop - new.start for same, old, new in passages if same)
    return found / n if n else 1.0


def _merged(passages: Iterable[Passage]) -> Iterator[Passage]:
    """Neighbouring passages of one kind as one."""
    pending: Passage | None = None
    for same, old, new in passages:
        if pending and pending[0] == same:
            pending = same, slice(pending[1].start, old.stop), slice(pending[2].start, new.stop)
            continue
        if pending:
            yield pending
        pending = same, old, new
    if pending:
        yield pending


def _sentence_starts(words: list[str]) -> list[int]:
    """Where each sentence begins, and the end of the last."""
    inner = [position for position, word in enumerate(words[:-1], start=1) if _SENTENCE_END.fullmatch(word)]
    return [0, *inner, len(words)]


def _sentences(words: list[str], starts: list[int]) -> list[tuple[str, ...]]:
    return [tuple(_bare(words[start:stop])) for start, stop in zip(starts, starts[1:], strict=False)]


def _bare(words: list[str]) -> list[str]:
    return [word.strip() for word in words]


def _shifted(place: slice, by: int) -> slice:
    return slice(place.start + by, place.stop + by)
