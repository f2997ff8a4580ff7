from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from annotation.actions.import_items import import_params, parse, request_import, validate_slug
from annotation.core.features import Field
from annotation.core.parsing import ItemMapping, UnableToParse
from annotation.management.house import HouseCommand, add_background, add_json, finish


class Command(HouseCommand):
    help = "Import items, with or without labels, from a CSV, TSV or JSONL file. All or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset", help="slug; created on first import")
        parser.add_argument("file", type=Path)
        parser.add_argument("--text", nargs="+", default=[], metavar="COL", help="columns of text")
        parser.add_argument("--field", nargs="+", default=[], metavar="NAME:TYPE", help="number, category or text")
        labels = parser.add_mutually_exclusive_group()
        labels.add_argument("--label", metavar="COL")
        labels.add_argument("--wide", nargs="+", default=[], metavar="COL", help="one column per annotator")
        parser.add_argument("--id", metavar="COL", help="without it, an id is made from the content")
        parser.add_argument("--annotator", metavar="COL")
        parser.add_argument("--source", metavar="COL")
        parser.add_argument("--received", metavar="COL", help="when the item came in")
        parser.add_argument("--split", choices=["pool", "production"], default="pool")
        parser.add_argument("--class", nargs="+", default=[], dest="classes", metavar="NAME")
        parser.add_argument("--abstain", nargs="+", default=[], metavar="VALUE", help="label values that are no label")
        parser.add_argument("--encoding", help="if it is not found out rightly")
        parser.add_argument("--name", help="the dataset's name, on first import")
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
        add_background(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        if not options["file"].is_file():
            raise UnableToParse(f"There is no file {options['file']}.")
        mapping = ItemMapping(
            text=tuple(options["text"]), fields=tuple(map(typed_field, options["field"])), label=options["label"],
            wide=tuple(options["wide"]), id=options["id"], annotator=options["annotator"], source=options["source"],
            received=options["received"], split=options["split"], classes=tuple(options["classes"]),
            abstain=tuple(options["abstain"]),
        )  # fmt: skip
        slug = options["dataset"]
        validate_slug(slug)
        asked = import_params(slug, options["name"] or slug, options["file"], mapping, encoding=options["encoding"])
        if options["dry_run"]:
            batch, _, encoding = parse(asked)
            return {"items": len(batch.items), "labels": len(batch.labels), "encoding": encoding, "written": False}
        return finish(request_import(asked, background=options["background"]), options)


def typed_field(spec: str) -> Field:
    name, _, kind = spec.rpartition(":")
    if not name or kind not in {"text", "number", "category"}:
        raise UnableToParse(f"--field {spec!r} is not NAME:TYPE; the types are text, number and category.")
    return Field(name, kind)
