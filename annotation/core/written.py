"""How a number stands on a page: as it was written, or as plainly as it can be."""

import math
from collections.abc import Mapping


def plain_number(value: float) -> str:
    """4.0 → 4, 0.1 → 0.1, 1e16 → 10000000000000000, True → True."""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return str(value)


def value_written(name: str, value: object, written: Mapping[str, str] | None) -> object:
    """A value of an item as its file wrote it, where that was kept."""
    if written and name in written:
        return written[name]
    return plain_number(value) if isinstance(value, int | float) else value
