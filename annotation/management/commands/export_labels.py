from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from annotation.access import dataset_by_slug
from annotation.actions.files.export_labels import export_labels
from annotation.management.house import HouseCommand, add_json


class Command(HouseCommand):
    help = "Write every item with its current label and where that comes from, to .csv, .tsv, .jsonl or .parquet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("file", type=Path)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        rows = export_labels(dataset_by_slug(options["dataset"]), options["file"])
        return {"rows": rows, "file": str(options["file"])}
