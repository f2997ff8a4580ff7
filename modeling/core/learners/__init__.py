"""What can be trained. To add a learner: a file here, a line in LEARNERS, a section in docs/methods.md, a test."""

from typing import Any

from modeling.core.learners.logistic import Fold, LogisticLearner

__all__ = ["LEARNERS", "Fold", "LogisticLearner", "UnableToConfigure", "learner_settings"]

LEARNERS = {"logistic": LogisticLearner}


class UnableToConfigure(Exception):
    """A learner or a setting that does not exist, or a value it cannot take."""


def learner_settings(name: str, pairs: dict[str, str]) -> dict[str, Any]:
    """Every setting of the learner: the values of `pairs` (as typed, KEY → VALUE), checked, the default for the rest.

    Raises UnableToConfigure naming the learner, key or value, and what is possible instead.
    """
    if name not in LEARNERS:
        raise UnableToConfigure(f"There is no learner {name!r}; choose one of: {', '.join(LEARNERS)}.")
    learner = LEARNERS[name]
    settings = {key: getattr(learner, key) for key in learner.SETTINGS}
    for key, value in pairs.items():
        if key not in learner.SETTINGS:
            known = ", ".join(learner.SETTINGS)
            raise UnableToConfigure(f"The learner {name} has no setting {key!r}; its settings are: {known}.")
        read, must_be = learner.SETTINGS[key]
        try:
            settings[key] = read(value)
        except ValueError as error:
            raise UnableToConfigure(f"{key}={value} is not possible; {key} must be {must_be}.") from error
    return settings
