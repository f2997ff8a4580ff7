"""Labels and probabilities of earlier classes, as those in use; apart from `classes`, which every process loads."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from annotation.core.classes import Classes
from annotation.core.refusal import Refusal


class UnableToCarry(Refusal):
    """Probabilities are for a class that nothing stands for today, so that they say nothing of today's classes."""


def mapped(labels: pd.Series, classes: Classes) -> pd.Series:
    """Each label as the class in use that stands for it; None where there is none."""
    known = {name: classes.now(name) for name in labels.dropna().unique()}
    if all(name == now for name, now in known.items()):
        return labels
    return pd.Series([known.get(name) for name in labels], index=labels.index, dtype=object, name=labels.name)


def carried(probabilities: np.ndarray, then: Sequence[str], classes: Classes) -> np.ndarray:
    """Float (n, K) by the classes in use of probabilities (n, len(then)) by `then`: those of classes that are one now
    add up, a class that is new has 0. Raises UnableToCarry where a class of `then` became none."""
    if why := classes.cannot_carry(then):
        raise UnableToCarry(f"These probabilities are for {why}; they can't be read by today's classes.")
    place = {name: at for at, name in enumerate(classes.names)}
    found = np.zeros((len(probabilities), len(classes.names)), dtype=probabilities.dtype)
    for column, name in enumerate(then):
        found[:, place[classes.now(name) or ""]] += probabilities[:, column]
    return found
