from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from annotation.access import dataset_by_slug
from annotation.actions.files.import_labels import import_labels
from annotation.core.files.checking import UnableToParse
from annotation.core.files.tables import open_source
from annotation.core.files.tools.label_columns import label_columns
from annotation.core.wording import listed
from annotation.management.house import HouseCommand, add_json
from annotation.management.reading import add_reading
from annotation.management.rejecting import add_rejecting, keep_rejected, rejecting_to, without_artifact

PARTS = ("item", "annotator", "label", "seconds", "at")


class Command(HouseCommand):
    help = "Import labels for items that are already here. All or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("file", type=Path)
        parser.add_argument("--item", metavar="COL", help="these three are known in a tool's export")
        parser.add_argument("--annotator", metavar="COL")
        parser.add_argument("--label", metavar="COL")
        parser.add_argument("--seconds", metavar="COL")
        parser.add_argument("--at", metavar="COL")
        parser.add_argument("--abstain", nargs="+", default=[], metavar="VALUE")
        add_reading(parser)
        add_rejecting(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        read = {name: options[name] for name in ("encoding", "sheet")}
        known = label_columns(open_source(options["file"], **read)) if options["file"].is_file() else {}
        columns: dict[str, Any] = {name: options[name] or known.get(name) for name in PARTS}
        if missing := [f"--{name}" for name in ("item", "annotator", "label") if not columns[name]]:
            raise UnableToParse(f"The file does not say which of its columns is what; name {listed(missing)}.")
        with rejecting_to(options["rejected"]):
            result = import_labels(
                dataset, options["file"], **columns, abstain=tuple(options["abstain"]),
                accept_good=options["accept_good"], **read, decimal=options["decimal"], dates=options["dates"],
            )  # fmt: skip
        keep_rejected(result["rejected_rows"], options["rejected"])
        return without_artifact(result)
