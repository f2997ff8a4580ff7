from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug, snapshot_by_id
from annotation.actions.jobs.work import UnableToWork
from annotation.management.house import HouseCommand, add_background, add_json, add_seed, finish
from modeling.actions.training.recipes import find_recipe
from modeling.actions.training.train import request_training
from modeling.reading.find_run import run_named


class Command(HouseCommand):
    help = "Train a recipe on a training snapshot."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--learner", metavar="NAME")
        which.add_argument("--like", metavar="RUN", help="re-use that run's resolved settings")
        which.add_argument("--recipe", metavar="NAME", help="a recipe built before, by name or id")
        parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE")
        parser.add_argument("--snapshot", type=int, help="without it, one is frozen now")
        parser.add_argument(
            "--as-imported", action="store_true", help="today's rows with the labels files gave at first"
        )
        add_seed(parser)
        parser.add_argument("--again", action="store_true", help="also if the same run is there already")
        add_background(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        like = run_named(dataset, options["like"]) if options["like"] else None
        job = request_training(
            dataset, learner=options["learner"], pairs=dict(map(key_value, options["set"])), like=like,
            recipe=find_recipe(dataset, options["recipe"]) if options["recipe"] else None,
            snapshot=snapshot_by_id(dataset, options["snapshot"]) if options["snapshot"] else None,
            seed=options["seed"], again=options["again"], background=options["background"],
            as_imported=options["as_imported"],
        )  # fmt: skip
        return finish(job, options)


def key_value(pair: str) -> tuple[str, str]:
    key, equals, value = pair.partition("=")
    if not equals:
        raise UnableToWork(f"--set {pair!r} is not KEY=VALUE.")
    return key, value
