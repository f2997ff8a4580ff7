from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from annotation.actions.keeping.restore import restore
from annotation.core.keeping.archive import reading
from annotation.management.house import HouseCommand, add_json


class Command(HouseCommand):
    help = "Make an empty, migrated site into the one a backup was taken of, on either database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--check", action="store_true", help="read all of the backup and change nothing")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        if options["check"]:
            with reading(options["file"]) as archive:
                manifest = archive.manifest
        else:
            manifest = restore(options["file"])
        return {
            "made_at": manifest.made_at, "made_on": manifest.made_on, "version": manifest.version,
            "tables": len(manifest.tables), "rows": manifest.rows, "artifacts": len(manifest.artifacts),
            "damaged": manifest.lost,
        }  # fmt: skip
