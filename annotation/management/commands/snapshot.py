from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug, snapshot_by_id
from annotation.actions.snapshot import UnableToSnapshot, snapshot
from annotation.management.house import HouseCommand, add_json
from annotation.models import Snapshot
from annotation.reading.production.set_rows import UnableToChooseDraw, draw_named


class Command(HouseCommand):
    help = "Freeze the rows of a dataset as they are now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--purpose", choices=["training", "production"], required=True)
        parser.add_argument("--source", nargs="+", default=[], metavar="NAME")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--labels-of", type=int, metavar="SNAPSHOT", help="today's rows with that one's labels")
        which.add_argument(
            "--as-imported", action="store_true", help="today's rows with the labels files gave at first"
        )
        parser.add_argument("--draw", default="", metavar="NAME", help="of production: the draw to freeze")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        if options["as_imported"] and options["purpose"] != Snapshot.TRAINING:
            raise UnableToSnapshot("--as-imported is for training; a production set holds the labels trusted now.")
        labels_of = snapshot_by_id(dataset, options["labels_of"]) if options["labels_of"] else None
        if options["draw"] and options["purpose"] != Snapshot.PRODUCTION:
            raise UnableToChooseDraw("A draw is of production; freeze it with --purpose production.")
        draw = draw_named(dataset, options["draw"]) if options["draw"] else None
        frozen = snapshot(
            dataset, options["purpose"], sources=tuple(options["source"]), labels_of=labels_of,
            as_imported=options["as_imported"], draw=draw,
        )  # fmt: skip
        said = {"snapshot": frozen.pk, "sha256": frozen.sha256, "rows": frozen.n_rows, "left_out": frozen.left_out}
        return said | {"draw": frozen.draw.name} if frozen.draw else said
