"""The items under a filter as rows of a file, read part by part."""

from collections.abc import Iterator
from itertools import chain

from annotation.core.items.asked import Asked
from annotation.models import Dataset
from annotation.reading.items.lines import ItemLine, lines_of
from annotation.reading.items.search import search

OURS = ("id", "split", "source", "received", "label", "state", "basis", "label_as_imported", "labels_given", "flags",
        "score", "probability", "predicted")  # fmt: skip
# Before a column of ours that is called like a field; the fields keep their names.
PREFIX = "second_look_"


def columns_of(dataset: Dataset) -> list[str]:
    """The names of all columns, each once: ours first, then the fields under their own names."""
    fields = [one.name for one in dataset.typed_fields]
    return [_apart(name, set(fields)) for name in OURS] + fields


def _apart(name: str, taken: set[str]) -> str:
    while name in taken:
        name = PREFIX + name
    return name


def rows_of(dataset: Dataset, asked: Asked) -> Iterator[list[object]]:
    """A row for each item that fits, in the order of the filter and of `columns_of`."""
    fields = [one.name for one in dataset.typed_fields]
    for ids in search(dataset, asked).all():
        for line in lines_of(dataset, asked, ids):
            written = line.item.written or {}
            content = (written.get(name, line.item.content.get(name)) for name in fields)
            yield list(chain(_ours(line), content))


def _ours(line: ItemLine) -> list[object]:
    item = line.item
    return [
        item.external_id, item.get_split_display(), item.source,
        item.received_at.isoformat() if item.received_at else None,
        line.now if line.state == "labelled" else None, line.state.replace("_", " ") or "no label", line.basis,
        line.was, "; ".join(f"{who}: {label}" for who, label in line.given),
        "; ".join(f"{detector}: {reason}" for detector, reason in line.flags),
        line.score, line.probability, "; ".join(f"{one.label} ({one.share:.3f}, {one.by})" for one in line.said),
    ]  # fmt: skip
