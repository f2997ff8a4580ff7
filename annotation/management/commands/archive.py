from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from annotation.access import dataset_by_slug
from annotation.actions.datasets.archive import archive, restore
from annotation.management.house import HouseCommand, add_json


class Command(HouseCommand):
    help = "Put a dataset away: it can be read, takes no files, and nobody is asked about it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--restore", action="store_true", help="take it out again")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        (restore if options["restore"] else archive)(dataset, None, timezone.now())
        return {"dataset": dataset.slug, "archived": not options["restore"]}
