"""How sentences are written, and what findings are called: names, counts and shares, keys and titles that fit."""

from dataclasses import dataclass
from hashlib import sha256

# What the columns of a finding hold, in characters.
KEY, TITLE = 200, 300
# Of a key that is too long so much stays, to be read; its own hash keeps it apart from all others.
_READABLE = 180


@dataclass(frozen=True)
class FindingKind:
    """What a kind of finding is called, what its share means and what a lead can do next.

    A share is written as "7.1 % of 345 `units` `share`".
    """

    title: str
    units: str
    share: str
    next: str


def fitting_key(key: str) -> str:
    """The key as it is, or of more than KEY characters its beginning and its hash, so that two keys stay two."""
    return key if len(key) <= KEY else f"{key[:_READABLE]}…{sha256(key.encode()).hexdigest()[:16]}"


def fitting_title(title: str) -> str:
    """The title on one line, cut with an ellipsis where it has more than TITLE characters."""
    return short(title, TITLE)


def short(text: str, length: int = 80) -> str:
    """A name or text on one line, as a title can bear it, cut where it is too long to be quoted."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def quoted(name: str, length: int = 120) -> str:
    """The name of a class or word as it stands in a sentence: “card_arrival”."""
    return f"“{short(name, length)}”"


def counted(n: int, noun: str) -> str:
    """ "1 pair", "12 pairs"."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def listed(parts: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def percent(share: float) -> str:
    """A share as people read it: "3 %", and never a certainty that it is not."""
    if 0 < share < 0.01:
        return "less than 1 %"
    if 0.99 < share < 1:
        return "more than 99 %"
    return f"{share:.0%}".replace("%", " %")
