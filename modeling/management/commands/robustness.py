from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug
from annotation.management.house import HouseCommand, add_background, add_json, add_seed, finish
from modeling.actions.running.check_robustness import request_robustness
from modeling.core.telling.robustness import EVERY_PROBE
from modeling.reading.find_run import run_named


class Command(HouseCommand):
    help = (
        "How often a change that leaves the meaning alone flips a run's predictions, and what a missing column costs, "
        "on pool rows it has not seen."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--run", required=True, metavar="RUN", help="a run's id")
        parser.add_argument("--probe", nargs="+", default=[], metavar="NAME", help=f"among {', '.join(EVERY_PROBE)}")
        add_seed(parser)
        parser.add_argument("--again", action="store_true", help="also if the same was done already")
        add_background(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        job = request_robustness(
            dataset, run_named(dataset, options["run"]), probes=options["probe"], seed=options["seed"],
            again=options["again"], background=options["background"],
        )  # fmt: skip
        return finish(job, options)
