from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug
from annotation.management.house import HouseCommand, add_background, add_json, finish
from modeling.actions.watching.check_live import request_live_check


class Command(HouseCommand):
    help = (
        "Check the model in use on the outcomes known by now: accuracy by week and source, drift, alerts to the leads."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        add_background(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        return finish(request_live_check(dataset, background=options["background"]), options)
