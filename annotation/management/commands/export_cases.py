from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from annotation.management.exporting import add_exporting, export_as_asked
from annotation.management.house import HouseCommand, add_json


class Command(HouseCommand):
    help = "Write the items of the open cases to a file, one a row, the label most likely wrong first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("file", type=Path)
        parser.add_argument("--all", action="store_true", help="every other labelled pool item too, ranked among them")
        add_exporting(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        return export_as_asked("cases", options)
