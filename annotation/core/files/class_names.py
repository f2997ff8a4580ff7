"""Names of classes that look alike: which spelling stands for all of them, and what is to be said of it."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from annotation.core.wording import counted, listed, short

# Cf: zero width, joiners, direction marks, soft hyphen, byte order mark; the two selectors of a character's look.
INVISIBLE = ("\ufe0e", "\ufe0f")
BLANKS = re.compile(r"\s+")
SAID, SHOWN = 10, 60


def folded(name: str) -> str:
    """What of a name can be seen: composed (NFC), without characters of no width, one blank for any run of blanks."""
    if name.isascii():
        return " ".join(name.split())
    seen = "".join(one for one in name if unicodedata.category(one) != "Cf" and one not in INVISIBLE)
    return BLANKS.sub(" ", unicodedata.normalize("NFC", seen)).strip()


class Spellings:
    """Spellings of class names that look alike are one class: the known one, else the one that was met first."""

    def __init__(self, known: Sequence[str] = ()) -> None:
        self._one = {name: name for name in known}  # settled for good: the first spelling stays the first
        self._first: dict[str, str] = {}
        for name in known:
            self._first.setdefault(folded(name), name)
        self._joined: Counter[str] = Counter()

    def meet(self, names: Iterable[str | None]) -> None:
        """Names of labels, None where there is none, as the file writes them."""
        for name, times in Counter(names).items():
            if name is not None:
                one = self._one.setdefault(name, self._first.setdefault(folded(name), name))
                self._joined[name] += times * (one != name)

    def one(self, name: str) -> str:
        """The spelling that stands for the name; the name itself where none like it was met."""
        return self._one.get(name) or self._first.get(folded(name), name)

    def notes(self) -> list[str]:
        """Which spellings were taken as one class, and in how many labels."""
        groups: dict[str, list[str]] = {}
        for name in +self._joined:
            groups.setdefault(self.one(name), []).append(name)
        return _most([self._sentence(one, others) for one, others in groups.items()], "classes have several spellings")

    def _sentence(self, one: str, others: Sequence[str]) -> str:
        n = counted(sum(self._joined[name] for name in others), "label")
        spelt = listed([visible(name) for name in others[:SAID]])
        if len(others) == 1:
            return f"{spelt} looks like {visible(one)} and is that class: {n}."
        return f"{spelt} look like {visible(one)} and are that class: {n}."


def nearly_alike(names: Sequence[str]) -> list[str]:
    """Sentences on classes that stay apart, though only capitals or the way a number is written tell them apart."""
    found, capitals, numbers = [], dict[str, str](), dict[str, str]()
    for name in names:
        seen = folded(name)
        if (other := capitals.setdefault(seen.casefold(), name)) != name:
            found.append(_apart(other, name, "in capitals"))
        elif (other := numbers.setdefault(_number(seen), name)) != name:
            found.append(_apart(other, name, "in how a number is written"))
    return _most(found, "pairs of classes are nearly alike")


def visible(name: str) -> str:
    """The name in quotes; what cannot be seen in it, or looks like something else, by its code."""
    marks = ("Mn",) if unicodedata.normalize("NFC", name) != name else ()
    shown = ""
    for one in short(name) if name == " ".join(name.split()) else name[:SHOWN]:
        blank = one != " " and one.isspace() or one == " " and shown.endswith(" ")
        hidden = blank or one in INVISIBLE or unicodedata.category(one) in ("Cf", "Cc", *marks)
        shown += f"<U+{ord(one):04X}>" if hidden else one
    return f"'{shown}'"


def _apart(one: str, other: str, how: str) -> str:
    return (
        f"The classes {visible(one)} and {visible(other)} differ only {how} and stay two classes; if they mean the "
        "same, write them alike in the file, or merge the two after the import."
    )


def _most(sentences: list[str], what: str) -> list[str]:
    more = len(sentences) - SAID
    return sentences if more <= 0 else [*sentences[:SAID], f"{more:,} more {what}."]


def _number(name: str) -> str:
    try:
        return repr(float(name))
    except ValueError:
        return name
