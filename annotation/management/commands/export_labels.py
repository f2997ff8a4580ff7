from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from annotation.management.exporting import add_exporting, export_as_asked
from annotation.management.house import HouseCommand, add_json


class Command(HouseCommand):
    help = (
        "Write every item with its current label and where that comes from, to .csv, .tsv, .jsonl, .parquet or .xlsx."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("file", type=Path)
        add_exporting(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        return export_as_asked("corrected", options)
