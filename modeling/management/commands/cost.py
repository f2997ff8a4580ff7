from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug
from annotation.management.house import HouseCommand, add_background, add_json, finish
from modeling.actions.proving.price_run import request_pricing
from modeling.reading.find_run import run_named


class Command(HouseCommand):
    help = "What a run costs by the dataset's costs: likeliest class, cheapest class, threshold, with intervals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--run", required=True, metavar="RUN")
        add_background(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        run = run_named(dataset_by_slug(options["dataset"]), options["run"])
        return finish(request_pricing(run, background=options["background"]), options)
