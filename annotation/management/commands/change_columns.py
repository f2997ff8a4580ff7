from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug
from annotation.actions.datasets.change_columns import change_columns
from annotation.management.commands.import_items import typed_field
from annotation.management.house import HouseCommand, add_json


class Command(HouseCommand):
    help = "Take fields for text or for a category, as long as no detection, snapshot or decision rests on them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("field", nargs="+", metavar="NAME:TYPE", help="text or category")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        types = {field.name: field.type for field in map(typed_field, options["field"])}
        dataset = change_columns(dataset_by_slug(options["dataset"]), types, None)
        return {"dataset": dataset.slug, "fields": dataset.fields}
