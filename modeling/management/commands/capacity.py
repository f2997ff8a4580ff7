from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug, snapshot_by_id
from annotation.management.house import HouseCommand, add_background, add_json, finish
from modeling.actions.training.capacity import GROWTHS, request_capacity


class Command(HouseCommand):
    help = "Let a recipe grow, with and without regularization, on old and new labels, and see what contested items do."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--grows", choices=list(GROWTHS), default="words", help="what grows")
        parser.add_argument("--snapshot", type=int, help="the new labels; without it they are frozen now")
        add_background(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        job = request_capacity(
            dataset, options["grows"], background=options["background"],
            snapshot=snapshot_by_id(dataset, options["snapshot"]) if options["snapshot"] else None,
        )  # fmt: skip
        return finish(job, options)
