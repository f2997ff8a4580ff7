"""What predictions cost under a version of the costs: the losses that decide a comparison, and the figures beside."""

import numpy as np

from annotation.models import CostMatrix
from modeling.core.proving.costs import cheapest, losses, money_on
from modeling.core.proving.per_row import ITEMS, Losses
from modeling.core.proving.stored import ComparedMoney, SideMoney
from modeling.reading.costs import matrix_of


def losses_of(costs: CostMatrix | None, truth: np.ndarray, before: np.ndarray, after: np.ndarray) -> Losses | None:
    """What each row costs under the rule of least expected cost, from the probabilities (n, K) of two sides."""
    if costs is None:
        return None
    matrix = matrix_of(costs)
    priced = [losses(truth, cheapest(probabilities, matrix), matrix) for probabilities in (before, after)]
    return Losses(priced[0], priced[1], unit_of(costs), float(np.ptp(matrix, axis=1).max()))


def unit_of(costs: CostMatrix) -> str:
    return f"{costs.unit} per {ITEMS:,} items"


def money_beside(
    costs: CostMatrix | None, truth: np.ndarray, before: np.ndarray, after: np.ndarray
) -> ComparedMoney | None:
    """What both sides cost, by the likeliest and by the cheapest class; None without costs."""
    if costs is None:
        return None
    matrix = matrix_of(costs)
    sides: list[SideMoney] = [
        {
            "likeliest": money_on(truth, probabilities.argmax(axis=1), matrix).as_json(),
            "cheapest": money_on(truth, cheapest(probabilities, matrix), matrix).as_json(),
        }
        for probabilities in (before, after)
    ]
    return {"version": costs.version, "unit": costs.unit, "before": sides[0], "after": sides[1]}
