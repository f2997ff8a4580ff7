from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from annotation.actions.exporting.kinds import EVERYTHING, KINDS
from annotation.management.exporting import add_exporting, export_as_asked
from annotation.management.house import HouseCommand, add_json


class Command(HouseCommand):
    help = "Write a table of a dataset to .csv, .tsv, .jsonl, .parquet or .xlsx, or everything to one .zip."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("what", choices=[*KINDS, EVERYTHING])
        parser.add_argument("file", type=Path)
        parser.add_argument("--form", default="csv", help="of the tables in a .zip, such as csv, jsonl.gz or xlsx")
        add_exporting(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        return export_as_asked(options["what"], options)
