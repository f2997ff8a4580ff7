from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from annotation.access import dataset_by_slug
from annotation.management.house import HouseCommand, add_json


class Command(HouseCommand):
    help = "List the files that came into a dataset, the newest first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> Mapping[str, object]:
        found = dataset_by_slug(options["dataset"]).file_imports.select_related("user", "taken_back").order_by("-id")
        return {"imports": [
            {
                "import": one.pk, "kind": one.kind, "file": one.file_name, "sha256": one.sha256, "rows": one.rows,
                "items": one.items, "labels": one.labels, "rejected": one.rejected, "notes": one.notes,
                "at": one.created_at.isoformat(), "by": one.user.get_username() if one.user else None,
                "taken_back": one.taken_back.created_at.isoformat() if hasattr(one, "taken_back") else None,
            }
            for one in found
        ]}  # fmt: skip
