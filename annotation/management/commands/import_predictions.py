from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from annotation.access import dataset_by_slug
from annotation.actions.files.import_predictions import import_predictions
from annotation.management.house import HouseCommand, add_json
from annotation.management.rejecting import add_rejecting, keep_rejected, rejecting_to, without_artifact


class Command(HouseCommand):
    help = "Import the probabilities of your own model: one column per class, named as the class."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("file", type=Path)
        parser.add_argument("--name", required=True, help="what the prediction set is called from now on")
        parser.add_argument("--id", required=True, metavar="COL", help="the items' ids, as imported")
        parser.add_argument(
            "--split", choices=["pool", "production"], default="pool", help="pool rows must be predicted out of fold"
        )
        add_rejecting(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> Mapping[str, object]:
        dataset = dataset_by_slug(options["dataset"])
        with rejecting_to(options["rejected"]):
            result = import_predictions(
                dataset, options["file"], name=options["name"], id=options["id"], split=options["split"],
                accept_good=options["accept_good"],
            )  # fmt: skip
        keep_rejected(result["rejected_rows"], options["rejected"])
        return without_artifact(result)
