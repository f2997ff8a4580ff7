"""Recipes that draw at random: what another seed changes in them."""

import dataclasses

from modeling.core.fitting.augmentation import KEYS
from modeling.core.fitting.stored import Resolved
from modeling.core.learners import LEARNERS

# Trainings of a recipe that draws, that of its run included.
SEEDS = 5


def draws(resolved: Resolved) -> bool:
    """Whether another seed gives another model: the learner draws, or texts are copied with changes."""
    own = {field.name for field in dataclasses.fields(LEARNERS[resolved["learner"]])}
    return "seed" in own or any(resolved.get(key) for key in KEYS)


def with_seed(resolved: Resolved, seed: int) -> Resolved:
    return {**resolved, "seed": seed}
