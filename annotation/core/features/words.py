"""What counts as a word, in detection and in training alike: codes with digits, accents and vowel signs, single
characters where a language is written without spaces, emoji and punctuation."""

import re
import unicodedata
from functools import cache

import numpy as np

# Signs on or beside letters, and joiners inside words, that `\w` leaves out: accents, Hebrew, Arabic, Syriac, N'Ko,
# Ethiopic, and the blocks of the scripts of India but for their full stops.
SIGNS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u07a6-\u07b0\u07eb-\u07f3\u0816-\u082d"
    "\u0859-\u085b\u08d3-\u0963\u0966-\u0df3\u135d-\u135f\u1ab0-\u1aff\u1dc0-\u1dff\u200c\u200d\u20d0-\u20ff"
    "\ua8e0-\ua8f1\ufe20-\ufe2f"
)
# Thai, Lao, Tibetan, Myanmar, Khmer, Japanese and Chinese are written without spaces: there each character is a word,
# and pairs of words are what a reader calls words.
ALONE = (
    "\u0e00-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff"
)
# They choose how a character is drawn, and are nothing to read.
UNREAD = "\u00ad\u200b\u200e\u200f\u2060\ufe00-\ufe0f\ufeff"

_IN_WORD = rf"(?:(?![{ALONE}])[\w{SIGNS}]|(?<=\d)[.,](?=\d))"
# A text without a single word is one word of its own: a column of empty texts still has a vocabulary.
WORD = rf"{_IN_WORD}+|[{ALONE}]|[^\s\w{SIGNS}{UNREAD}]|^[\s{UNREAD}]*$"

# What a character is to the reader of words.
NOTHING, LETTER, DIGIT, SINGLE, PUNCTUATION, POINT = range(6)


@cache
def kind_of(character: str) -> int:
    """What one character is to `WORD`: NOTHING (spaces), LETTER or DIGIT (runs of both are words), SINGLE (a word of
    its own), PUNCTUATION (such a word, but nothing between others) or POINT (punctuation, but inside a number)."""
    if re.match(rf"[\s{UNREAD}]", character):
        return NOTHING
    if re.match(rf"[{ALONE}]|[^\w{SIGNS}]", character):
        if character in ".,":
            return POINT
        return PUNCTUATION if unicodedata.category(character)[0] == "P" and character not in "%‰" else SINGLE
    return DIGIT if re.match(r"\d", character) else LETTER


def kinds_of(points: np.ndarray) -> np.ndarray:
    """`kind_of` each code point of uint32 (n,), int8 (n,)."""
    table = np.zeros(int(points.max(initial=0)) + 1, dtype=np.int8)
    for point in np.flatnonzero(np.bincount(points, minlength=1)):
        table[point] = kind_of(chr(point))
    return table[points]
