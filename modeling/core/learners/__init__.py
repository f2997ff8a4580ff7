"""What can be trained. To add a learner: a file here, a line in LEARNERS, a section in docs/methods.md, a test."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from annotation.core.refusal import Refusal
from modeling.core.fitting.stored import Settings, TrainingCurve
from modeling.core.learners.later_settings import named_settings
from modeling.core.learners.learner import Learner, Setting, UnableToTrain
from modeling.core.learners.logistic import Fold, LogisticLearner
from modeling.core.learners.mlp import MlpLearner

__all__ = [
    "LEARNERS", "MOST_WORDS", "PAIRS", "Fold", "Learner", "LogisticLearner", "MlpLearner", "Setting",
    "UnableToConfigure", "UnableToTrain", "learner_settings", "learner_with", "recipe_words", "resolved_of",
    "settings_of", "used_words",
]  # fmt: skip

LEARNERS: dict[str, Any] = {"logistic": LogisticLearner, "mlp": MlpLearner}

# Features unless a recipe says otherwise: words and pairs of words, so many at most.
MOST_WORDS, PAIRS = 50_000, [1, 2]


class UnableToConfigure(Refusal):
    """A learner or a setting that does not exist, or a value it cannot take."""


def settings_of(name: str) -> dict[str, tuple[Setting, Any]]:
    """What a person may set of the learner: key → (setting, default)."""
    learner = _named(name)
    return {key: (Setting(*entry), getattr(learner, key)) for key, entry in learner.SETTINGS.items()}


def learner_settings(name: str, pairs: dict[str, str]) -> dict[str, Any]:
    """Every setting of the learner: the values of `pairs` (as typed, KEY → VALUE), checked, the default for the rest.

    Raises UnableToConfigure naming the learner, key or value, and what is possible instead.
    """
    known = settings_of(name)
    settings = {key: default for key, (_, default) in known.items()}
    for key, value in pairs.items():
        if key not in known:
            raise UnableToConfigure(f"The learner {name} has no setting {key!r}; its settings are: {', '.join(known)}.")
        setting, _ = known[key]
        try:
            settings[key] = setting.read(value)
        except ValueError as error:
            raise UnableToConfigure(f"{key}={value} is not possible; {key} must be {setting.must_be}.") from error
    return named_settings(settings)


def learner_with(name: str, settings: Settings, others: Iterable[str]) -> Any:
    """The unfitted learner. Raises UnableToConfigure for a key that is neither a field of it nor among `others`."""
    learner = _named(name)
    parameters = [parameter.name for parameter in dataclasses.fields(learner)]
    unknown = sorted(set(settings) - {*parameters, *others})
    if unknown:
        known = ", ".join([*(key for key in parameters if key != "seed"), *others])
        raise UnableToConfigure(f"The learner {name} has no setting {unknown[0]!r}; its settings are: {known}.")
    return learner(**{key: settings[key] for key in parameters if key in settings})


def resolved_of(fitted: Any) -> dict[str, Any]:
    """Every field of a fitted learner as it was used, JSON-ready."""
    return getattr(fitted, "resolved_", None) or dataclasses.asdict(fitted)


def recipe_words(name: str, settings: Settings) -> str:
    """Learner and settings in words: logistic regression, L2, C = 10. A learner no longer there is its name."""
    learner = LEARNERS.get(name)
    if learner is None:
        return name
    if hasattr(learner, "words"):
        said = [learner.words(settings)]
    else:
        known = {key: Setting(*entry) for key, entry in learner.SETTINGS.items() if key in settings}
        said = [f"{setting.title or key} {settings[key]}" for key, setting in known.items()]
    return ", ".join([learner.TITLE, *said, *_feature_words(settings)])


def _feature_words(settings: Settings) -> list[str]:
    """What a recipe says of its features, where it is not what all do."""
    said = []
    if settings.get("max_features", MOST_WORDS) != MOST_WORDS:
        said.append(f"at most {settings['max_features']:,} words and pairs")
    if settings.get("ngrams", PAIRS) != PAIRS:
        longest = settings["ngrams"][-1]
        said.append("single words" if longest == 1 else f"up to {longest} words in a row")
    return said


def used_words(name: str, resolved: Settings, curve: TrainingCurve | None) -> str:
    """What the fit settled on, short: C = 3; empty where the learner chooses nothing."""
    learner = LEARNERS.get(name)
    return learner.used(resolved, curve) if learner and hasattr(learner, "used") else ""


def _named(name: str) -> Any:
    if name not in LEARNERS:
        raise UnableToConfigure(f"There is no learner {name!r}; choose one of: {', '.join(LEARNERS)}.")
    return LEARNERS[name]
