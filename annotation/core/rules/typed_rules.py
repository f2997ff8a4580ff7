"""Rules a person can say in one line: words, length, fields, the source, the place in the file."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from annotation.core.fields import Field
from annotation.core.intervals import Interval, wilson
from annotation.core.likeness.grouping import joined_text
from annotation.core.refusal import Refusal
from annotation.core.rules.count_rules import mentions

KINDS = {
    "word": "the text contains the word",
    "letters": "the text contains the letters",
    "count": "the text mentions a word more than … times",
    "longer": "the text is longer than … words",
    "shorter": "the text is shorter than … words",
    "equals": "a field is",
    "above": "a field is above",
    "below": "a field is below",
    "source": "the item comes from the source",
    "first": "it is among the first … items of the file",
    "last": "it is among the last … items of the file",
}
OF_TEXT = ("word", "letters", "count", "longer", "shorter")
OF_FIELDS = ("equals", "above", "below")
NUMBERED = ("count", "longer", "shorter", "above", "below", "first", "last")
MOST = 10


class UnableToReadRule(Refusal):
    """What was typed is no rule."""


@dataclass(frozen=True)
class Clause:
    """One condition. kind: a key of KINDS. name: the word, letters, source or field; number: the limit, where the kind
    has one; value: what a field has to be."""

    kind: str
    name: str = ""
    number: float = 0.0
    value: str = ""

    @property
    def words(self) -> str:
        """The condition as the end of "items whose text …" or "the item …"."""
        number = f"{self.number:,.6g}"
        many = f"{number} word{'' if self.number == 1 else 's'}"
        times = {0.0: "at least once", 1.0: "more than once"}.get(self.number, f"more than {number} times")
        place = "the {}" if self.number == 1 else f"among the {{}} {number}"
        return {
            "word": f"contains “{self.name}”",
            "letters": f"contains the letters “{self.name}”",
            "count": f"mentions “{self.name}” {times}",
            "longer": f"is longer than {many}",
            "shorter": f"is shorter than {many}",
            "equals": f"has “{self.value}” as its {self.name}",
            "above": f"has a {self.name} above {number}",
            "below": f"has a {self.name} below {number}",
            "source": f"comes from “{self.name}”",
            "first": f"is {place.format('first')} of the file",
            "last": f"is {place.format('last')} of the file",
        }[self.kind]


@dataclass(frozen=True)
class TypedRule:
    """Clauses of which one, or with `every` all, must hold."""

    clauses: tuple[Clause, ...]
    every: bool = False

    @property
    def words(self) -> str:
        """“contains “check” and contains “out””: it stands behind "an item that"."""
        return (" and " if self.every else " or ").join(clause.words for clause in self.clauses)

    @property
    def key(self) -> str:
        """The same for the same rule, and another for another one."""
        parts = (f"{one.kind}:{one.name}:{one.number:g}:{one.value}" for one in self.clauses)
        return ("&" if self.every else "|").join(parts)

    def as_json(self) -> dict[str, Any]:
        return {"clauses": [asdict(clause) for clause in self.clauses], "every": self.every}


@dataclass(frozen=True)
class Share:
    """How far a rule goes along with one class: `inside` the share of the items it applies to that carry the class,
    `outside` the share of the others, `caught` the share of the class's items that it applies to; `balanced` its
    balanced accuracy in [0, 1], .5 = no better than a coin, nan where only one class occurs."""

    label: int
    inside: Interval
    outside: Interval
    caught: Interval
    balanced: float


def read_rule(kind: str, name: str, number: str, value: str, fields: Sequence[Field]) -> TypedRule:
    """The rule somebody typed. Several words or letters may be given, parted by commas: one of them is enough.

    Raises UnableToReadRule with what to mend.
    """
    name, value = name.strip(), value.strip()
    if kind not in KINDS:
        raise UnableToReadRule("Choose what the rule looks at.")
    limit = _number(kind, number) if kind in NUMBERED else 0.0
    if kind in OF_FIELDS:
        return TypedRule((Clause(kind, _field(kind, name, fields), limit, value if kind == "equals" else ""),))
    if kind in OF_TEXT and not any(field.type == "text" for field in fields):
        raise UnableToReadRule("These items have no text; choose a field, the source or the place in the file.")
    if kind in ("word", "letters", "count"):
        names = list(dict.fromkeys(part.strip().lower() for part in name.split(",") if part.strip()))
        if not names or len(names) > MOST:
            raise UnableToReadRule(f"Write a word, or up to {MOST} with commas between them.")
        return TypedRule(tuple(Clause(kind, one, limit) for one in names))
    if kind == "source":
        return TypedRule((Clause(kind, name),))
    return TypedRule((Clause(kind, "", limit),))


def _number(kind: str, typed: str) -> float:
    try:
        number = float(typed.replace(",", "."))
    except ValueError:
        number = float("nan")
    if not np.isfinite(number) or (number < 0 and kind not in OF_FIELDS):
        raise UnableToReadRule("Write a number, such as 5.")
    return number


def _field(kind: str, name: str, fields: Sequence[Field]) -> str:
    fitting = [one.name for one in fields if (one.type == "number") == (kind != "equals") or kind == "equals"]
    if name not in fitting:
        there = ", ".join(fitting) or "none"
        raise UnableToReadRule(f"There is no field “{name}” for this kind of rule. Fields: {there}.")
    return name


def applies(
    rule: TypedRule,
    table: pd.DataFrame,
    fields: Sequence[Field],
    sources: np.ndarray | None = None,
    places: tuple[np.ndarray, int] | None = None,
) -> np.ndarray:
    """Where the rule holds: bool (n,), n the rows of `table`, which has one column per field and is in the order of
    import. sources: str (n,), "" = none. places: int (n,), where each row stands, from 0, among how many; None = these
    are all there are."""
    placed = places or (np.arange(len(table)), len(table))
    parts = [_holds(clause, table, fields, sources, placed) for clause in rule.clauses]
    return np.logical_and.reduce(parts) if rule.every else np.logical_or.reduce(parts)


def _holds(
    clause: Clause,
    table: pd.DataFrame,
    fields: Sequence[Field],
    sources: np.ndarray | None,
    placed: tuple[np.ndarray, int],
) -> np.ndarray:
    n, kind = len(table), clause.kind
    if kind in OF_TEXT:
        return _reads(clause, joined_text(table, fields))
    if kind == "equals":
        number = pd.to_numeric(clause.value, errors="coerce")
        column = table[clause.name]
        if column.dtype.kind == "f":
            return (column == number).to_numpy()
        return (column.astype(str).str.casefold() == clause.value.casefold()).to_numpy()
    if kind in ("above", "below"):
        column = pd.to_numeric(table[clause.name], errors="coerce")
        return (column > clause.number if kind == "above" else column < clause.number).to_numpy()
    if kind == "source":
        return np.zeros(n, dtype=bool) if sources is None else np.asarray(sources == clause.name)
    place, of = placed
    return place < clause.number if kind == "first" else place >= of - clause.number


def _reads(clause: Clause, texts: Sequence[str]) -> np.ndarray:
    if clause.kind == "letters":
        return np.array([clause.name in text.lower() for text in texts], dtype=bool)
    if clause.kind in ("word", "count"):
        return mentions(texts, clause.name) > clause.number
    length = lengths(texts)
    return length > clause.number if clause.kind == "longer" else length < clause.number


def lengths(texts: Sequence[str]) -> np.ndarray:
    """Words per text, parted by blanks: int (n,)."""
    return np.array([len(text.split()) for text in texts], dtype=np.int64)


def judge(holds: np.ndarray, labels: np.ndarray, n_classes: int) -> list[Share]:
    """How far a rule predicts labels, for every class that occurs, the best predicted first.

    holds: bool (n,). labels: int (n,), −1 = none, left out.
    """
    labelled = labels >= 0
    inside = np.bincount(labels[labelled & holds], minlength=n_classes)
    size = np.bincount(labels[labelled], minlength=n_classes)
    n_inside, n = int(inside.sum()), int(size.sum())
    shares = []
    for label in np.flatnonzero(size).tolist():
        hits, of = int(inside[label]), int(size[label])
        balanced = float("nan") if of == n else (hits / of + 1 - (n_inside - hits) / (n - of)) / 2
        shares.append(Share(label, wilson(hits, n_inside), wilson(of - hits, n - n_inside), wilson(hits, of), balanced))
    return sorted(shares, key=lambda one: (-np.nan_to_num(one.balanced), one.label))


@dataclass(frozen=True)
class Followers:
    """How often an annotator (code) gives one class where a rule holds and where it does not. Of the items they
    answered; of one who only ever gives that class, of all items anybody answered: silence is their other answer."""

    annotator: int
    inside: Interval
    outside: Interval

    @property
    def difference(self) -> float:
        """Share inside less share outside, in [−1, 1]; 1 = gives the class exactly where the rule holds."""
        return float(np.nan_to_num(self.inside.value) - np.nan_to_num(self.outside.value))


def followers(holds: np.ndarray, votes: pd.DataFrame, label: int) -> list[Followers]:
    """Each annotator of `votes` (item, annotator, label; codes), those who follow the rule most first."""
    if votes.empty:
        return []
    answered = np.unique(votes["item"])
    everywhere = (int(holds[answered].sum()), int((~holds[answered]).sum()))
    inside = holds[votes["item"].to_numpy()]
    said = pd.DataFrame({"annotator": votes["annotator"], "inside": inside, "says": votes["label"] == label})
    counts = said.groupby(["annotator", "inside"])["says"].agg(["sum", "size"]).unstack(fill_value=0)
    counts = counts.reindex(columns=pd.MultiIndex.from_product([["sum", "size"], [True, False]]), fill_value=0)
    found = []
    for code, row in zip(counts.index, counts.to_numpy().tolist(), strict=True):
        sizes = everywhere if row[0] + row[1] == row[2] + row[3] else (row[2], row[3])
        found.append(Followers(int(code), wilson(row[0], sizes[0]), wilson(row[1], sizes[1])))
    return sorted(found, key=lambda one: (-one.difference, one.annotator))
