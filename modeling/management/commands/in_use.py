from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from annotation.access import dataset_by_slug
from annotation.management.house import HouseCommand, add_json
from modeling.actions.running.name_in_use import name_in_use
from modeling.reading.comparing.in_use import model_in_use


class Command(HouseCommand):
    help = "Say which model is in use, or with --run name the one that is live from now on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--run", metavar="RUN", help="a run's id or a prediction set's name")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        found = name_in_use(dataset, options["run"], None, timezone.now()) if options["run"] else model_in_use(dataset)
        if found is None:
            return {"run": None, "predictions": None, "since": None}
        predictions = found.predictions.name if found.predictions else None
        return {"run": found.run_id, "predictions": predictions, "since": found.created_at.isoformat()}
