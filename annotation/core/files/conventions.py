"""How a file writes numbers and dates, told by whole columns: a cell alone may be read in two ways.

What can be read in two ways to the end is refused, with the option that says which. ISO 8601 and numbers with a decimal
point need no convention.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from annotation.core.files.tables import Table, UnableToRead

DECIMALS = (".", ",")
ORDERS = ("day-first", "month-first", "year-first")
MISSING = frozenset(("na", "n/a", "#n/a", "nan", "<na>", "nat", "null", "none", "-", "–", "—"))
UNTYPED = ("csv", "tsv")  # formats that know no numbers: there 1.234 can be a thousand and more
SPACES = " \u00a0\u202f"
GROUPS = rf"(?:[1-9]\d{{0,2}}(?P<group>[MARK{SPACES}'’])\d{{3}}(?:(?P=group)\d{{3}})*|\d+)"
POWER = r"(?:[eE][+-]?\d+)?"
COMMA = re.compile(rf"[+-]?(?:{GROUPS.replace('MARK', '.')}(?:,\d*)?|,\d+){POWER}")
POINT = re.compile(rf"[+-]?(?:{GROUPS.replace('MARK', ',')}(?:\.\d*)?|\.\d+){POWER}")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+")
DATE = re.compile(
    r"(?P<a>\d{1,4})(?P<mark>[./-])(?P<b>\d{1,2})(?P=mark)(?P<c>\d{1,4})"
    r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,6})\d*)?)?"
    r" ?(?P<half>[AaPp]\.?[Mm]\.?)?(?P<zone> ?(?:Z|[+-]\d{2}:?\d{2}))?)?"
)


class UnableToTell(UnableToRead):
    """A column can be read in two ways; the message names the option that says which."""


def is_missing(text: str) -> bool:
    """Whether a number's or a date's cell says that there is none; in texts, categories and labels NA is a word."""
    return not text or text.casefold() in MISSING


def as_number(text: str) -> float:
    """A finite number; raises ValueError."""
    value = float(text)
    if not math.isfinite(value) or "_" in text:  # Python reads 1_000 as a number, a person may have meant a code
        raise ValueError(text)
    return value + 0.0  # -0.0 and 0.0 are one content


def as_time(text: str) -> datetime:
    """An ISO 8601 date or moment as aware UTC, one without a zone taken as UTC; raises ValueError or OverflowError."""
    value = datetime.fromisoformat(text)
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


def with_comma(text: str) -> float:
    """1.234,5 is 1234.5; raises ValueError."""
    return _grouped(text, COMMA, ",")


def with_point(text: str) -> float:
    """1,234.5 is 1234.5; raises ValueError."""
    return _grouped(text, POINT, ".")


def number_or_comma(text: str) -> float:
    """In a format that knows numbers those are as they are, and texts have decimal commas; raises ValueError."""
    if THOUSANDS.fullmatch(text):
        raise ValueError(text)
    try:
        return as_number(text)
    except ValueError:
        return with_comma(text)


def in_order(order: str) -> Callable[[str], datetime]:
    """A reader of dates in one of ORDERS and in ISO 8601, as aware UTC; raises ValueError or OverflowError."""

    def read(text: str) -> datetime:
        try:
            return as_time(text)
        except ValueError:
            return _dated(text, order)

    return read


def shortest(value: float) -> str:
    """A number as Python writes it, a whole one without .0."""
    return repr(value).removesuffix(".0")


@dataclass(frozen=True)
class Conventions:
    """Column -> how its cells are read, for those that need more than `as_number` and `as_time`."""

    numbers: dict[str, Callable[[str], float]] = field(default_factory=dict)
    times: dict[str, Callable[[str], datetime]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def number(self, column: str) -> Callable[[str], float]:
        return self.numbers.get(column, as_number)

    def time(self, column: str | None) -> Callable[[str], datetime]:
        return self.times.get(column or "", as_time)


def conventions_of(
    tables: Iterable[Table], numbers: Sequence[str], times: Sequence[str], decimal: str = "", dates: str = ""
) -> Conventions:
    """What whole columns say; `decimal` (one of DECIMALS) and `dates` (one of ORDERS) go before. The tables are gone
    through only where there are such columns. Raises UnableToTell."""
    if (decimal and decimal not in DECIMALS) or (dates and dates not in ORDERS):
        known = f"decimal {' or '.join(DECIMALS)}, dates {', '.join(ORDERS)}"
        raise UnableToRead(f"'{decimal or dates}' is no way to write numbers or dates; write {known}")
    columns: list[_Habit] = [*(_Numbers(name, decimal) for name in numbers), *(_Dates(name, dates) for name in times)]
    for table in tables if columns else ():
        for column in columns:
            column.see(table)
    found = [column for column in columns if column.settle()]
    return Conventions(
        {one.name: one.number for one in found if isinstance(one, _Numbers)},
        {one.name: one.time for one in found if isinstance(one, _Dates)},
        tuple(one.note for one in found),
    )


class _Habit(Protocol):
    name: str
    note: str

    def see(self, table: Table) -> None: ...

    def settle(self) -> bool:
        """Whether the column needs a convention, which is known from here on."""


class _Numbers:
    """The cells of one column that are no plain numbers, and what speaks for a comma or a point as decimal mark."""

    def __init__(self, name: str, decimal: str) -> None:
        self.name, self.decimal, self.note = name, decimal, ""
        self.number: Callable[[str], float] = as_number
        self.typed = False
        self.comma = self.point = True  # whether every cell can be read so
        self.only_comma = self.only_point = ""  # a cell that can be read only so
        self.either: tuple[int, str] | None = None  # a cell that says two numbers
        self.any = False

    def see(self, table: Table) -> None:
        self.typed = table.format not in UNTYPED
        for row, text in _filled(table, self.name):
            try:
                as_number(text)
            except ValueError:
                if not is_missing(text):
                    self._see(row, text)
            else:
                if "." in text and self.comma:
                    self.comma = bool(THOUSANDS.fullmatch(text)) is not self.typed

    def _see(self, row: int, text: str) -> None:
        comma, point = _read(with_comma, text), _read(with_point, text)
        self.any = True
        self.comma, self.point = self.comma and comma is not None, self.point and point is not None
        if point is None and comma is not None:
            self.only_comma = self.only_comma or text
        elif comma is None and point is not None:
            self.only_point = self.only_point or text
        elif comma != point and self.either is None:
            self.either = row, text

    def settle(self) -> bool:
        if self.decimal == ",":
            self.number = number_or_comma if self.typed else with_comma
            self.note = f"The numbers in '{self.name}' were read with decimal commas, as asked."
        elif self.decimal == ".":
            self.number = with_point
            self.note = f"The numbers in '{self.name}' were read with decimal points, as asked."
        elif not self.any or not (self.comma or self.point):
            return False
        elif self.comma and self.only_comma:
            self.number = number_or_comma if self.typed else with_comma
            self.note = self._said("decimal commas", self.only_comma)
        elif self.point and self.only_point:
            self.number = with_point
            self.note = self._said("marks between thousands", self.only_point)
        elif self.either:
            row, text = self.either
            two = f"{shortest(with_comma(text))} or {shortest(with_point(text))}"
            raise UnableToTell(
                f"'{text}' can be {two}; name the decimal mark (--decimal , or --decimal .)", row, self.name
            )
        else:
            self.number = with_point
        return True

    def _said(self, what: str, text: str) -> str:
        return f"The numbers in '{self.name}' were read with {what}: '{text}' is {shortest(self.number(text))}."


class _Dates:
    """The orders in which all cells of one column are dates."""

    def __init__(self, name: str, order: str) -> None:
        self.name, self.order, self.note = name, order, ""
        self.time: Callable[[str], datetime] = as_time
        self.orders = dict.fromkeys(ORDERS, 0)  # order -> a hash of all it says
        self.first: tuple[int, str] | None = None
        self.telling = ""

    def see(self, table: Table) -> None:
        for row, text in _filled(table, self.name) if not self.order else ():
            try:
                as_time(text)
            except (ValueError, OverflowError):
                if not is_missing(text):
                    self._see(row, text)

    def _see(self, row: int, text: str) -> None:
        self.first = self.first or (row, text)
        left = {}
        for order, said in self.orders.items():
            try:
                left[order] = hash((said, _dated(text, order)))
            except (ValueError, OverflowError):
                continue
        if len(left) < len(self.orders):
            self.telling = text
        self.orders = left

    def settle(self) -> bool:
        if self.order:
            self.time = in_order(self.order)
            self.note = f"The dates in '{self.name}' were read {self.order.replace('-', ' ')}, as asked."
            return True
        if self.first is None or not self.orders:
            return False
        row, text = self.first
        if len(set(self.orders.values())) > 1:
            days = sorted({_dated(text, order).date().isoformat() for order in self.orders})
            options = ", ".join(f"--dates {order}" for order in self.orders)
            can = f"can be {' or '.join(days)}" if len(days) > 1 else "has no day above 12 to tell its order"
            raise UnableToTell(f"'{text}' {can}; name the order of the dates ({options})", row, self.name)
        order = next(iter(self.orders))
        self.time = in_order(order)
        example = self.telling or text
        said = self.time(example).date().isoformat()
        self.note = f"The dates in '{self.name}' were read {order.replace('-', ' ')}: '{example}' is {said}."
        return True


def _filled(table: Table, column: str) -> Iterator[tuple[int, str]]:
    for row, cell in zip(table.row_numbers, table.cells.get(column, ()), strict=False):
        if text := cell.strip():
            yield row, text


def _read(reader: Callable[[str], float], text: str) -> float | None:
    try:
        return reader(text)
    except ValueError:
        return None


def _grouped(text: str, pattern: re.Pattern[str], mark: str) -> float:
    if not (found := pattern.fullmatch(text)):
        raise ValueError(text)
    plain = text.replace(group, "") if (group := found["group"]) else text
    return as_number(plain.replace(mark, "."))


def _dated(text: str, order: str) -> datetime:
    if not (found := DATE.fullmatch(text)):
        raise ValueError(text)
    a, b, c = found["a"], found["b"], found["c"]
    year, month, day = {"day-first": (c, b, a), "month-first": (c, a, b), "year-first": (a, b, c)}[order]
    if len(year) not in (2, 4) or max(len(month), len(day)) > 2:
        raise ValueError(text)
    whole = int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 69 else 1900)
    hour = int(found["hour"] or 0)
    if half := found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(text)
        hour = hour % 12 + 12 * (half[0] in "pP")
    part = int((found["part"] or "0").ljust(6, "0"))
    moment = datetime(whole, int(month), int(day), hour, int(found["minute"] or 0), int(found["second"] or 0), part)
    return as_time(moment.isoformat() + (found["zone"] or "").strip())
