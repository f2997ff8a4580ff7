from argparse import ArgumentParser
from dataclasses import replace
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
from annotation.actions.files.query_database import query_database
from annotation.core.fields import Field
from annotation.core.files.databases import KINDS
from annotation.core.files.guessing import SAMPLE, guess_mapping, mapping_of
from annotation.core.files.parsing_items import ItemMapping, UnableToParse
from annotation.core.files.tables import FORMATS, Source, open_source
from annotation.core.files.tools.label_columns import is_labels_only
from annotation.management.house import HouseCommand, add_background, add_json, finish
from annotation.management.reading import add_reading
from annotation.management.rejecting import add_rejecting, keep_rejected, without_artifact


class Command(HouseCommand):
    help = "Import items, with or without labels, from a file or a query on a database. All or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset", help="slug; created on first import")
        parser.add_argument("file", type=Path, nargs="?", help=f"one of {', '.join(f'.{one}' for one in FORMATS)}")
        parser.add_argument(
            "--sql", nargs=2, metavar=("URL", "QUERY"), help=f"the rows of one SELECT instead of a file; URL: {KINDS}"
        )
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
        if (options["file"] is None) == (options["sql"] is None):
            raise UnableToParse("Name a file, or a database and a query by --sql; one of the two.")
        if options["sql"]:
            validate_slug(options["dataset"])
            asked = query_database(*options["sql"])
            try:
                return self.bring(options, asked.path, asked.name)
            finally:
                if options["dry_run"]:
                    asked.path.unlink(missing_ok=True)
        if not options["file"].is_file():
            raise UnableToParse(f"There is no file {options['file']}.")
        return self.bring(options, options["file"], options["file"].name)

    def bring(self, options: dict[str, Any], path: Path, file_name: str) -> dict[str, Any]:
        mapping = ItemMapping(
            text=tuple(options["text"]), fields=tuple(map(typed_field, options["field"])), label=options["label"],
            wide=tuple(options["wide"]), id=options["id"], annotator=options["annotator"], source=options["source"],
            received=options["received"], split=options["split"], classes=tuple(options["classes"]),
            abstain=tuple(options["abstain"]), decimal=options["decimal"], dates=options["dates"],
        )  # fmt: skip
        if not (mapping.all_fields or mapping.label or mapping.wide or mapping.id):
            source = open_source(path, name=file_name, encoding=options["encoding"], sheet=options["sheet"])
            mapping = guessed(source, mapping)
        slug = options["dataset"]
        validate_slug(slug)
        asked = import_params(
            slug, options["name"] or slug, path, mapping, file_name=file_name, encoding=options["encoding"],
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


def guessed(source: Source, mapping: ItemMapping) -> ItemMapping:
    """The parts that the columns of an annotation tool's export play; of any other file the mapping as it is."""
    if is_labels_only(source):
        raise UnableToParse(
            "The file has crowd-kit's columns task, worker and label and no text: labels for items that are here "
            "already. Import the items first, with task's values as their ids, then this file by import_labels."
        )
    if not source.roles:
        return mapping
    roles = guess_mapping(next(source.chunks(SAMPLE)))
    return replace(
        mapping_of(roles), split=mapping.split, classes=mapping.classes, abstain=mapping.abstain,
        decimal=mapping.decimal, dates=mapping.dates,
    )  # fmt: skip


def typed_field(spec: str) -> Field:
    name, _, kind = spec.rpartition(":")
    if not name or kind not in {"text", "number", "category"}:
        raise UnableToParse(f"--field {spec!r} is not NAME:TYPE; the types are text, number and category.")
    return Field(name, kind)
