from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from annotation.access import dataset_by_slug
from annotation.management.house import HouseCommand, add_json
from modeling.actions.running.export_runs import export_runs
from modeling.actions.training.recipes import find_recipe
from modeling.core.learners import LEARNERS
from modeling.reading.runs import SORTS, RunFilter, facts_of, wanted_runs


class Command(HouseCommand):
    help = "The runs of a dataset as a table: rows learned from and out of fold, never production."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--learner", choices=list(LEARNERS), default="")
        parser.add_argument("--recipe", metavar="NAME", help="runs of that recipe, whatever their seed")
        parser.add_argument("--snapshot", type=int)
        parser.add_argument("--converged", choices=["yes", "no"], default="", help="no: or at chance")
        parser.add_argument("--sort", choices=[sign + name for name in SORTS for sign in ("", "-")], default="-run")
        parser.add_argument("--out", type=Path, metavar="FILE", help="write them to a file")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        recipe = find_recipe(dataset, options["recipe"]) if options["recipe"] else None
        asked = RunFilter(options["learner"], recipe, options["snapshot"], options["converged"], options["sort"])
        if options["out"]:
            return {"rows": export_runs(dataset, options["out"], asked), "file": str(options["out"])}
        return {"runs": [facts_of(run) for run in wanted_runs(dataset, asked).select_related("recipe", "snapshot")]}
