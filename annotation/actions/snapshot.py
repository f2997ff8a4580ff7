"""Freeze (item, label) rows, hashed, so that a model and its proof stand on something that does not move."""

import numpy as np
import pandas as pd
from django.db import transaction

from annotation import bulk, frames
from annotation.actions.as_imported import NO_LABEL, with_first_labels
from annotation.core.frozen_digests import row_digests, rows_digest
from annotation.core.likeness.grouping import copies_of_items
from annotation.core.refusal import Refusal
from annotation.models import CurrentLabel, Dataset, Item, ProductionDraw, Snapshot, SnapshotRow, User
from annotation.reading.classes.unknown import UNKNOWN_CLASS, unknown_rows
from annotation.reading.datasets.imports import refuse_half_shown
from annotation.reading.frozen_rows import rows_now
from annotation.reading.pool_evidence import state_of
from annotation.reading.production.set_rows import earlier_version, labellers_of, of_draw, weights_of
from annotation.reading.quarantine import quarantined_items


class UnableToSnapshot(Refusal):
    """There are no rows to freeze."""


def snapshot(
    dataset: Dataset, purpose: str, *, sources: tuple[str, ...] = (), labels_of: Snapshot | None = None,
    user: User | None = None, as_imported: bool = False, draw: ProductionDraw | None = None,
) -> Snapshot:  # fmt: skip
    """The snapshot of the dataset as it is now; the same rows for the same purpose are the same snapshot.

    Production rows are those of `draw` that experts settled, or without one those whose labels came from a file; with
    each is kept what it weighs and who labelled it.

    Training rows are pool items with a current label that is not in quarantine and that are no near-duplicates of
    production. With `labels_of` the rows are today's, the labels those of that snapshot; with `as_imported` the labels
    are those that files gave at first. What is left out is counted by reason. Where a quarantine leaves labels out,
    the same rows with them are frozen too, so that a comparison can show both ways. The search for near-duplicates is
    done before the dataset is locked, and once more only where the rows became others meanwhile.
    """
    refuse_half_shown(dataset)
    if purpose == Snapshot.PRODUCTION:
        return _production(dataset, sources, labels_of, user, draw)
    copies = _Copies(dataset)
    state, chosen = state_of(dataset), _chosen(dataset, sources, labels_of, copies, as_imported)
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        if state_of(dataset) != state:
            chosen = _chosen(dataset, sources, labels_of, copies, as_imported)
        rows, left_out = chosen
        aside = rows["item"].isin(quarantined_items(dataset))
        both = None
        if aside.any():
            both = _freeze(dataset, purpose, rows, left_out, sources, labels_of, user)
            rows, left_out = rows[~aside], {**left_out, "quarantined": int(aside.sum())}
        if rows.empty:
            raise UnableToSnapshot(_nothing(dataset, Item.POOL, sources, left_out))
        return _freeze(dataset, purpose, rows, left_out, sources, labels_of, user, both)


def _production(
    dataset: Dataset, sources: tuple[str, ...], labels_of: Snapshot | None, user: User | None,
    draw: ProductionDraw | None,
) -> Snapshot:  # fmt: skip
    """Nothing here takes long, so all of it is done with the dataset locked."""
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        among = set(draw.drawn.values_list("item_id", flat=True)) if draw else None
        rows, left_out = _labelled(dataset, Item.PRODUCTION, sources, among)
        if labels_of:
            rows, left_out["not_in_labels_of"] = _with_labels_of(rows, labels_of)
        own = of_draw(dataset, rows, draw)
        if own.draw and not draw:
            return _production(dataset, sources, labels_of, user, own.draw)
        left_out |= own.left_out
        if own.rows.empty:
            raise UnableToSnapshot(_nothing(dataset, Item.PRODUCTION, sources, left_out))
        return _freeze(dataset, Snapshot.PRODUCTION, own.rows, left_out, sources, labels_of, user, draw=own.draw)


def _chosen(
    dataset: Dataset, sources: tuple[str, ...], labels_of: Snapshot | None, copies: "_Copies", as_imported: bool = False
) -> tuple[pd.DataFrame, dict[str, int]]:
    """The training rows to freeze but for a quarantine, and why others are left out, counted."""
    rows, left_out = _labelled(dataset, Item.POOL, sources)
    among = copies.among(rows)
    rows, left_out["near_duplicate_of_production"] = rows[~among], int(among.sum())
    if labels_of:
        rows, left_out["not_in_labels_of"] = _with_labels_of(rows, labels_of)
    if as_imported:
        rows, left_out[NO_LABEL] = with_first_labels(rows, dataset, Item.POOL)
    return rows, left_out


def _labelled(
    dataset: Dataset, split: str, sources: tuple[str, ...], among: set[int] | None = None
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Labelled items, of those `among` only, and how many others have no label, by why."""
    items = frames.items(dataset, split)
    if among is not None:
        items = items[items["item"].isin(among)]
    if sources:
        items = items[items["source"].isin(sources)]
    current = frames.current(dataset, split)
    rows = items.merge(current, on="item", how="left")
    unlabelled = int(rows["state"].isna().sum())
    counts = rows["state"].value_counts()
    left_out = {state: int(counts.get(state, 0)) for state in CurrentLabel.STATES if state != CurrentLabel.LABELLED}
    if unknown := unknown_rows(dataset, split):
        left_out[UNKNOWN_CLASS] = unknown
    return rows[rows["state"] == CurrentLabel.LABELLED], {"without_label": unlabelled, **left_out}


class _Copies:
    """Which rows are near-duplicates of production; asked again of the same items it answers at once."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._asked: tuple[list[int], list[int]] | None = None
        self._found = np.zeros(0, dtype=bool)

    def among(self, rows: pd.DataFrame) -> np.ndarray:
        """Bool (n,), by the rows. Items never change, so their ids say all."""
        production = frames.items(self.dataset, Item.PRODUCTION)
        asked = production["item"].tolist(), rows["item"].tolist()
        if asked != self._asked:
            self._asked, self._found = asked, self._search(production, rows)
        return self._found

    def _search(self, production: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
        if production.empty or rows.empty:
            return np.zeros(len(rows), dtype=bool)
        content = [*production["content"], *rows["content"]]
        table = frames.content_table(content, self.dataset.typed_fields)
        reference = np.arange(len(content)) < len(production)
        return copies_of_items(table, self.dataset.typed_fields, reference)[len(production) :]


def _with_labels_of(rows: pd.DataFrame, earlier: Snapshot) -> tuple[pd.DataFrame, int]:
    """Those of `rows` that the earlier one has, with its labels as the classes of now, and how many others; one for
    whose class none stands today is among these."""
    then = rows_now(earlier).set_index("item")["label"]
    kept = rows[rows["item"].isin(then.index)]
    return kept.assign(label=kept["item"].map(then)), len(rows) - len(kept)


def _freeze(
    dataset: Dataset, purpose: str, rows: pd.DataFrame, left_out: dict[str, int], sources: tuple[str, ...],
    labels_of: Snapshot | None, user: User | None, with_quarantined: Snapshot | None = None,
    draw: ProductionDraw | None = None,
) -> Snapshot:  # fmt: skip
    sha256 = rows_digest(rows)
    frozen, made = Snapshot.objects.get_or_create(
        dataset=dataset, purpose=purpose, sha256=sha256,
        defaults={
            "n_rows": len(rows), "sources": sorted(sources), "labels_of": labels_of, "left_out": left_out,
            "created_by": user, "with_quarantined": with_quarantined, "draw": draw,
        },
    )  # fmt: skip
    if made:
        _write_rows(frozen, rows)
    return frozen


def _write_rows(frozen: Snapshot, rows: pd.DataFrame) -> None:
    classes = dict(frozen.dataset.label_classes.values_list("name", "id"))
    said = zip(rows["item"].tolist(), rows["label"].map(classes).tolist(), strict=True)
    if frozen.purpose != Snapshot.PRODUCTION:
        columns = ["snapshot_id", "item_id", "label_class_id", "digest"]
        bulk.insert(SnapshotRow, columns, ((frozen.pk, *one, "") for one in said))
        return
    weights, labellers = weights_of(frozen.draw), labellers_of(frozen.dataset, rows)
    beside = [(weights.get(item), labellers.get(item, [])) for item in rows["item"].tolist()]
    whole = rows.assign(weight=pd.Series([one for one, _ in beside], index=rows.index, dtype=object))
    digests = row_digests(whole.assign(annotators=[who for _, who in beside]))
    bulk.insert(
        SnapshotRow, ["snapshot_id", "item_id", "label_class_id", "digest", "weight", "annotators"],
        ((frozen.pk, *one, digest, *more) for one, digest, more in zip(said, digests, beside, strict=True)),
    )  # fmt: skip
    frozen.follows = earlier_version(frozen)
    frozen.save(update_fields=["follows"])


def matched(after: Snapshot, before: Snapshot) -> Snapshot:
    """The rows both snapshots have, with the labels of `before`: what `before` would be on the rows of `after`."""
    rows, missing = _with_labels_of(rows_now(after), before)
    if rows.empty:
        raise UnableToSnapshot(f"Snapshots {before.pk} and {after.pk} have no item in common: nothing to match.")
    with transaction.atomic():
        left_out = {"not_in_labels_of": missing}
        return _freeze(after.dataset, Snapshot.TRAINING, rows, left_out, tuple(after.sources), before, after.created_by)


def _nothing(dataset: Dataset, split: str, sources: tuple[str, ...], left_out: dict[str, int]) -> str:
    named = f" from {', '.join(sources)}" if sources else ""
    reasons = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in left_out.items() if count)
    if reasons:
        return f"Nothing is left to freeze of the {split} items{named} of {dataset.slug!r}. Left out: {reasons}."
    there = Item.objects.filter(dataset=dataset, split=split).values_list("source", flat=True).distinct()
    known = ", ".join(sorted(filter(None, there))[:10]) or "none named"
    drawn = ", or draw some and have them answered" if split == Item.PRODUCTION else ""
    return (
        f"The dataset {dataset.slug!r} has no labelled {split} items{named}; import them with --split {split} and "
        f"--label first{drawn}. Sources in its {split}: {known}."
    )
