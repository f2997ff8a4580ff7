"""A file of labels for items that are already here: all of it, or its good rows, or nothing."""

import logging
from collections.abc import Iterator
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from annotation import bulk
from annotation.actions.files.rejected_rows import Rejects, RejectsJson
from annotation.actions.files.write_labels import LabelWriter, WrittenLabels, add_classes
from annotation.core.files.parsing_labels import LabelMapping, LabelParser
from annotation.core.files.tables import Broken, Source, no_rows, open_source
from annotation.models import Dataset, Item

log = logging.getLogger(__name__)


class ImportedLabels(WrittenLabels, RejectsJson):
    """`notes`: what the reader may want to check."""

    encoding: str
    notes: list[str]


def import_labels(
    dataset: Dataset, path: Path, *, item: str, annotator: str, label: str, seconds: str | None = None,
    at: str | None = None, abstain: tuple[str, ...] = (), accept_good: bool = False,
    encoding: str | None = None, sheet: str | None = None, decimal: str = "", dates: str = "",
) -> ImportedLabels:  # fmt: skip
    """Append the file's labels; the same file again changes nothing.

    A bad row imports nothing; with `accept_good` the others are taken. Raises UnableToTake, which names the artifact
    of rejected rows, or UnableToRead.
    """
    source = open_source(path, encoding=encoding, sheet=sheet)
    mapping = LabelMapping(item, annotator, label, seconds, at, abstain, dataset.class_names, decimal, dates)
    parser = LabelParser(source.columns, mapping, mapping.conventions(source.chunks()))
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        known = _Items(dataset)
        rejects = _check(source, parser, known)
        if rejects.n and not (accept_good and rejects.n < parser.n_rows):
            raise rejects.error()
        notes = [*source.notes, *parser.notes()]
        for note in notes:
            log.warning(note)
        classes = add_classes(dataset, tuple(sorted(parser.found)))
        writer = LabelWriter(dataset, classes, timezone.now())
        for table in source.chunks():
            writer.add(parser.parse(table, known.names), known.last)
        return {"encoding": source.encoding, "notes": notes, **writer.close(), **rejects.as_json()}


class _Items:
    """External id → item id; an id of the pool wins over the same id of production. `last`: the ids asked for last."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.last: dict[str, int] = {}

    def names(self, names: list[str]) -> set[str]:
        """Those of `names` that are stored."""
        self.last = {}
        for batch in bulk.in_batches(names):
            stored = Item.objects.filter(dataset=self.dataset, external_id__in=batch)
            for split in (Item.PRODUCTION, Item.POOL):
                self.last.update(stored.filter(split=split).values_list("external_id", "id"))
        return set(self.last)


def _check(source: Source, parser: LabelParser, known: _Items) -> Rejects:
    def rows() -> Iterator[Broken]:
        for table in source.chunks():
            yield from parser.check(table, known.names)

    rejects = Rejects.of(source.columns, rows())
    parser.close()
    if not parser.n_rows:
        raise no_rows(source)
    return rejects
