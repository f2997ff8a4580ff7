from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from annotation.access import dataset_by_slug
from annotation.management.house import HouseCommand, add_json
from modeling.actions.running.export_model import export_model
from modeling.reading.find_run import run_named


class Command(HouseCommand):
    help = "Write a run's model with its card to a .zip: no pickle, how to load it inside."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("run", metavar="RUN")
        parser.add_argument("out", type=Path)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> Mapping[str, object]:
        return export_model(run_named(dataset_by_slug(options["dataset"]), options["run"]), options["out"])
