"""What an audit and a learned order keep as JSON."""

from typing import TypedDict

from annotation.core.stored import IntervalJson

# Factor → level → [errors, decisions, shrunk rate].
Rates = dict[str, dict[str, list[float]]]


class CheckJson(TypedDict):
    """A Check of `support` as a learned order keeps it."""

    low: float
    high: float
    said: float
    proved: IntervalJson
    holds: bool


class SupportJson(TypedDict, total=False):
    """What shown probabilities rest on: `checks` by range, lowest first; `left`, one sentence on what is still to be
    decided. Empty in orders kept before there was such a check."""

    checks: list[CheckJson]
    left: str


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
