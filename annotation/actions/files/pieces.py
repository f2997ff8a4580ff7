"""An import that is written piece by piece, so that nobody who writes waits for long."""

import time
from collections.abc import Callable, Sequence

from annotation.actions.files.unfinished import BREATH, PIECE
from annotation.actions.files.write_items import ItemWriter
from annotation.actions.jobs.fenced import fenced
from annotation.core.files.parsing_items import ItemParser
from annotation.core.progress import Report
from annotation.models import FileImport


def write_hidden(
    parser: ItemParser, begin: Callable[[str], ItemWriter], unknown: Sequence[tuple[str, str]], report: Report
) -> ItemWriter:  # fmt: skip
    """Write what `parser` has checked, a transaction a piece; each is refused once the job is another's."""
    with fenced(report, "writing items and labels", 0.5):
        writer = begin(FileImport.WRITING)
    for part in parser.ready():
        with fenced(
            report, f"writing items and labels, {writer.items:,} items so far", _share(writer.items, parser.n_items)
        ):
            writer.add(part)
        time.sleep(BREATH)
    _settle(writer, report, "settling what was said", 0.75)
    return writer


def _settle(writer: ItemWriter, report: Report, stage: str, share: float) -> None:
    for items in writer.labels.touched(PIECE):
        with fenced(report, stage, share):
            writer.labels.settle(items)
        time.sleep(BREATH)


def _share(done: int, of: int) -> float:
    return 0.5 + 0.25 * done / max(1, of)


def add_known_answers(writer: ItemWriter, parser: ItemParser, report: Report) -> None:
    """Answers for items that were here before, each piece settled at once."""
    for part in parser.ready():
        with fenced(report, "writing labels of items that were here", 0.9):
            writer.add_known(part)
            for items in writer.labels.touched():
                writer.labels.settle(items)
        time.sleep(BREATH)
