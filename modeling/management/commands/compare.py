from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug, snapshot_by_id
from annotation.management.house import HouseCommand, add_json, finish
from modeling.actions.proving.compare import request_comparison


class Command(HouseCommand):
    help = "Compare two runs or prediction sets on one production snapshot."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--before", required=True, metavar="RUN", help="a run's id or a prediction set's name")
        parser.add_argument("--after", required=True, metavar="RUN")
        parser.add_argument("--production", required=True, type=int, metavar="SNAPSHOT")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        production = snapshot_by_id(dataset, options["production"])
        job = request_comparison(dataset, options["before"], options["after"], production, background=False)
        return finish(job, options)
