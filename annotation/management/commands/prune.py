from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from annotation.actions.detecting.prune import prune
from annotation.management.house import HouseCommand, add_json


class Command(HouseCommand):
    help = "Delete detections that nothing rests on and files that no row names, a week after they were of use."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="tell what would go, and delete nothing")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        return dict(prune(timezone.now(), options["dry_run"]))
