"""An import that is written piece by piece, so that nobody who writes waits for long."""

from collections.abc import Callable, Iterator, Sequence

from annotation.actions.files.unfinished import PIECE
from annotation.actions.files.write_items import ItemWriter
from annotation.actions.jobs.fenced import RowPace, fenced
from annotation.core.files.bounded.kept_rows import ReadyRows
from annotation.core.files.parsing_items import ItemParser
from annotation.core.progress import Report
from annotation.models import FileImport


def write_hidden(
    parser: ItemParser, begin: Callable[[str], ItemWriter], unknown: Sequence[tuple[str, str]], report: Report
) -> ItemWriter:  # fmt: skip
    """Write what `parser` has checked, a transaction a piece; each is refused once the job is another's."""
    with fenced(report, "writing items and labels", 0.5):
        writer = begin(FileImport.WRITING)
    pace = RowPace(PIECE)
    for part in _paced(parser, pace):
        said = f"writing items and labels, {writer.items:,} items so far"
        with pace.fenced(report, said, _share(writer.items, parser.n_items)):
            writer.add(part)
    _settle(writer, report, "settling what was said", 0.75)
    return writer


def _paced(parser: ItemParser, pace: RowPace) -> Iterator[ReadyRows]:
    """What is written at a time."""
    for part in parser.ready():
        start = 0
        while start < len(part):
            stop = start + pace.rows
            yield part.within(start, stop)
            start = stop


def _settle(writer: ItemWriter, report: Report, stage: str, share: float) -> None:
    pace = RowPace(PIECE)
    for items in writer.unsettled(pace):
        with pace.fenced(report, stage, share):
            writer.labels.settle(items)


def _share(done: int, of: int) -> float:
    return 0.5 + 0.25 * done / max(1, of)


def add_known_answers(writer: ItemWriter, parser: ItemParser, report: Report) -> None:
    """Answers for items that were here before, each piece settled at once."""
    pace = RowPace(PIECE)
    for part in _paced(parser, pace):
        with pace.fenced(report, "writing labels of items that were here", 0.9):
            writer.add_known(part)
            for items in writer.labels.touched():
                writer.labels.settle(items)
