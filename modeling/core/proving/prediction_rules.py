"""Which class is predicted from probabilities: the likeliest, the one of least expected cost, or by a threshold."""

from dataclasses import dataclass

import numpy as np

from modeling.core.proving.costs import cheapest


@dataclass(frozen=True)
class PredictionRule:
    """`costs` (K, K): the class of least expected cost. `threshold`: the class with that code from that probability on,
    else the likeliest of the others. Neither: the likeliest."""

    costs: np.ndarray | None = None
    threshold: tuple[int, float] | None = None

    def predicted(self, probabilities: np.ndarray) -> np.ndarray:
        """Int (n,) from probabilities (n, K)."""
        if self.costs is not None:
            return cheapest(probabilities, self.costs)
        if self.threshold is None:
            return probabilities.argmax(axis=1)
        code, least = self.threshold
        others = probabilities.copy()
        others[:, code] = -1.0
        return np.where(probabilities[:, code] >= least, code, others.argmax(axis=1))
