"""How large a production set has to be, before anybody answered for it."""

from modeling.core.proving.proof import rows_to_distinguish

# What is assumed of before and after where no two runs were trained yet: the share of rows they differ on.
ASSUMED = 0.10


def smallest_told(share: float, rows: int, planned_looks: int) -> float:
    """The smallest difference in accuracy, in (0, share], that `rows` rows would tell from none as
    `rows_to_distinguish` has it; `share` itself where even that takes more. share: in (0, 1], of rows that change."""
    low, high = 0.0, share
    for _ in range(30):
        middle = (low + high) / 2
        if rows_to_distinguish(share, middle, planned_looks) > rows:
            low = middle
        else:
            high = middle
    return high
