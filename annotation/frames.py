"""The bridge to pandas: frames with fixed column names out of the database."""

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from django.db import models

from annotation import bulk
from annotation.core.fields import Field
from annotation.models import (
    OF_FILES,
    ClosedPair,
    CurrentLabel,
    Dataset,
    Item,
    Label,
    Snapshot,
    basis_now,
    name_now,
)


def _frame(queryset: models.QuerySet[Any], **columns: str | models.Expression) -> pd.DataFrame:
    """A frame whose column names are the keys, filled from the queryset's fields named, or expressions given, by the
    values."""
    rows = queryset.values_list(*columns.values()).iterator(chunk_size=10_000)
    return pd.DataFrame.from_records(list(rows), columns=list(columns))


# Items whose rows are read at once.
WINDOW = 20_000
# No id is further from the next.
MOST_ID = 2**62
# Items asked for at once by their ids.
BATCH = 500
# Ids of items, in ascending order.
Ids: TypeAlias = Sequence[int]


def _by_items(
    dataset: Dataset, queryset: models.QuerySet[Any], of: str, only: Ids | None, /, **columns: str | models.Expression
) -> pd.DataFrame:
    """As `_frame`, of rows that name an item of the dataset at `of`, a window of items after the other: in the order of
    items, and of ids within a window. only: of these items, which are some of the dataset's; None = of all.

    A window is few rows by an index, whatever the database knows of the tables; PostgreSQL otherwise joins each row of
    a table just filled with each of another.
    """
    rows: list[tuple[Any, ...]] = []
    if only is None:
        for low, high in _windows(dataset):
            rows += _in_order(queryset.filter(**{f"{of}__gte": low, f"{of}__lte": high}), columns)
    else:
        with bulk.looked_up():
            for batch in bulk.in_batches(only, BATCH):
                rows += _in_order(queryset.filter(**{f"{of}__in": batch}), columns)
    return pd.DataFrame.from_records(rows, columns=list(columns))


def _in_order(rows: models.QuerySet[Any], columns: dict[str, str | models.Expression]) -> list[tuple[Any, ...]]:
    """In the order of ids, put so here: asked for it PostgreSQL may read the whole table by its ids, for it takes a
    list of items for a good part of one that it knows nothing of."""
    found = rows.order_by().values_list("pk", *columns.values())
    return [row[1:] for row in sorted(found, key=lambda row: row[0])]


def _windows(dataset: Dataset) -> Iterator[tuple[int, int]]:
    """Lowest and highest id of up to WINDOW items each."""
    ids = Item.objects.filter(dataset=dataset).order_by("id").values_list("id", flat=True)
    low = ids.first()
    while low is not None:
        ends = ids.filter(id__gte=low)[WINDOW - 1 : WINDOW + 1]
        high, *following = [*ends] or [low + MOST_ID]
        yield low, high
        low = following[0] if following else None


def _splits(split: str | None) -> Sequence[str]:
    """Items that were taken back are in no frame."""
    return [split] if split else Item.HERE


def items(dataset: Dataset, split: str | None = None, only: Ids | None = None) -> pd.DataFrame:
    """item, external_id, digest, source, received, split and content of every item, or of `only` these, in order of
    import."""
    queryset = Item.objects.filter(dataset=dataset, split__in=_splits(split))
    return _by_items(
        dataset, queryset, "id", only, item="id", external_id="external_id", digest="digest", source="source",
        received="received_at", split="split", content="content",
    )  # fmt: skip


def content_table(content: Sequence[dict[str, Any]] | pd.Series, fields: Sequence[Field]) -> pd.DataFrame:
    """One typed column per field: float64 for numbers (NaN = missing), str for text and category."""
    return pd.DataFrame(
        {
            field.name: pd.Series([row.get(field.name) for row in content], dtype="float64")
            if field.type == "number"
            else pd.Series([row.get(field.name) or "" for row in content], dtype=object)
            for field in fields
        },
        index=range(len(content)),
    )


def current(dataset: Dataset, split: str | None = None, only: Ids | None = None) -> pd.DataFrame:
    """item, current (id of the row in force), label (class name or None), state, basis (as `basis_now`)."""
    rows = _by_items(
        dataset, _current_labels(dataset, split, only), "item_id", only, item="item_id", current="id",
        label="label_class__name", state="state", basis=basis_now(),
    )  # fmt: skip
    return _of_each(rows, "item", "last").sort_values("item", ignore_index=True)


def first_current(dataset: Dataset, only: Ids | None = None) -> pd.DataFrame:
    """item, label, state as of each item's first current label: what the files said before anybody relabelled, as the
    class of now."""
    labels = _current_labels(dataset, None, only)
    rows = _by_items(dataset, labels, "item_id", only, item="item_id", label=name_now(), state="state")
    return _of_each(rows, "item", "first").sort_values("item", ignore_index=True)


def _current_labels(dataset: Dataset, split: str | None, only: Ids | None = None) -> models.QuerySet[CurrentLabel]:
    """All of them, those in force and those before: which is which is told here, without a look-up for each."""
    return CurrentLabel.objects.filter(**_of_items(dataset, split, only))


def _of_items(dataset: Dataset, split: str | None, only: Ids | None) -> dict[str, object]:
    """Whose rows: of items named by their ids nothing has to be looked up."""
    return {} if only is not None else {"item__dataset": dataset, "item__split__in": _splits(split)}


def _of_each(rows: pd.DataFrame, of: str | list[str], which: Literal["first", "last"]) -> pd.DataFrame:
    """The first or last row of each, in the order they stand in."""
    return rows.drop_duplicates(of, keep=which).reset_index(drop=True)


def as_imported(dataset: Dataset, split: str) -> pd.DataFrame:
    """item, label: the first label of each item that files gave one, before anybody decided, as the class of now; of an
    item for whose class none stands there is no row."""
    rows = _current_labels(dataset, split).filter(basis__in=OF_FILES, label_class__isnull=False)
    found = _by_items(dataset, rows, "item_id", None, item="item_id", label=name_now())
    return _of_each(found, "item", "first").sort_values("item", ignore_index=True).dropna(subset="label")


def labels(
    dataset: Dataset, split: str | None = None, origin: str | None = None, only: Ids | None = None
) -> pd.DataFrame:
    """item, annotator, label (as the class of now), seconds, at: each annotator's counting answer, in order of time."""
    given = Label.objects.filter(**_of_items(dataset, split, only))
    rows = _by_items(
        dataset, given, "item_id", only, id="id", item="item_id", annotator="annotator__name", label=name_now(),
        seconds="seconds", at="given_at", origin="origin",
    )  # fmt: skip
    rows = _of_each(rows.sort_values("id"), ["item", "annotator"], "last")
    counting = rows["label"].notna() & (rows["origin"] == origin if origin else True)
    return rows[counting].drop(columns=["id", "origin"]).reset_index(drop=True)


def snapshot_rows(snapshot: Snapshot) -> pd.DataFrame:
    """item, label (as frozen), external_id, digest, source, content of a snapshot's rows, by item."""
    return _frame(
        snapshot.rows.order_by("item_id"), item="item_id", label="label_class__name", external_id="item__external_id",
        digest="item__digest", source="item__source", content="item__content",
    )  # fmt: skip


def closed_pairs(dataset: Dataset) -> set[tuple[str, str]]:
    """Content digests, the lesser first, that an expert called legitimately different."""
    standing = ClosedPair.objects.filter(dataset=dataset, decision__undone_by__isnull=True)
    return set(standing.values_list("first", "second"))


def codes(names: Sequence[Hashable] | pd.Series, order: Sequence[Hashable]) -> np.ndarray:
    """Position of each name in `order`; −1 where there is none."""
    return pd.Categorical(list(names), categories=list(order)).codes.astype(np.int64)
