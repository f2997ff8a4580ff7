from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from annotation.access import dataset_by_slug
from annotation.actions.files.import_labels import import_labels
from annotation.management.house import HouseCommand, add_json
from annotation.management.reading import add_reading
from annotation.management.rejecting import add_rejecting, keep_rejected, rejecting_to, without_artifact


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
        add_reading(parser)
        add_rejecting(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        with rejecting_to(options["rejected"]):
            result = import_labels(
                dataset, options["file"], item=options["item"], annotator=options["annotator"],
                label=options["label"], seconds=options["seconds"], at=options["at"],
                abstain=tuple(options["abstain"]), accept_good=options["accept_good"],
                encoding=options["encoding"], sheet=options["sheet"], decimal=options["decimal"],
                dates=options["dates"],
            )  # fmt: skip
        keep_rejected(result["rejected_rows"], options["rejected"])
        return without_artifact(result)
