from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug, snapshot_by_id
from annotation.management.house import HouseCommand, add_json, finish
from modeling.actions.proving.diagnose import request_diagnosis
from modeling.reading.find_run import run_named


class Command(HouseCommand):
    help = "Say what the next hour is best spent on: labels, regularization, more data, coverage, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--run", required=True, help="a run's id")
        parser.add_argument("--production", required=True, type=int, metavar="SNAPSHOT")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        production = snapshot_by_id(dataset, options["production"])
        job = request_diagnosis(run_named(dataset, options["run"]), production, background=False)
        return finish(job, options)
