from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug, snapshot_by_id
from annotation.management.house import HouseCommand, add_background, add_json, finish
from annotation.models import Dataset
from modeling.actions.training.recipes import find_recipe
from modeling.actions.training.sweep import Spec, UnableToSweep, grid_specs, request_sweep, spec_of, values_of
from modeling.management.commands.train import key_value


class Command(HouseCommand):
    help = "Train several recipes with several seeds, and name the simplest not distinguishable from the best."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--recipe", nargs="+", default=[], metavar="NAME", help="recipes by name or id")
        parser.add_argument("--learner", metavar="NAME", help="with --grid: every combination of its values")
        parser.add_argument(
            "--grid", nargs="+", default=[], metavar="KEY=V1,V2,…",
            help="values to combine; with | between them where a value has commas",
        )  # fmt: skip
        parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="set alike in the whole grid")
        parser.add_argument("--seeds", type=int, default=3, help="fits of each recipe, each with folds of its own")
        parser.add_argument("--snapshot", type=int, help="without it, one is frozen now")
        add_background(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        specs = [spec_of(find_recipe(dataset, named)) for named in options["recipe"]]
        job = request_sweep(
            dataset, [*specs, *_grid(dataset, options)], options["seeds"], background=options["background"],
            snapshot=snapshot_by_id(dataset, options["snapshot"]) if options["snapshot"] else None,
        )  # fmt: skip
        return finish(job, options)


def _grid(dataset: Dataset, options: dict[str, Any]) -> list[Spec]:
    if not options["learner"]:
        if options["grid"] or options["set"]:
            raise UnableToSweep("--grid and --set are settings of a learner; name it by --learner.")
        return []
    grid = {key: values_of(value) for key, value in map(key_value, options["grid"])}
    return grid_specs(dataset, options["learner"], dict(map(key_value, options["set"])), grid)
