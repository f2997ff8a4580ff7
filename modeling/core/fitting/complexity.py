"""How large a fitted model is, and which of two recipes is the simpler one."""

from typing import Any

import numpy as np

from modeling.core.fitting.stored import MeanSize, Settings, Size
from modeling.core.learners import LEARNERS


def size_of(estimator: Any) -> Size:
    """features: inputs with a weight other than 0; parameters: learned numbers other than 0, None where unknown."""
    if hasattr(estimator, "coef_"):
        weights = np.atleast_2d(estimator.coef_)
        used = weights != 0
        return {"features": int(used.any(axis=0).sum()), "parameters": int(used.sum()) + np.size(estimator.intercept_)}
    if hasattr(estimator, "arrays"):
        arrays = estimator.arrays()
        first = arrays.get("weight_0")
        features = None if first is None else int((first != 0).any(axis=1).sum())
        return {"features": features, "parameters": int(sum(np.count_nonzero(array) for array in arrays.values()))}
    return {"features": None, "parameters": None}


def plainness(learner: str, resolved: Settings, size: MeanSize | Size, seconds: float) -> tuple[float, ...]:
    """A key by which the simpler of two recipes sorts first: linear before any other; fewer features in use; fewer
    parameters; more regularized; then the faster one. Unknown counts as most, or as least held back."""
    named = LEARNERS.get(learner)
    known = [size.get("features"), size.get("parameters")]
    strength = getattr(named, "strength", lambda resolved: ())(resolved)
    return (
        0.0 if getattr(named, "LINEAR", False) else 1.0,
        *(float("inf") if number is None else float(number) for number in known),
        *(-float(number) for number in (*strength, 0.0, 0.0)[:2]),
        float(seconds),
    )
