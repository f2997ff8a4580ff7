from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug
from annotation.actions.people.add_member import add_member
from annotation.management.house import HouseCommand, add_json


class Command(HouseCommand):
    help = "Let a user see a dataset; creates a missing user and prints a random password once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("user")
        parser.add_argument("--role", choices=["expert", "lead"], required=True)
        parser.add_argument("--link", nargs="+", default=[], metavar="NAME", help="annotator names that are this user")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        password = add_member(dataset, options["user"], options["role"], tuple(options["link"]))
        result = {"user": options["user"], "role": options["role"]}
        return {**result, "password": password} if password else result
