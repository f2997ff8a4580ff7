from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug
from annotation.actions.crowd.estimate_consensus import request_consensus
from annotation.core.crowd.consensus_choice import METHODS
from annotation.management.house import HouseCommand, add_background, add_json, add_seed, finish


class Command(HouseCommand):
    help = "Estimate what the annotators together say and how good each of them is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument(
            "--method",
            choices=["auto", *METHODS],
            default="auto",
            help="auto: the one that is right most often, judged by held-out labels and the model",
        )
        parser.add_argument("--apply", action="store_true", help="settle current labels by it; experts' decisions stay")
        add_seed(parser)
        parser.add_argument("--again", action="store_true", help="also if nothing changed since the last estimate")
        add_background(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        job = request_consensus(
            dataset_by_slug(options["dataset"]), method=options["method"].removeprefix("auto"), apply=options["apply"],
            seed=options["seed"], again=options["again"], background=options["background"],
        )  # fmt: skip
        return finish(job, options)
