from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from annotation.access import dataset_by_slug
from annotation.actions.queue.draw_audit import SIZE, UnableToAudit, draw_audit
from annotation.management.house import HouseCommand, add_json, add_seed
from annotation.reading.audit_answers import as_json, audit_state


class Command(HouseCommand):
    help = "The share of labels that are wrong, from items drawn at random. --draw begins a new labelling period."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--draw", action="store_true", help="draw a new audit first")
        parser.add_argument("--size", type=int, default=SIZE, help="how many items to draw")
        add_seed(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> Mapping[str, object]:
        dataset = dataset_by_slug(options["dataset"])
        if options["draw"]:
            draw_audit(dataset, size=options["size"], seed=options["seed"], now=timezone.now())
        state = audit_state(dataset)
        if state is None:
            raise UnableToAudit(f"{dataset.slug!r} has no audit yet; --draw draws one.")
        return as_json(state)
