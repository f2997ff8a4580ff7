"""What the commands that export share."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from annotation.access import dataset_by_slug
from annotation.actions.exporting.export import export


def add_exporting(parser: ArgumentParser) -> None:
    parser.add_argument("--raw", action="store_true", help="leave cells that a spreadsheet would run as they are")
    parser.add_argument("--bom", action="store_true", help="a byte order mark first, so that spreadsheets read UTF-8")


def export_as_asked(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """Write the table; returns rows, file and notes."""
    more = {name: options[option] for name, option in (("everything", "all"), ("of", "form")) if option in options}
    path: Path = options["file"]
    done = export(
        dataset_by_slug(options["dataset"]), kind, path, mark=options["bom"], raw=options["raw"], **more,
    )  # fmt: skip
    return {"rows": done.rows, "file": str(path), "notes": list(done.notes)}
