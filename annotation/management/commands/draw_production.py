from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from annotation.access import dataset_by_slug
from annotation.actions.production.draw_production import SIZE, draw_production
from annotation.management.house import HouseCommand, add_json, add_seed
from annotation.models import ProductionDraw


class Command(HouseCommand):
    help = "Draw production items without a label, to be answered blind by experts and then frozen."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--n", type=int, default=SIZE, help="how many items to draw")
        parser.add_argument("--stratified", choices=[ProductionDraw.BY_SOURCE], default=ProductionDraw.AT_RANDOM)
        parser.add_argument("--answers", type=int, default=2, help="blind answers wanted for each item")
        parser.add_argument("--name", default="", help="what the draw is called")
        add_seed(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        drawn = draw_production(
            dataset_by_slug(options["dataset"]), n=options["n"], stratified=options["stratified"],
            answers_each=options["answers"], name=options["name"], seed=options["seed"], now=timezone.now(),
        )  # fmt: skip
        return {
            "draw": drawn.name, "items": drawn.n_items, "drawn": drawn.n_drawn, "answers_each": drawn.answers_each,
            "strata": drawn.strata,
        }  # fmt: skip
