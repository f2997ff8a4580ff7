"""The columns of a table that leaves: the user's keep their names, ours step aside where they meet one."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from annotation.core.fields import Field
from annotation.core.wording import listed, quoted

PREFIX = "second_look_"


@dataclass(frozen=True)
class Column:
    """A column and what is in it; `kind` is "text", "number", "whole" or "time"."""

    name: str
    kind: str = "text"


@dataclass(frozen=True)
class Sheet:
    """A table on its way out. `rows()` gives `n` rows, each as long as `columns`; None is an empty cell.

    `aside`: our column → the name it has here, of those that stepped aside. `notes`: sentences on what is not in it.
    """

    columns: tuple[Column, ...]
    rows: Callable[[], Iterator[Sequence[Any]]]
    n: int
    aside: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class AsWritten(float):
    """A number, and how the user's file wrote it."""

    text: str

    def __new__(cls, value: float, text: str) -> "AsWritten":
        made = super().__new__(cls, value)
        made.text = text
        return made


def stepping_aside(ours: Iterable[str], theirs: Iterable[str]) -> dict[str, str]:
    """Our column → its name beside `theirs`: its own, with PREFIX before it as often as one of theirs is called so.

    Names that differ only in capitals, blanks around them or Unicode form meet: some readers hold them for one.
    """
    taken = {_key(name) for name in theirs}
    shown: dict[str, str] = {}
    for name in ours:
        free = name
        while _key(free) in taken:
            free = PREFIX + free
        taken.add(_key(free))
        shown[name] = free
    return shown


def called(name: str, columns: Iterable[str]) -> str | None:
    """What our column is called among the `columns` of a file that we wrote; None where it has none such."""
    keys = {_key(one): one for one in columns}
    found = keys.get(_key(name))
    while found and _key(name := PREFIX + name) in keys:
        found = keys[_key(name)]
    return found


def beside(
    before: Mapping[str, str], fields: Sequence[Field], after: Mapping[str, str]
) -> tuple[tuple[Column, ...], dict[str, str]]:
    """Columns of ours (name → kind), the fields, more of ours; and those of ours that stepped aside."""
    shown = stepping_aside([*before, *after], [one.name for one in fields])
    theirs = [Column(one.name, "number" if one.type == "number" else "text") for one in fields]
    first, last = ([Column(shown[name], kind) for name, kind in part.items()] for part in (before, after))
    return (*first, *theirs, *last), {name: other for name, other in shown.items() if other != name}


def aside_in_words(aside: Mapping[str, str]) -> str:
    """What a reader of the file must know of columns of ours that have another name in it; "" where none has."""
    if not aside:
        return ""
    named = listed([f"{quoted(name)} is called {quoted(other)}" for name, other in aside.items()])
    return f"Your columns keep their names, so of ours {named}."


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip()).casefold()
