"""The ways in which a text can be read: as it stands, decoded, in plain letters, without what is put round it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from annotation.core.likeness.decoding import decoded, undone
from annotation.core.likeness.letters import HashSet, Letters, Streams, letters_of
from annotation.core.likeness.look_alikes import LOOK_ALIKES, digits_as_letters, plain_letters
from annotation.core.likeness.wrappings import (
    CLOSERS,
    OPENERS,
    greeting_off,
    links_off,
    numbers_off,
    signature_off,
)

_MARKS = np.zeros(256, dtype=bool)
_MARKS[list(b"%&<\\=[{+#@\0")] = True
# A first word of letters and digits, or one with a colon after it.
_LABELLED = re.compile(r"\W*(?:[A-Za-z]{0,6}[-_#]?\d|[A-Za-z]{1,3}[.)\]]\s|[^\s:]{1,15}\s?:|[bu]['\"])")
_MIXED = re.compile(r"[A-Za-z][0134578@$][A-Za-z]|\b[0134578@$]+[A-Za-z]{2}|[A-Za-z]{2}[0134578@$]+\b|[a-z]![a-z]")
_LATIN = re.compile("[A-Za-z]")
_OTHER_LETTERS = re.compile("[" + "".join(map(chr, LOOK_ALIKES)) + "]")
# Letters, but none that looks like a Latin one.
_UNLIKE = re.compile("[^\\W\\d_" + "".join(map(chr, LOOK_ALIKES)) + "]")
_RULED = re.compile(r"\n[-_=*]")
# Letters with a space after each, and words further apart.
_SPACED = re.compile(r"(?<=\S)[ ](?=\S)")


@dataclass(frozen=True)
class Readings:
    """Further readings of n texts: `texts` (m), `of` (m,) int64 which text each is one of, `part` (m,) bool where a
    number, a date or a link was taken off, so that the rest is less than what the text says."""

    texts: list[str]
    of: np.ndarray
    part: np.ndarray


def further_readings(columns: Sequence[Sequence[str]], plain: Sequence[Streams]) -> Readings:
    """What the n texts can be read as beyond what they are. `columns` are their fields, each (n), and `plain` the same
    in plain letters; a reading is of all fields in the same way, one after the other."""
    doubtful, ending = np.zeros((2, len(columns[0])), dtype=bool)
    for texts, letters in zip(columns, plain, strict=True):
        odd, farewell = _doubtful(texts, letters)
        doubtful |= odd
        ending |= farewell
    found: list[tuple[str, int, bool]] = []
    for position in np.flatnonzero(doubtful).tolist():
        fields = [column[position] for column in columns]
        found += [(text, position, part) for text, part in _read(fields, bool(ending[position])).items()]
    texts, of, part = zip(*found, strict=True) if found else ((), (), ())
    return Readings(list(texts), np.array(of, dtype=np.int64), np.array(part, dtype=bool))


def _read(fields: list[str], farewell: bool) -> dict[str, bool]:
    """The readings of one text, each with whether it is part of what was said; `farewell`: it holds a word of one."""
    steps = [fields, *_side_by_side([decoded(field) for field in fields], fields)[-2:]]
    readings: dict[str, bool] = {}
    for letters in [undressed for step in steps for undressed in _undressed(step)]:
        ends = farewell or letters is not fields
        greeted = [greeting_off(field) for field in letters]
        signed = [signature_off(field) for field in letters] if ends else letters
        bare = greeted if signed == letters else [signature_off(field) for field in greeted]
        for whole in (letters, greeted, signed, bare):
            readings["\n".join(whole)] = False
        for part in _parts(bare, ends):
            readings.setdefault("\n".join(part), True)
    readings.pop("\n".join(fields), None)
    return readings


def _parts(fields: list[str], ends: bool) -> Iterator[list[str]]:
    """The fields without numbers before them, without links behind them, and without both; where a farewell may have
    stood between, without it too."""
    starts, numbered = [fields], [numbers_off(field) for field in fields]
    if numbered != fields:
        starts += [numbered, [greeting_off(field) for field in numbered]]
        yield from starts[1:]
    for start in starts:
        for shorter in _side_by_side([links_off(field) for field in start], start):
            yield shorter
            if ends:
                yield [signature_off(field) for field in shorter]


def _side_by_side(readings: list[list[str]], fields: list[str]) -> list[list[str]]:
    """The readings of each field, made as many by repeating the last."""
    if not any(readings):
        return []
    most = max(len(further) for further in readings)
    filled = [[*further, *[(further or [field])[-1]] * (most - len(further))]
              for further, field in zip(readings, fields, strict=True)]  # fmt: skip
    return [list(step) for step in zip(*filled, strict=True)]


def _undressed(fields: list[str]) -> list[list[str]]:
    """The fields, and what they say where digits or letters of other scripts stand for Latin letters, or a space stands
    after each letter."""
    both = [fields]
    if any(_OTHER_LETTERS.search(field) for field in fields):
        both.append([field.translate(LOOK_ALIKES) for field in fields])
    if any(_MIXED.search(field) for field in fields):
        both += [list(read) for read in zip(*(digits_as_letters(field) for field in fields), strict=True)]
    if any(2 * field.count(" ") + 2 >= len(field) > 4 for field in fields):
        both.append([_SPACED.sub("", field) for field in fields])
    return both


def _doubtful(texts: Sequence[str], plain: Streams) -> tuple[np.ndarray, np.ndarray]:
    """True (n,) where a text holds anything that can be read in another way, and where it holds a word of a farewell.
    Most hold nothing, and looking for words by their hashes spares them all further work."""
    doubtful = np.fromiter(map(_odd, texts), dtype=bool, count=len(texts))
    farewell = np.zeros(len(texts), dtype=bool)
    for start, stream in plain:
        stop = start + len(stream.starts) - 1
        first = np.searchsorted(stream.words, stream.starts)
        words = stream.hashed(stream.words, stream.word_ends())
        closes = np.searchsorted(first, np.flatnonzero(_CLOSERS.holds(words)), "right") - 1
        farewell[start + closes] = True
        farewell[start:stop] |= _ruled(texts[start:stop])
        some = np.flatnonzero(np.diff(first) > 0)
        doubtful[start + some[_OPENERS.holds(words[first[some]])]] = True
        doubtful[start:stop] |= _marked(texts[start:stop]) | _mixed(stream, first)
    return doubtful | farewell, farewell


def _odd(text: str) -> bool:
    """Whether a text has no space, begins like a list or a form, or has letters of more than one script or characters
    of a wrong encoding."""
    if " " not in text or _LABELLED.match(text) or text[-1] == ":":
        return True
    if text.isascii():
        return False
    if undone(text) != text:
        return True
    return bool(_OTHER_LETTERS.search(text)) and (bool(_LATIN.search(text)) or not _UNLIKE.search(text))


def _mixed(stream: Letters, first: np.ndarray) -> np.ndarray:
    """True (t,) where more than one word in four has digits among its letters, or most words are single letters."""
    n = np.diff(first)
    digits = np.r_[0, np.cumsum(stream.digits)]
    ends = stream.word_ends()
    own = digits[ends] - digits[stream.words]
    both = (own > 0) & (own < ends - stream.words)
    mixed = np.diff(np.r_[0, np.cumsum(both)][first])
    return (4 * mixed > n) | (np.diff(stream.starts) < 1.5 * n) & (n > 3)


def _ruled(texts: Sequence[str]) -> np.ndarray:
    """True (n,) where a line of a text begins as one above a signature does."""
    if not any(rule in "\n".join(texts) for rule in ("\n-", "\n_", "\n=", "\n*")):
        return np.zeros(len(texts), dtype=bool)
    return np.array([bool(_RULED.search(text)) for text in texts], dtype=bool)


def _marked(texts: Sequence[str]) -> np.ndarray:
    """True (n,) where a text holds a sign of an encoding or of mark-up."""
    joined = "\n".join(texts) + "\n"
    raw = texts if joined.isascii() else [text.encode("utf-8", "surrogatepass") for text in texts]
    ends = np.cumsum(np.fromiter(map(len, raw), dtype=np.int64, count=len(texts)) + 1)
    marked = np.zeros(len(texts), dtype=bool)
    places = np.flatnonzero(_MARKS.take(np.frombuffer(joined.encode("utf-8", "surrogatepass"), dtype=np.uint8)))
    marked[np.searchsorted(ends, places, "right")] = True
    return marked


def _hashes(words: frozenset[str]) -> HashSet:
    stream = letters_of([plain_letters(word) for word in sorted(words)])
    return HashSet(stream.hashed(stream.starts[:-1], stream.starts[1:]))


_OPENERS, _CLOSERS = _hashes(OPENERS), _hashes(CLOSERS)
