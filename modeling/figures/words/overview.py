"""How a dataset stands, in one sentence."""

from annotation.core.intervals import Interval
from modeling.figures.words.numbers import percent, span


def overview_heading(
    pool: int, looked_at: bool, open_cases: int, settled: int, wrong: Interval, experts: int, *, of_last: bool = False
) -> str:
    """What experts found of the labels so far, else what is in the way. wrong: share of the labels reviewed; of_last:
    of the last of them."""
    if not pool:
        return "There is nothing to look at yet"
    if not looked_at:
        return f"{counted(pool, 'item is', 'items are')} waiting for their first look"
    if wrong.n:
        return f"{_found(wrong, of_last)}; {_left(open_cases)}"
    if open_cases and not experts:
        return f"{counted(open_cases, 'case is', 'cases are')} open and nobody is there to decide"
    if open_cases:
        return f"{counted(open_cases, 'case is', 'cases are')} open, and experts have given no label yet"
    if settled:
        return f"All {counted(settled, 'case is', 'cases are')} decided"
    return f"Nothing is suspected among {pool:,} items"


def _found(wrong: Interval, of_last: bool) -> str:
    n = round(wrong.value * wrong.n)
    limits = f"{percent(wrong.value)}, {span(wrong.low, wrong.high)}"
    return f"Experts found {n:,} of the {'last ' * of_last}{wrong.n:,} labels they reviewed wrong ({limits})"


def _left(open_cases: int) -> str:
    return f"{counted(open_cases, 'case is', 'cases are')} open" if open_cases else "no case is open"


def counted(n: int, one: str, many: str) -> str:
    """1 case is, 1,200 cases are."""
    return f"{n:,} {one if n == 1 else many}"
