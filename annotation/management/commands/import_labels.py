from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from annotation.access import dataset_by_slug
from annotation.actions.import_labels import import_labels
from annotation.management.house import HouseCommand, add_json


class Command(HouseCommand):
    help = "Import labels for items that are already here. All or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("file", type=Path)
        parser.add_argument("--item", required=True, metavar="COL")
        parser.add_argument("--annotator", required=True, metavar="COL")
        parser.add_argument("--label", required=True, metavar="COL")
        parser.add_argument("--seconds", metavar="COL")
        parser.add_argument("--at", metavar="COL")
        parser.add_argument("--abstain", nargs="+", default=[], metavar="VALUE")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        return import_labels(
            dataset_by_slug(options["dataset"]), options["file"], item=options["item"],
            annotator=options["annotator"], label=options["label"], seconds=options["seconds"], at=options["at"],
            abstain=tuple(options["abstain"]),
        )  # fmt: skip
