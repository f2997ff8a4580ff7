from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug, snapshot_by_id
from annotation.management.house import HouseCommand, add_background, add_json, finish
from modeling.actions.watching.measure_returns import request_returns
from modeling.actions.watching.set_stop_rule import set_stop_rule
from modeling.reading.find_run import run_named


class Command(HouseCommand):
    help = "Train a run's recipe on the labels after ever more decisions: accuracy per 100 of them, the next projected."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--run", required=True, metavar="RUN", help="whose recipe is trained")
        parser.add_argument("--production", type=int, metavar="SNAPSHOT", help="without it: scored out of fold")
        parser.add_argument(
            "--least-gain", type=float, metavar="POINTS", help="what 100 decisions must gain from now on"
        )
        add_background(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        if options["least_gain"] is not None:
            set_stop_rule(dataset, options["least_gain"] / 100)
        production = snapshot_by_id(dataset, options["production"]) if options["production"] else None
        run = run_named(dataset, options["run"])
        return finish(request_returns(run, production, background=options["background"]), options)
