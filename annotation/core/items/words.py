"""Words to be looked for in the texts of an item: all of them, a phrase in quotes, none that a minus stands before."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_PARTS = re.compile(r'(-?)"([^"]*)"?|(\S+)')
_PLAIN = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True)
class AskedWord:
    """A word or phrase in small letters; `absent`: no text may have it."""

    text: str
    absent: bool = False

    @property
    def plain_parts(self) -> list[str]:
        """What of it is letters and digits that every database writes alike: a text without one of them lacks it."""
        return _PLAIN.findall(self.text)


def read_words(typed: str) -> tuple[AskedWord, ...]:
    """What was typed as words, each once and in order; a minus or quotes with nothing behind them are no word."""
    found = []
    for minus, phrase, single in _PARTS.findall(typed):
        text = _flat(phrase or single)
        absent = bool(minus) or (not phrase and text.startswith("-") and len(text) > 1)
        text = text[1:] if absent and not phrase else text
        if text.strip("-"):
            found.append(AskedWord(text, absent))
    return tuple(dict.fromkeys(found))


def has_words(words: Iterable[AskedWord], texts: Iterable[str]) -> bool:
    """Whether one or another of the texts has every word, inside another word too, and none has one that is to be
    absent; case and the kind of blanks do not count."""
    flat = [_flat(text) for text in texts]
    return all(any(word.text in text for text in flat) != word.absent for word in words)


def _flat(text: str) -> str:
    return " ".join(text.lower().split())
