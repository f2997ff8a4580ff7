from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from annotation.access import dataset_by_slug
from annotation.actions.datasets.take_back import UnableToTakeBack, import_by_id, take_back
from annotation.management.house import HouseCommand, add_json
from annotation.reading.datasets.imports import what_leaves


class Command(HouseCommand):
    help = "Take an import back: its items and labels leave the dataset. The same file can be imported again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("import", type=int, metavar="IMPORT", help="as `imports` numbers it")
        parser.add_argument("--dry-run", action="store_true", help="say what would leave, change nothing")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> Mapping[str, object]:
        dataset = dataset_by_slug(options["dataset"])
        brought = import_by_id(dataset, options["import"])
        leaving = what_leaves(brought)
        if options["dry_run"] and leaving.why_not:
            raise UnableToTakeBack(leaving.why_not)
        said = {"import": brought.pk, "file": brought.file_name, "cases": leaving.cases, "frozen": leaving.frozen}
        if options["dry_run"]:
            return {**said, "items": leaving.items, "labels": leaving.labels, "taken_back": False}
        done = take_back(brought, None, timezone.now())
        return {**said, "items": done.items, "labels": done.labels, "taken_back": True}
