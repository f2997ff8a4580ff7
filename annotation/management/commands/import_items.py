from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from annotation.actions.files.check_new_labels import check_new_labels
from annotation.actions.files.import_items import (
    ImportParams,
    check,
    import_params,
    refuse_rejected,
    request_import,
    validate_slug,
)
from annotation.core.fields import Field
from annotation.core.files.parsing_items import ItemMapping, UnableToParse
from annotation.management.house import HouseCommand, add_background, add_json, finish
from annotation.management.reading import add_reading
from annotation.management.rejecting import add_rejecting, keep_rejected, without_artifact


class Command(HouseCommand):
    help = "Import items, with or without labels, from a table in a file. All or nothing."

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
        parser.add_argument(
            "--abstain", nargs="+", default=[], metavar="VALUE", help="values that mean no label was given"
        )
        add_reading(parser)
        parser.add_argument("--name", help="the dataset's name, on first import")
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
        parser.add_argument("--repair", action="store_true", help="mend texts in a broken encoding (â€™ for ’)")
        add_rejecting(parser)
        add_background(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        if not options["file"].is_file():
            raise UnableToParse(f"There is no file {options['file']}.")
        mapping = ItemMapping(
            text=tuple(options["text"]), fields=tuple(map(typed_field, options["field"])), label=options["label"],
            wide=tuple(options["wide"]), id=options["id"], annotator=options["annotator"], source=options["source"],
            received=options["received"], split=options["split"], classes=tuple(options["classes"]),
            abstain=tuple(options["abstain"]), decimal=options["decimal"], dates=options["dates"],
        )  # fmt: skip
        slug = options["dataset"]
        validate_slug(slug)
        asked = import_params(
            slug, options["name"] or slug, options["file"], mapping, encoding=options["encoding"],
            sheet=options["sheet"], repair=options["repair"], accept_good=options["accept_good"],
        )  # fmt: skip
        if options["dry_run"]:
            return self.try_out(asked, options)
        if options["rejected"] and options["background"]:
            raise UnableToParse("--rejected waits for the import to end; leave out --background.")
        job = request_import(asked, background=options["background"])
        try:
            return without_artifact(finish(job, options))
        finally:
            job.refresh_from_db()
            keep_rejected((job.result or {}).get("rejected_rows", ""), options["rejected"])

    def try_out(self, asked: ImportParams, options: dict[str, Any]) -> dict[str, Any]:
        checked = check(asked)
        keep_rejected(checked.rejects.artifact, options["rejected"])
        refuse_rejected(checked, asked)
        parser = checked.parser
        return {
            "items": parser.n_items, "labels": parser.n_labels, "encoding": checked.source.encoding,
            "notes": checked.notes, "rejected": checked.rejects.n, "written": False,
            "new_labels": check_new_labels(asked["slug"], checked.source, parser),
        }  # fmt: skip


def typed_field(spec: str) -> Field:
    name, _, kind = spec.rpartition(":")
    if not name or kind not in {"text", "number", "category"}:
        raise UnableToParse(f"--field {spec!r} is not NAME:TYPE; the types are text, number and category.")
    return Field(name, kind)
