"""What is frozen with the rows of a production set beside their labels: what each weighs and who labelled it."""

from dataclasses import dataclass

import pandas as pd

from annotation import bulk
from annotation.core.refusal import Refusal
from annotation.models import (
    DECIDED,
    Dataset,
    Item,
    Label,
    ProductionDraw,
    ProductionItem,
    Snapshot,
    SnapshotRow,
    class_now,
)


class UnableToChooseDraw(Refusal):
    """Only what was drawn could be frozen, in more than one draw."""


@dataclass(frozen=True)
class OfDraw:
    """Which rows a production set has: those of `draw`, or where that is None those of no draw. `rows`: their part of
    what was asked for; left_out: why others are not among them, counted."""

    draw: ProductionDraw | None
    rows: pd.DataFrame
    left_out: dict[str, int]


def draw_named(dataset: Dataset, name: str) -> ProductionDraw:
    found = dataset.production_draws.filter(name=name).first()
    if found is None:
        known = ", ".join(dataset.production_draws.values_list("name", flat=True)) or "none yet"
        raise UnableToChooseDraw(f"{dataset.slug!r} has no draw {name!r}. Draws here: {known}.")
    return found


def of_draw(dataset: Dataset, rows: pd.DataFrame, draw: ProductionDraw | None) -> OfDraw:
    """The labelled production rows (item, basis, …) of one set: a draw and labels that came from a file have not been
    drawn alike, so they are never mixed. Without a `draw` the rows of none, or where there are no others those of the
    only draw that has any. Of a draw only labels that experts gave count. Raises UnableToChooseDraw."""
    drawn = dict(ProductionItem.objects.filter(draw__dataset=dataset).values_list("item_id", "draw_id"))
    of = rows["item"].map(drawn)
    if draw is None and len(rows) and of.notna().all():
        draw = _only_draw(dataset, sorted({int(one) for one in of}))
    if draw is None:
        return OfDraw(None, rows[of.isna()], {"drawn": int(of.notna().sum())} if of.notna().any() else {})
    own = rows[of == draw.pk]
    decided = own[own["basis"].isin(DECIDED)]
    return OfDraw(draw, decided, {"not_decided": len(own) - len(decided)} if len(own) > len(decided) else {})


def _only_draw(dataset: Dataset, ids: list[int]) -> ProductionDraw:
    draws = dataset.production_draws.filter(pk__in=ids).order_by("id")
    if len(ids) > 1:
        names = ", ".join(repr(draw.name) for draw in draws)
        raise UnableToChooseDraw(f"Say which draw is to be frozen, with --draw: {names}.")
    return draws[0]


def weights_of(draw: ProductionDraw | None) -> dict[int, float]:
    """item → its weight; empty where nothing was drawn, and every row counts alike."""
    return dict(draw.drawn.values_list("item_id", "weight")) if draw else {}


def labellers_of(dataset: Dataset, rows: pd.DataFrame) -> dict[int, list[int]]:
    """item → ids of the annotators whose counting answer is the label it has, rising. Of an adjudicated label those who
    said so too are among them."""
    classes = dict(dataset.label_classes.values_list("name", "id"))
    held = dict(zip(rows["item"].tolist(), rows["label"].map(classes), strict=True))
    found: dict[int, set[int]] = {}
    for batch in bulk.in_batches(held):
        given = Label.objects.counting().filter(item__in=batch, item__split=Item.PRODUCTION)
        for item, annotator, label in given.values_list("item_id", "annotator_id", class_now()):
            if held[item] == label:
                found.setdefault(item, set()).add(annotator)
    return {item: sorted(who) for item, who in found.items()}


def earlier_version(production: Snapshot) -> Snapshot | None:
    """The newest earlier production set that shares an item with this one."""
    items = SnapshotRow.objects.filter(snapshot=production).values("item")
    holding = SnapshotRow.objects.filter(item__in=items).values("snapshot")
    earlier = production.dataset.snapshots.filter(purpose=Snapshot.PRODUCTION, pk__lt=production.pk, pk__in=holding)
    return earlier.order_by("-id").first()
