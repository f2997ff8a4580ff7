from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug
from annotation.management.house import HouseCommand, add_json, add_seed
from annotation.models import Dataset
from modeling.actions.training.recipes import build_recipe, differing, find_recipe, recipe_facts
from modeling.figures.words.recipes import recipe_words
from modeling.management.commands.train import key_value
from modeling.models import Recipe


class Command(HouseCommand):
    help = "List recipes; build one, clone one with changes, or compare two."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--build", metavar="NAME", help="a new recipe of that name, of --learner or --clone")
        which.add_argument("--diff", nargs=2, metavar=("RECIPE", "RECIPE"))
        parser.add_argument("--learner", metavar="NAME")
        parser.add_argument("--clone", metavar="RECIPE", help="its settings, but for those of --set")
        parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE")
        add_seed(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        if options["build"]:
            return _line(_build(dataset, options))
        if options["diff"]:
            one, other = (recipe_facts(find_recipe(dataset, named)) for named in options["diff"])
            return {line.key: [line.one, line.other] for line in differing(one, other) if line.differs}
        return {"recipes": [_line(recipe) for recipe in dataset.recipes.order_by("id")]}


def _build(dataset: Dataset, options: dict[str, Any]) -> Recipe:
    base = find_recipe(dataset, options["clone"]) if options["clone"] else None
    return build_recipe(
        dataset, options["build"], options["learner"], dict(map(key_value, options["set"])), base, options["seed"]
    )


def _line(recipe: Recipe) -> dict[str, Any]:
    return {
        "recipe": recipe.pk, "name": recipe.name, "words": recipe_words(recipe.learner, recipe.settings),
        "learner": recipe.learner, "settings": recipe.settings, "seed": recipe.seed, "runs": recipe.runs.count(),
    }  # fmt: skip
