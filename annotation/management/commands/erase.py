from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug
from annotation.actions.datasets.erase import request_erasure, what_goes
from annotation.management.house import HouseCommand, add_background, add_json, finish


class Command(HouseCommand):
    help = "Erase a dataset with everything in it, from the database, the artifacts and the uploads. For ever."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--name", default="", help="its name, as it stands: nothing is erased by a slip")
        parser.add_argument("--dry-run", action="store_true", help="say what would go, erase nothing")
        add_background(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        if options["dry_run"]:
            goes = what_goes(dataset)
            return {"dataset": dataset.slug, "rows": goes.rows, "files": goes.files, "tables": goes.counts}
        job = request_erasure(dataset, options["name"], None, background=options["background"])
        return finish(job, options)
