from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from annotation.access import dataset_by_slug
from annotation.actions.opinions.ask_opinions import estimate_opinions, request_opinions
from annotation.forms.opinions import FIRST
from annotation.management.house import HouseCommand, add_background, add_json, finish


class Command(HouseCommand):
    help = "Ask a language model about the first open cases. Without a budget it prints the estimate and sends nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--cases", type=int, default=FIRST, help="how many of the first open cases")
        parser.add_argument("--calls", type=int, help="the most calls that may be made")
        parser.add_argument("--tokens", type=int, help="the most tokens that may be spent")
        add_background(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> Mapping[str, object]:
        dataset = dataset_by_slug(options["dataset"])
        estimate = estimate_opinions(dataset, options["cases"])
        if options["calls"] is None or options["tokens"] is None:
            return asdict(estimate) | {"asked": 0}
        job = request_opinions(
            dataset, cases=options["cases"], calls=options["calls"], tokens=options["tokens"],
            background=options["background"],
        )  # fmt: skip
        return finish(job, options)
