"""What a demo keeps as JSON."""

from typing import TypedDict

from modeling.core.proving.stored import ComparisonResult


class DemoBar(TypedDict):
    """Accuracy of one arm on production, in [0, 1], with its limits."""

    seed: int
    name: str
    accuracy: float
    low: float
    high: float
    n: int


class DemoResult(ComparisonResult):
    """The result of a job of the kind demo: the comparison of before and after, and a bar for each arm."""

    seeds: int
    bars: list[DemoBar]
