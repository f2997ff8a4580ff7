"""Characters that nobody sees and that change how a text reads: overrides of its direction, and what has no width."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# What turns the direction of what follows, also beyond the text itself where nothing keeps it in.
DIRECTION = {
    "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO", "\u2066": "LRI",
    "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI", "\u200e": "LRM", "\u200f": "RLM", "\u061c": "ALM",
}  # fmt: skip
# What has no width, or looks like a blank and is none. Of use in many scripts and emoji, but not seen in a name.
WIDTHLESS = {
    "\u200b": "ZWSP", "\u200c": "ZWNJ", "\u200d": "ZWJ", "\u2060": "WJ", "\ufeff": "BOM", "\u00ad": "SHY",
    "\u180e": "MVS", "\u034f": "CGJ", "\u3164": "HF", "\u115f": "HCF", "\u1160": "HJF", "\u00a0": "NBSP",
    "\u2007": "FSP", "\u202f": "NNBSP", "\u2028": "LS", "\u2029": "PS",
}  # fmt: skip
_CONTROLS = "\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"
_IN_TEXTS = re.compile(f"[{''.join(DIRECTION)}{_CONTROLS}]")
_IN_NAMES = re.compile(f"[{''.join(DIRECTION)}{''.join(WIDTHLESS)}{_CONTROLS}\t\r\n]")


@dataclass(frozen=True)
class Run:
    """A run of a text, or one character of it that is not seen: then `sign` is its short name and `title` says what it
    is."""

    text: str
    sign: str = ""
    title: str = ""


def runs_of(text: str, *, name: bool = False) -> Iterator[Run]:
    """The text as runs that, joined, are the text. Of a name what has no width stands out as well."""
    start = 0
    for found in (_IN_NAMES if name else _IN_TEXTS).finditer(text):
        if found.start() > start:
            yield Run(text[start : found.start()])
        yield _sign(found.group())
        start = found.end()
    if start < len(text):
        yield Run(text[start:])


def visible(text: str) -> str:
    """The same with short names in the places of what nobody sees, where no markup can stand: a choice of a list."""
    return "".join(f"⟨{run.sign}⟩" if run.sign else run.text for run in runs_of(text, name=True))


def longest_run(text: str) -> int:
    """Characters of the longest word, between blanks at which a line can break."""
    return max(map(len, text.split()), default=0)


def _sign(character: str) -> Run:
    code = f"U+{ord(character):04X}"
    short = DIRECTION.get(character) or WIDTHLESS.get(character) or code
    words = unicodedata.name(character, "control character").lower()
    return Run(character, short, f"{words} ({code})")
