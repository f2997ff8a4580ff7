"""What differs between two texts, word by word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from annotation.core.negations import NEGATION, negations

# A passage that differs is shown as a whole, and not word by word, beyond this many pairs of words or where less than
# this share of its words is found again: nobody could read it otherwise.
MAX_WORD_PAIRS = 1_000_000
MIN_SHARE_FOUND_AGAIN = 0.3

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
    before, after = _WORD.findall(base), _WORD.findall(other)
    pieces: list[Piece] = []
    for same, old, new in _merged(_aligned(before, after)):
        if same:
            pieces.append(Piece("".join(after[new]), "same", False, False))
        else:
            pieces += [_differing("".join(before[old]), "removed"), _differing("".join(after[new]), "inserted")]
    return [piece for piece in pieces if piece.text]


def negation_differs(base: str, other: str) -> bool:
    """True where a negation stands in one text and none in its place in the other: "can't" against "can", but not
    against "cannot"; and where a word of one is that of the other after "ne" or "не"."""
    before, after = _WORD.findall(base), _WORD.findall(other)
    return any(
        not same and (_count(before[old]) != _count(after[new]) or _prefixed(before[old], after[new]))
        for same, old, new in _merged(_aligned(before, after))
    )


def _differing(text: str, kind: Kind) -> Piece:
    return Piece(text, kind, bool(NEGATION.search(text)), bool(NUMBER.search(text)))


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


def _aligned(before: list[str], after: list[str]) -> Iterator[Passage]:
    old_starts, new_starts = _sentence_starts(before), _sentence_starts(after)
    sentences = SequenceMatcher(None, _sentences(before, old_starts), _sentences(after, new_starts), autojunk=False)
    for same, old, new in _matched(sentences):
        old_words = slice(old_starts[old.start], old_starts[old.stop])
        new_words = slice(new_starts[new.start], new_starts[new.stop])
        if same or (old_words.stop - old_words.start) * (new_words.stop - new_words.start) > MAX_WORD_PAIRS:
            yield same, old_words, new_words
            continue
        words = SequenceMatcher(None, _bare(before[old_words]), _bare(after[new_words]), autojunk=False)
        if words.ratio() < MIN_SHARE_FOUND_AGAIN:
            yield False, old_words, new_words
            continue
        for alike, i, j in _matched(words):
            yield alike, _shifted(i, old_words.start), _shifted(j, new_words.start)


def _matched(matcher: SequenceMatcher) -> Iterator[Passage]:
    for operation, i, j, k, m in matcher.get_opcodes():
        yield operation == "equal", slice(i, j), slice(k, m)


def _merged(passages: Iterator[Passage]) -> Iterator[Passage]:
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
