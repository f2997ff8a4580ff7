"""What an audit and a learned order keep as JSON."""

from typing import TypedDict

from annotation.core.stored import IntervalJson

# Factor → level → [errors, decisions, shrunk rate].
Rates = dict[str, dict[str, list[float]]]


class StratumJson(TypedDict):
    """A Stratum as an audit keeps it."""

    low: float
    high: float
    items: int
    drawn: int


class WorthJson(TypedDict):
    """A Worth as a learned order keeps it."""

    open: int
    wrong: IntervalJson
    cases: IntervalJson
