from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug
from annotation.management.house import HouseCommand, add_background, add_json, finish
from modeling.actions.training.learning_curve import request_curve
from modeling.reading.find_run import run_named


class Command(HouseCommand):
    help = "Train a run's recipe on 10, 20, 40, 70 and 100 % of its labels and say what more would bring."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--run", required=True, metavar="RUN", help="a run's id")
        parser.add_argument("--again", action="store_true", help="also if the same curve is there already")
        add_background(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        found = run_named(dataset_by_slug(options["dataset"]), options["run"])
        return finish(request_curve(found, again=options["again"], background=options["background"]), options)
