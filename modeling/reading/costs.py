"""What errors cost, as in force."""

import numpy as np

from annotation.models import CostMatrix, Dataset
from modeling.core.proving.costs import UnableToPrice, cost_matrix


def costs_of(dataset: Dataset) -> CostMatrix:
    """The costs in force. Raises UnableToPrice where nobody has set any."""
    found = dataset.costs
    if found is None:
        raise UnableToPrice(
            f"Nobody has said what errors cost in {dataset.slug!r}; set costs on its page Costs or with set_costs."
        )
    return found


def matrix_of(costs: CostMatrix) -> np.ndarray:
    """Float (K, K), rows the true class, columns the predicted one, in the order of the dataset's classes."""
    return cost_matrix(costs.dataset.class_names, costs.default, pairs_now(costs))


def pairs_now(costs: CostMatrix) -> list[tuple[str, str, float]]:
    """Each pair by the classes in use that stand for its two: of pairs that are one now the dearest, none of two that
    are one class."""
    known = costs.dataset.classes
    found: dict[tuple[str, str], float] = {}
    for truth, predicted, cost in costs.pairs:
        one, other = known.now(truth), known.now(predicted)
        if one and other and (one != other or truth == predicted):
            found[one, other] = max(cost, found.get((one, other), cost))
    return [(one, other, cost) for (one, other), cost in found.items()]
