from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from annotation.access import dataset_by_slug
from annotation.core.files.parsing_items import UnableToParse
from annotation.management.house import HouseCommand, add_json
from annotation.management.rejecting import keep_rejected, rejecting_to, without_artifact
from modeling.actions.running.predict_file import PredictionRequest, predict_file
from modeling.reading.find_run import run_named


class Command(HouseCommand):
    help = "Write a run's predicted class and probabilities for every row of a file. All or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("file", type=Path)
        parser.add_argument("out", type=Path, help="the file to write; its suffix says in what form")
        parser.add_argument("--run", required=True, metavar="RUN")
        parser.add_argument("--id", metavar="COL", help="without it, rows go by their number in the file")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--costs", action="store_true", help="the class of least expected cost, not the likeliest")
        how.add_argument("--threshold", default="", metavar="CLASS=P", help="that class from that probability on")
        parser.add_argument("--encoding", help="if it is not detected correctly")
        parser.add_argument("--accept-good", action="store_true", help="predict the good rows without the others")
        parser.add_argument("--rejected", type=Path, metavar="FILE", help="write rejected rows here, with the reason")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        if not options["file"].is_file():
            raise UnableToParse(f"There is no file {options['file']}.")
        run = run_named(dataset_by_slug(options["dataset"]), options["run"])
        asked = PredictionRequest(
            options["file"], options["id"], encoding=options["encoding"], costs=options["costs"],
            threshold=options["threshold"], accept_good=options["accept_good"],
        )  # fmt: skip
        with rejecting_to(options["rejected"]):
            result = predict_file(run, asked, options["out"])
        keep_rejected(result["rejected_rows"], options["rejected"])
        return {**without_artifact(result), "file": str(options["out"])}
