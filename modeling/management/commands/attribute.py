from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug, snapshot_by_id
from annotation.management.house import HouseCommand, add_json, finish
from modeling.actions.proving.attribute import request_attribution
from modeling.reading.find_run import run_named


class Command(HouseCommand):
    help = "Say how much of a gain on production came from labels and how much from regularization."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--before", required=True, metavar="RUN", help="the old labels and the old settings")
        parser.add_argument("--after", required=True, metavar="RUN", help="the new labels and the new settings")
        parser.add_argument("--settings-of", metavar="RUN", help="the new settings, unless those of --after")
        parser.add_argument("--production", required=True, type=int, metavar="SNAPSHOT")
        parser.add_argument("--seeds", type=int, default=5, help="fits of each of the four, where the learner draws")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        job = request_attribution(
            dataset, run_named(dataset, options["before"]), run_named(dataset, options["after"]),
            snapshot_by_id(dataset, options["production"]), seeds=options["seeds"], background=False,
            settings_of=run_named(dataset, options["settings_of"]) if options["settings_of"] else None,
        )  # fmt: skip
        return finish(job, options)
