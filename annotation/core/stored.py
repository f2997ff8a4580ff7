"""What is kept as JSON and read by pages and programs: shapes that more than one subject has."""

from typing import TypedDict


class LimitsJson(TypedDict):
    """A figure with its limits."""

    value: float
    low: float
    high: float


class IntervalJson(LimitsJson):
    """An Interval. With n = 0 nothing is known: then `value` is null, and whoever reads it looks at `n` first."""

    n: int


class DrawnStratum(TypedDict):
    """A stratum of a draw of production items: how many there were, how many were drawn."""

    name: str
    items: int
    drawn: int
