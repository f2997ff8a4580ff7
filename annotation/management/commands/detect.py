from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug
from annotation.actions.detecting.detect import request_detection
from annotation.management.house import HouseCommand, add_background, add_json, add_seed, finish


class Command(HouseCommand):
    help = "Run the detectors over a dataset and open cases."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="run these detectors only")
        parser.add_argument("--predictions", default="", metavar="NAME", help="in place of the built-in model")
        add_seed(parser)
        parser.add_argument("--again", action="store_true", help="also if nothing changed since the last detection")
        add_background(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        job = request_detection(
            dataset_by_slug(options["dataset"]), only=tuple(options["only"]),
            predictions=options["predictions"], seed=options["seed"], again=options["again"],
            background=options["background"],
        )  # fmt: skip
        return finish(job, options)
