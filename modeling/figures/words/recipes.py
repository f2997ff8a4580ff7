"""Settings, and rows left out, as sentences."""

from typing import Any

from modeling.core.fitting.augmentation import augmentation_words
from modeling.core.fitting.stored import Settings
from modeling.core.fitting.training import OF_ROWS
from modeling.core.learners import recipe_words as learner_words

LEFT_OUT = {
    "without_label": "have no label",
    "contested": "are contested",
    "ambiguous": "were called ambiguous",
    "bad_input": "were called bad input",
    "quarantined": "are under a finding in quarantine",
    "near_duplicate_of_production": "are near-copies of production",
    "without_label_at_import": "had no label when they were imported",
    "unknown_class": "were left out of their file for a label that is no class",
    "class_gone": "had a label that is no class any more",
    "not_in_labels_of": "were not in the snapshot whose labels these rows carry",
}


def recipe_words(learner: str, settings: Settings) -> str:
    """Learner, settings and copies in words: logistic regression, L2, C = 10, 1 changed copy of each row (typos)."""
    return ", ".join(filter(None, [learner_words(learner, settings), augmentation_words(settings)]))


def left_out_words(left_out: dict[str, int]) -> list[tuple[int, str]]:
    """(how many items, why), only reasons that left any out."""
    return [(n, LEFT_OUT.get(reason, reason.replace("_", " "))) for reason, n in left_out.items() if n]


def differing_settings(before: Settings, after: Settings) -> list[str]:
    """Resolved settings in which two runs differ: C was 10 and is 100."""
    keys = [
        key for key in {**before, **after} if key not in (*OF_ROWS, "classes") and before.get(key) != after.get(key)
    ]
    return [f"{key} was {_short(before.get(key))} and is {_short(after.get(key))}" for key in keys]


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
