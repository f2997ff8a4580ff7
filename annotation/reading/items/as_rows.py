"""The items under a filter as rows of a file, read part by part."""

from collections.abc import Iterator

from annotation.core.exporting.columns import Column, beside
from annotation.core.items.asked import Asked
from annotation.models import Dataset
from annotation.reading.exports.items import fields_as_written
from annotation.reading.items.lines import ItemLine, lines_of
from annotation.reading.items.search import search

BEFORE = {
    **dict.fromkeys(("id", "split", "source"), "text"), "received": "time",
    **dict.fromkeys(("label", "state", "basis", "label_as_imported", "labels_given", "flags"), "text"),
    **dict.fromkeys(("score", "probability"), "number"), "predicted": "text",
}  # fmt: skip


def columns_of(dataset: Dataset) -> tuple[Column, ...]:
    """Ours first, stepping aside where they meet a field, then the fields under their own names."""
    return beside(BEFORE, dataset.typed_fields, {})[0]


def rows_of(dataset: Dataset, asked: Asked) -> Iterator[list[object]]:
    """A row for each item that fits, in the order of the filter and of `columns_of`."""
    fields = dataset.typed_fields
    for ids in search(dataset, asked).all():
        for line in lines_of(dataset, asked, ids):
            yield [*_ours(line), *fields_as_written(fields, line.item.content, line.item.written)]


def _ours(line: ItemLine) -> list[object]:
    item = line.item
    return [
        item.external_id, item.get_split_display(), item.source, item.received_at,
        line.now if line.state == "labelled" else None, line.state.replace("_", " ") or "no label", line.basis,
        line.was, "; ".join(f"{who}: {label}" for who, label in line.given),
        "; ".join(f"{detector}: {reason}" for detector, reason in line.flags),
        line.score, line.probability, "; ".join(f"{one.label} ({one.share:.3f}, {one.by})" for one in line.said),
    ]  # fmt: skip
