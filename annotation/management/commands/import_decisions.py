from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from annotation.access import UnableToFind, dataset_by_slug
from annotation.actions.files.import_decisions import import_decisions
from annotation.management.house import HouseCommand, add_json


class Command(HouseCommand):
    help = "Import decisions (a class, :ambiguous, :different or :bad_input per item). All or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("file", type=Path)
        parser.add_argument("--expert", required=True, metavar="USER")
        parser.add_argument("--id", required=True, metavar="COL")
        parser.add_argument("--decision", required=True, metavar="COL")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        expert = get_user_model().objects.filter(username=options["expert"]).first()
        if expert is None:
            raise UnableToFind(f"There is no user {options['expert']!r}; add_member creates one.")
        done = import_decisions(
            dataset_by_slug(options["dataset"]), options["file"], expert, id=options["id"],
            decision=options["decision"], now=timezone.now(),
        )  # fmt: skip
        return dict(done)
