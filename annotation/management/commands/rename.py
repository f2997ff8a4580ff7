from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug
from annotation.actions.datasets.rename import rename
from annotation.management.house import HouseCommand, add_json


class Command(HouseCommand):
    help = "Give a dataset another name. Its slug, by which commands and addresses know it, stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("name")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        return {"dataset": dataset.slug, "was": dataset.name, "name": rename(dataset, options["name"], None).name}
