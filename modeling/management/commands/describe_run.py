from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug
from annotation.management.house import HouseCommand, add_background, add_json, finish
from modeling.actions.running.describe_run import request_description
from modeling.reading.find_run import run_named
from modeling.reading.of_runs.learning_curves import curve_of


class Command(HouseCommand):
    help = "What is known of a run out of fold: calibration, confusion, slices, confidently wrong rows, memory."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--run", required=True, metavar="RUN", help="a run's id")
        add_background(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        found = run_named(dataset_by_slug(options["dataset"]), options["run"])
        described = finish(request_description(found, background=options["background"]), options)
        if options["background"]:
            return described
        scores = {key: found.metrics.get(key) for key in ("train", "validation", "curve")}
        return {**described, **scores, "learning_curve": curve_of(found)}
