"""The bridge to pandas: frames with fixed column names out of the database."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from django.db import models

from annotation.core.fields import Field
from annotation.models import ClosedPair, CurrentLabel, Dataset, Item, Label, Snapshot, basis_now, name_now


def _frame(queryset: models.QuerySet[Any], **columns: str | models.Expression) -> pd.DataFrame:
    """A frame whose column names are the keys, filled from the queryset's fields named, or expressions given, by the
    values."""
    rows = queryset.values_list(*columns.values()).iterator(chunk_size=10_000)
    return pd.DataFrame.from_records(list(rows), columns=list(columns))


def _splits(split: str | None) -> Sequence[str]:
    """Items that were taken back are in no frame."""
    return [split] if split else Item.HERE


def items(dataset: Dataset, split: str | None = None) -> pd.DataFrame:
    """item, external_id, digest, source, received, split and content of every item, in order of import."""
    queryset = Item.objects.filter(dataset=dataset, split__in=_splits(split)).order_by("id")
    return _frame(
        queryset, item="id", external_id="external_id", digest="digest", source="source", received="received_at",
        split="split", content="content",
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


def current(dataset: Dataset, split: str | None = None) -> pd.DataFrame:
    """item, current (id of the row in force), label (class name or None), state, basis (as `basis_now`)."""
    there = CurrentLabel.objects.in_force().filter(item__dataset=dataset, item__split__in=_splits(split))
    queryset = there.order_by("item_id")
    return _frame(queryset, item="item_id", current="id", label="label_class__name", state="state", basis=basis_now())


def first_current(dataset: Dataset) -> pd.DataFrame:
    """item, label, state as of each item's first current label: what the files said before anybody relabelled, as the
    class of now."""
    earlier = CurrentLabel.objects.filter(item=models.OuterRef("item"), id__lt=models.OuterRef("id"))
    first = CurrentLabel.objects.filter(~models.Exists(earlier), item__dataset=dataset, item__split__in=Item.HERE)
    queryset = first.order_by("item_id")
    return _frame(queryset, item="item_id", label=name_now(), state="state")


def as_imported(dataset: Dataset, split: str) -> pd.DataFrame:
    """item, label: the first label of each item that files gave one, before anybody decided, as the class of now; of an
    item for whose class none stands there is no row."""
    queryset = CurrentLabel.objects.as_imported().filter(item__dataset=dataset, item__split=split).order_by("item_id")
    return _frame(queryset, item="item_id", label=name_now()).dropna(subset="label")


def labels(dataset: Dataset, split: str | None = None, origin: str | None = None) -> pd.DataFrame:
    """item, annotator, label (as the class of now), seconds, at: each annotator's counting answer, in order of time."""
    queryset = Label.objects.filter(item__dataset=dataset, item__split__in=_splits(split))
    if origin:
        queryset = queryset.filter(origin=origin)
    queryset = queryset.counting().order_by("id")
    return _frame(
        queryset, item="item_id", annotator="annotator__name", label=name_now(), seconds="seconds",
        at="given_at",
    )  # fmt: skip


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
