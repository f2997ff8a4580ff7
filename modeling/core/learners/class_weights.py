"""How much a row of each class counts in what a learner minimises."""

from typing import Any

import numpy as np

CLASS_WEIGHT_WORDS = {"none": "every row counts the same", "balanced": "every class counts the same"}
CLASS_WEIGHTS = tuple(CLASS_WEIGHT_WORDS)


def weights_of_classes(codes: np.ndarray, kind: str) -> np.ndarray | None:
    """A number for each class (K,), with a mean of 1 over rows; None = all rows alike. codes: int (n,), 0 … K − 1, each
    present. "balanced": n / (K · rows of the class), so that each class weighs n / K (King & Zeng 2001)."""
    if kind == CLASS_WEIGHTS[0]:
        return None
    count = np.bincount(codes)
    return len(codes) / (len(count) * count)


def named_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Without a class weight that is none: settings of before there were any stay the same settings."""
    kept = settings.get("class_weight") != CLASS_WEIGHTS[0]
    return settings if kept else {key: value for key, value in settings.items() if key != "class_weight"}
