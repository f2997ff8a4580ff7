"""Which items are asked for, as it stands in the address of their page.

Nothing here knows a dataset: whether a class or a person of that name exists is for whoever looks them up.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import urlencode

from annotation.core.items.words import AskedWord, read_words
from annotation.core.refusal import Refusal
from annotation.core.wording import listed, short

# Conditions that name something of the dataset, each of which may be named several times: any of them will do.
NAMES = {
    "label": "label now", "was": "label as imported", "annotator": "annotator", "said": "label given",
    "source": "source", "expert": "expert who decided", "detector": "flagged by",
}  # fmt: skip
# Conditions that name a row of a table by its id.
ROWS = {
    "finding": "finding", "snapshot": "snapshot", "audit": "audit", "draw": "draw of production", "import": "import",
    "model": "differs from the predictions of",
}  # fmt: skip
# Conditions with few values, each with its words.
STATES = {
    "labelled": "labelled", "contested": "contested", "ambiguous": "ambiguous", "bad_input": "bad input",
    "none": "no label",
}  # fmt: skip
CHOICES: Mapping[str, Mapping[str, str]] = {
    "state": STATES,
    "split": {"pool": "pool", "production": "production"},
    "case": {"open": "open", "settled": "settled", "skipped": "skipped by all its experts", "none": "none"},
    "differ": {"annotators": "annotators", "experts": "experts"},
}  # fmt: skip
CHOICE_WORDS = {"state": "state", "split": "split", "case": "case", "differ": "labels differ between"}
RANGES = {"score": "score", "probability": "probability"}
DAYS = {"received": "received", "brought": "imported"}
SORTS = {
    "import": "order of import", "-import": "last imported first", "score": "highest score first",
    "probability": "highest probability first", "received": "received first", "-received": "received last",
}  # fmt: skip
ANY = "any"
LONGEST = 300
MOST_VALUES = 50


class UnableToFilter(Refusal):
    """The address of the table asks for something that it cannot mean."""


@dataclass(frozen=True)
class AskedRange:
    """From and to, both included; None = open on that side."""

    low: float | date | None = None
    high: float | date | None = None


@dataclass(frozen=True)
class Asked:
    """Every condition has to hold, those in `but_not` have to fail. `named`: condition → the values of which one will
    do; `between`: condition → its range; `words`: what of them the texts have and lack."""

    words: tuple[AskedWord, ...] = ()
    typed: str = ""
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    between: Mapping[str, AskedRange] = field(default_factory=dict)
    but_not: frozenset[str] = frozenset()
    sort: str = "import"

    @property
    def is_all(self) -> bool:
        return not (self.words or self.named or self.between)

    @property
    def in_words(self) -> str:
        """ "label now: access or payment; not state: contested"."""
        parts = [("words", self.typed)] if self.words else []
        parts += [(name, " or ".join(_said(name, value) for value in values)) for name, values in self.named.items()]
        parts += [(name, _range_in_words(one)) for name, one in self.between.items()]
        return "; ".join(f"{'not ' * (name in self.but_not)}{title_of(name)}: {short(said)}" for name, said in parts)

    @property
    def query(self) -> str:
        """As it stands in an address, always the same for the same question."""
        pairs = [("words", self.typed)] if self.words else []
        pairs += [(name, value) for name, values in self.named.items() for value in values]
        for name, one in self.between.items():
            pairs += [(f"{name}_from", _plain(one.low)), (f"{name}_to", _plain(one.high))]
        pairs += [("not", name) for name in sorted(self.but_not)]
        pairs += [("sort", self.sort)] if self.sort != "import" else []
        return urlencode([pair for pair in pairs if pair[1] != ""])

    def sorted_by(self, sort: str) -> "Asked":
        return replace(self, sort=sort)


def title_of(name: str) -> str:
    """What a condition is called: "label now"."""
    return {"words": "words", **NAMES, **ROWS, **CHOICE_WORDS, **RANGES, **DAYS}[name]


def read_asked(given: Mapping[str, Sequence[str]]) -> Asked:
    """What an address asks for; empty values and names that are no condition are passed over.

    Raises UnableToFilter for a value that no such condition can have, with what it can be.
    """
    typed = " ".join(_first(given, "words").split())[:LONGEST]
    words = read_words(typed)
    named = {name: values for name in (*NAMES, *ROWS, *CHOICES) if (values := _values(given, name))}
    between = {name: one for name in RANGES if (one := _numbers(given, name))}
    between |= {name: one for name in DAYS if (one := _days(given, name))}
    there = {*named, *between, *(["words"] if words else [])}
    sort = _first(given, "sort") or "import"
    if sort not in SORTS:
        raise UnableToFilter(f"Items are not sorted by {short(sort)!r}; choose one of {listed(list(SORTS))}.")
    return Asked(words, typed if words else "", named, between, frozenset(given.get("not", ())) & there, sort)


def _first(given: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(_clean(given, name)), "")


def _clean(given: Mapping[str, Sequence[str]], name: str) -> list[str]:
    """The values that are not empty, without the one character that no database takes."""
    return [value.replace("\0", "\ufffd") for value in given.get(name, ()) if value]


def _values(given: Mapping[str, Sequence[str]], name: str) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(_clean(given, name)))
    if len(values) > MOST_VALUES:
        raise UnableToFilter(f"{title_of(name)} has {len(values)} values; name up to {MOST_VALUES}.")
    for value in values:
        if name in CHOICES and value not in CHOICES[name]:
            known = listed(list(CHOICES[name]))
            raise UnableToFilter(f"{title_of(name)} {short(value)!r} is none; it can be {known}.")
        if name in ROWS and not (value.isascii() and value.isdecimal() and len(value) < 19):
            raise UnableToFilter(f"{title_of(name)} {short(value)!r} is no number; choose one from its page.")
    return values


def _numbers(given: Mapping[str, Sequence[str]], name: str) -> AskedRange | None:
    sides = [_number(name, _first(given, f"{name}_{side}")) for side in ("from", "to")]
    if sides == [None, None]:
        return None
    if None not in sides and sides[0] > sides[1]:  # type: ignore[operator]
        raise UnableToFilter(f"The {name} goes from {sides[0]} to {sides[1]}: the first has to be the smaller.")
    return AskedRange(*sides)


def _number(name: str, typed: str) -> float | None:
    if not typed:
        return None
    try:
        value = float(typed.replace(",", "."))
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise UnableToFilter(f"The {name} {short(typed)!r} is no number from 0 to 1.")
    return value


def _days(given: Mapping[str, Sequence[str]], name: str) -> AskedRange | None:
    sides = [_day(name, _first(given, f"{name}_{side}")) for side in ("from", "to")]
    if sides == [None, None]:
        return None
    if None not in sides and sides[0] > sides[1]:  # type: ignore[operator]
        raise UnableToFilter(f"{title_of(name)} goes from {sides[0]} to {sides[1]}: the first has to be the earlier.")
    return AskedRange(*sides)


def _day(name: str, typed: str) -> date | None:
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise UnableToFilter(f"{title_of(name)} {short(typed)!r} is no day; write it like 2026-03-31.") from None


def _said(name: str, value: str) -> str:
    return CHOICES[name][value] if name in CHOICES else value


def _range_in_words(one: AskedRange) -> str:
    parts = [f"from {one.low}" if one.low is not None else "", f"to {one.high}" if one.high is not None else ""]
    return " ".join(part for part in parts if part)


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def asked_for(conditions: Mapping[str, object], but_not: Iterable[str] = ()) -> Asked:
    """Of code that links to the table: condition → value or values. Raises KeyError for what is no condition, so that
    no link asks for less than it says."""
    given: dict[str, list[str]] = {"not": list(but_not)}
    for name, value in conditions.items():
        title_of(name.removesuffix("_from").removesuffix("_to"))
        given[name] = [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]
    return read_asked(given)
