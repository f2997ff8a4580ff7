"""How much a row of each class counts in what a learner minimises, and other settings that came later."""

from typing import Any

import numpy as np

CLASS_WEIGHT_WORDS = {"none": "every row counts the same", "balanced": "every class counts the same"}
CLASS_WEIGHTS = tuple(CLASS_WEIGHT_WORDS)
# When a network stops training.
STOP_WORDS = {
    "early": "when the loss on a tenth of the inputs no longer falls",
    "never": "after the most epochs, learning from all rows",
}
STOPS = tuple(STOP_WORDS)
# Settings that came later, and what was so before.
LATER = {"class_weight": CLASS_WEIGHTS[0], "stop": STOPS[0]}


def weights_of_classes(codes: np.ndarray, kind: str) -> np.ndarray | None:
    """A number for each class (K,), with a mean of 1 over rows; None = all rows alike. codes: int (n,), 0 … K − 1, each
    present. "balanced": n / (K · rows of the class), so that each class weighs n / K (King & Zeng 2001)."""
    if kind == CLASS_WEIGHTS[0]:
        return None
    count = np.bincount(codes)
    return len(codes) / (len(count) * count)


def named_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Without those of LATER that say what was so before there was such a setting: they stay the same settings."""
    return {key: value for key, value in settings.items() if LATER.get(key) != value}
