"""Recipes a lead names: build one, clone one with changes, hold two against each other. Recipes append."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from annotation import bulk
from annotation.access import typed_id
from annotation.core.refusal import Refusal
from annotation.models import Dataset
from modeling.actions.training.train import recipe_settings
from modeling.core.fitting.stored import Settings
from modeling.core.fitting.training import FEATURES, FOUND
from modeling.figures.words.recipes import recipe_words
from modeling.models import Recipe

LONGEST_NAME = 80


class UnableToBuild(Refusal):
    """There is no such recipe, or a recipe can't be built as asked."""


@dataclass(frozen=True)
class SettingPair:
    """One setting of two recipes or runs, as written; `differs` where they do."""

    key: str
    one: str
    other: str

    @property
    def differs(self) -> bool:
        return self.one != self.other


def find_recipe(dataset: Dataset, named: str) -> Recipe:
    """The recipe with that name, else the one with that id."""
    recipes = dataset.recipes
    found = recipes.filter(name=named).first() if named else None
    if found is None:
        found = recipes.filter(pk=typed_id(named)).first()
    if found is None:
        known = ", ".join(recipes.exclude(name="").order_by("name").values_list("name", flat=True)[:10]) or "none yet"
        raise UnableToBuild(f"{dataset.slug!r} has no recipe {named!r}. Named recipes: {known}; ids work too.")
    return found


def build_recipe(
    dataset: Dataset, name: str, learner: str | None = None, pairs: dict[str, str] | None = None,
    base: Recipe | None = None, seed: int = 0,
) -> Recipe:  # fmt: skip
    """A new named recipe: of a learner with the settings of `pairs`, as typed, or `base` with those changed.

    Raises UnableToBuild where the name is missing or taken, or nothing was changed; UnableToConfigure for a setting.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or name.isdecimal():
        raise UnableToBuild(f"{name!r} can't be a recipe's name; take 1 to {LONGEST_NAME} characters, not a number.")
    learner, pairs = base.learner if base else learner or "", pairs or {}
    settings = recipe_settings(dataset, learner, pairs)
    if base:
        settings = {**settings, **base.settings, **{key: settings[key] for key in pairs}}
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        if dataset.recipes.filter(name=name).exists():
            raise UnableToBuild(f"There is a recipe {name!r} already; recipes are never changed, take another name.")
        there = Recipe.objects.alike(dataset, learner, settings, seed).exclude(name="").first()
        if there:
            raise UnableToBuild(f"Recipe {there.name!r} has exactly these settings already; change one.")
        return Recipe.objects.create(dataset=dataset, name=name, learner=learner, settings=settings, seed=seed)


def title_of(recipe: Recipe) -> str:
    words = recipe_words(recipe.learner, recipe.settings)
    return f"{recipe.name}: {words}" if recipe.name else words


def differing(one: Settings, other: Settings) -> list[SettingPair]:
    """Every setting of either, those that differ first."""
    lines = [SettingPair(key, written(one.get(key)), written(other.get(key))) for key in {**one, **other}]
    return sorted(lines, key=lambda line: not line.differs)


def recipe_facts(recipe: Recipe) -> Settings:
    return {"learner": recipe.learner, **recipe.settings, "seed": recipe.seed}


def run_facts(resolved: Settings) -> Settings:
    """What was set, the learner first; then what was found of rows, classes and fields."""
    keys = [key for key in resolved if key not in FOUND and key not in FEATURES]
    return {key: resolved[key] for key in ("learner", *keys, *FEATURES, *FOUND) if key in resolved}


def written(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        return ", ".join(written(part) for part in value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
