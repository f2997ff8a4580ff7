"""The words of a text, which of them may be changed, and its sentences."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random

from annotation.core.likeness.differences import NUMBER
from annotation.core.negations import NEGATION

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
# What has a digit, an @ or an address in it is a number or a name as a whole, up to the next white space.
_CHUNK = re.compile(r"\S+")
_FIXED = re.compile(r"[\d@_]|://|www\.")
_ENDS_SENTENCE = re.compile(r"[.!?]|\n")
_GAP = re.compile(r"(?<=\S)\s+(?=\S)")
_ENDED = re.compile(r"[.!?][\"'”’)\]]?$")
_ABBREVIATED = re.compile(r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Inc|Ltd|Corp|Co|No|St|vs|approx|e\.g|i\.e)\.$")
# A capitalised word so short before a full stop is as likely an abbreviation as the end of a sentence.
SHORT = 4
# An abbreviation is no longer than so many characters.
NEAR = 10


@dataclass(frozen=True)
class Word:
    """text[start:end]; `free` is False for negations, numbers and names, which nothing ever changes."""

    text: str
    start: int
    end: int
    free: bool


def words_of(text: str) -> list[Word]:
    """Words in reading order.

    Not free: negations (`annotation.core.differences`); numbers in digits or letters and whatever is written together
    with a digit, @, underscore or web address; and names: capitalised words inside a sentence, two capitalised words at
    its beginning, words all in capitals. A text all in capitals is all names.
    """
    fixed = [chunk.span() for chunk in _CHUNK.finditer(text) if _FIXED.search(chunk.group())]
    found = list(WORD.finditer(text))
    words, at = [], 0
    for number, match in enumerate(found):
        while at < len(fixed) and fixed[at][1] <= match.start():
            at += 1
        kept = at < len(fixed) and fixed[at][0] <= match.start()
        kept = kept or _means(match.group()) or _is_name(text, found, number)
        words.append(Word(match.group(), match.start(), match.end(), not kept))
    return words


def _means(word: str) -> bool:
    return bool(NEGATION.search(word) or NUMBER.search(word))


def _is_name(text: str, found: list[re.Match[str]], number: int) -> bool:
    word = found[number].group()
    if not word[0].isupper():
        return False
    if len(word) > 1 and word.isupper():
        return True
    if not _begins(text, found, number):
        return True
    after = found[number + 1] if number + 1 < len(found) else None
    return bool(after and after.group()[0].isupper() and not _begins(text, found, number + 1))


def _begins(text: str, found: list[re.Match[str]], number: int) -> bool:
    """Whether a sentence begins with this word."""
    if number == 0:
        return True
    before = found[number - 1]
    gap = text[before.end() : found[number].start()]
    short = before.group()[0].isupper() and len(before.group()) <= SHORT and "\n" not in gap
    return bool(_ENDS_SENTENCE.search(gap)) and not (short and gap.startswith("."))


def harmless(word: str) -> bool:
    """Whether a new spelling is still a word: not empty, no negation, no number."""
    letters = "".join(letter for letter in word if not letter.isdigit())
    return bool(letters) and not _means(letters)


def rewritten(text: str, changes: Iterable[tuple[Word, str]]) -> str:
    """The text with words replaced."""
    parts, last = [], 0
    for word, new in sorted(changes, key=lambda change: change[0].start):
        parts += [text[last : word.start], new]
        last = word.end
    return "".join([*parts, text[last:]])


def edited(text: str, draw: Random, share: float, edit: Callable[[str, Random], str]) -> str:
    """The text with `share` of its words, one or more, put through `edit`; which ones is drawn among the free words
    that `edit` changes into something harmless. Where there are none it is the same text."""
    words = words_of(text)
    free = [word for word in words if word.free]
    draw.shuffle(free)
    wanted = max(1, round(share * len(words)))
    changes: list[tuple[Word, str]] = []
    for word in free:
        if len(changes) == wanted:
            break
        new = edit(word.text, draw)
        if new != word.text and harmless(new):
            changes.append((word, new))
    return rewritten(text, changes)


def sentences_of(text: str) -> tuple[list[str], list[str]]:
    """Sentences, and the white space after each but the last: joined in turn they are the text. A line is a sentence
    of its own."""
    sentences, gaps, last = [], [], 0
    for gap in _GAP.finditer(text):
        if "\n" in gap.group() or _ends(text[max(last, gap.start() - NEAR) : gap.start()]):
            sentences.append(text[last : gap.start()])
            gaps.append(gap.group())
            last = gap.end()
    return [*sentences, text[last:]], gaps


def _ends(before: str) -> bool:
    return bool(_ENDED.search(before)) and not _ABBREVIATED.search(before)


def joined(sentences: list[str], gaps: list[str]) -> str:
    """The reverse of `sentences_of`."""
    return "".join(part for pair in zip(sentences, [*gaps, ""], strict=True) for part in pair)
