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
    return cost_matrix(costs.dataset.class_names, costs.default, [(one[0], one[1], one[2]) for one in costs.pairs])
