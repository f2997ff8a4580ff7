from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from annotation.actions.keeping.backup import backup
from annotation.management.house import HouseCommand, add_json


class Command(HouseCommand):
    help = "Write the database and the artifacts into one file, while the site runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE_OR_FOLDER", help="a folder: the file is named by the time")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        path, manifest = backup(options["file"], timezone.now())
        return {
            "file": str(path), "bytes": path.stat().st_size, "tables": len(manifest.tables), "rows": manifest.rows,
            "artifacts": len(manifest.artifacts), "damaged": manifest.lost,
        }  # fmt: skip
