"""Bytes that are not UTF-8 -> the one codec that makes plausible words of them, or none."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from annotation.core.files.encodings.languages import CODECS, Language

COVERED = 0.97  # of the letters beyond ASCII must belong to one language
ODD = 0.02  # of them may stand where no letter stands in running text
ACCENTED = 0.6  # of the letters of words that have any: more is another script read as Latin
ENOUGH = 30  # letters that tell one alphabet from another
SURE, CLEARLY = 1000.0, 2.0  # common words that a script of its own stands for; how far ahead the best must be
SHOWN = 40  # characters of an example
PUNCTUATION = frozenset("‘’“”–—…•€£¥°®™©§«»½¼¾²³·¡¿ºª×±´\u00a0\u00ad")
CAPITALS = 0.4  # what a reading in capitals is worth: KOI8-R has them where Windows-1251 has small letters
WORD = re.compile(r"[^\W\d_]+(?:[’'´\u00ad-][^\W\d_]+)*")
IN_WORD = re.compile(r"[^\W\d_](?![·\u00a0\u00ad´«»‘’“”–—…])[\x80-\xbf×÷\u02c6-\u02ff\u2000-\u2bff](?=[^\W\d_])")
AFTER_WORD = re.compile(r"[^\W\d_][‚„¿¡ƒˆ†]|[^\W\d_][–—](?=[\s,.])")


@dataclass(frozen=True)
class Guess:
    """`example`: words with letters beyond ASCII, as the codec reads them."""

    codec: str
    language: str
    example: str


@dataclass(frozen=True)
class _Reading:
    """One codec's reading of the sample and the language that explains it best; `sure` compares readings: by a script
    of its own, else by how many of its common words are there."""

    codec: str
    text: str
    language: str
    sure: float


def guessed(sample: bytes) -> tuple[Guess | None, tuple[str, ...]]:
    """(the codec that reads `sample` plausibly, None in doubt; the codecs that might), of lines that are not UTF-8.

    Codecs that read it alike are one. Where several readings are plausible, the one whose language says far more of its
    common words than the others' wins; two languages of scripts of their own are a doubt.
    """
    different: dict[str, _Reading] = {}
    for codec in CODECS:
        if reading := _reading(codec, sample):
            different.setdefault(reading.text, reading)
    best = sorted(different.values(), key=lambda reading: -reading.sure)
    names = tuple(reading.codec for reading in best[:4])
    if not best or (len(best) > 1 and best[0].sure < CLEARLY * max(best[1].sure, 1)):
        return None, names
    return Guess(best[0].codec, best[0].language, example_of(best[0].text)), names


def example_of(text: str) -> str:
    """Some words with letters beyond ASCII, or what stands around a sign that is beyond it."""
    words = dict.fromkeys(word for word in WORD.findall(text) if not word.isascii())
    if words:
        found = ""
        for word in words:
            if len(found) + len(word) > SHOWN:
                break
            found += f" {word}" if found else word
        return found or next(iter(words))[:SHOWN]
    at = next((at for at, sign in enumerate(text) if not sign.isascii()), 0)
    return " ".join(text[max(0, at - SHOWN // 2) : at + SHOWN // 2].split())


def _reading(codec: str, sample: bytes) -> _Reading | None:
    try:
        text = sample.decode(codec)
    except UnicodeDecodeError:
        return None
    beyond = [sign for sign in text if not sign.isascii()]
    letters = [sign.lower() for sign in beyond if sign.isalpha() or _is_mark(sign)]
    signs = [sign for sign in beyond if not sign.isalpha() and not _is_mark(sign)]
    if any(_unlikely(sign) for sign in dict.fromkeys(signs)) or _odd(text) > ODD * len(beyond):
        return None
    words = WORD.findall(text)
    said = Counter(word.lower() for word in words)
    if not letters:
        if codec != "cp1252" or not set(signs) <= PUNCTUATION:
            return None
        return _Reading(codec, text, "", max(_sure(one, said) for one in CODECS[codec]))
    explained = [one for one in CODECS[codec] if _explains(one, letters, words)]
    if not explained:
        return None
    small = 1.0 if 2 * sum(sign.isupper() for sign in beyond) < len(letters) else CAPITALS
    measured = ((small * SURE * _share(one.top, letters) if one.top else _sure(one, said), one) for one in explained)
    sure, language = max(measured, key=lambda found: found[0])
    return _Reading(codec, text, language.name, sure)


def _explains(language: Language, letters: list[str], words: list[str]) -> bool:
    """Whether a text with these letters beyond ASCII can be written in the language."""
    if language.top and language.letters and len(letters) < ENOUGH:
        return False
    known = not language.letters or _share(language.letters, letters) >= COVERED
    if language.common:
        return known and _share(language.common, letters) >= language.share
    marked = [word for word in words if not word.isascii()]
    accented = sum(not letter.isascii() for word in marked for letter in word)
    return known and accented <= ACCENTED * sum(map(len, marked))


def _share(among: frozenset[str], letters: list[str]) -> float:
    return sum(letter in among for letter in letters) / len(letters)


def _sure(language: Language, said: Counter[str]) -> float:
    return sum(said[word] for word in language.words)


def _unlikely(sign: str) -> bool:
    """A control character, an unassigned or private one, or a line of a box: no sign of running text."""
    return unicodedata.category(sign) in ("Cc", "Cn", "Co", "Cs") or "\u2500" <= sign <= "\u259f"


def _odd(text: str) -> int:
    """How many signs stand inside words, or capitals after small letters, or letters of two scripts side by side."""
    inside = len(IN_WORD.findall(text)) + len(AFTER_WORD.findall(text))
    inside += sum(
        _is_mark(mark) and (before.isascii() or not (before.isalpha() or _is_mark(before)))
        for before, mark in zip(" " + text, text, strict=False)
        if not mark.isascii()
    )
    for word, times in Counter(WORD.findall(text)).items():
        if word.isascii():
            continue
        inside += times * sum(
            before.islower() and after.isupper() and not (before.isascii() and after.isascii())
            for before, after in zip(word, word[1:], strict=False)
        )
        inside += times * (len({_script(letter) for letter in word if letter.isalpha()}) - 1)
    return inside


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign) == "Mn"


def _script(letter: str) -> str:
    if letter < "\u02b0" or "\u1e00" <= letter <= "\u1eff":
        return "Latin"
    if letter < "\u0700":
        return unicodedata.name(letter, "?").split()[0]
    return "other"
