"""Checked rows into the database: items and their labels, each part of a file in one go.

What a file brings may be written *hidden*: as if it were taken back already, so that nobody sees, counts or trains on
it until all is there.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from django.db.models import QuerySet

from annotation import bulk
from annotation.actions.classes.left_out_rows import left_out_rows
from annotation.actions.crowd.settle_consensus import by_majority
from annotation.actions.exporting.come_back import not_carried
from annotation.actions.files.record_import import UnableToImport
from annotation.actions.files.write_labels import LABEL_COLUMNS, LabelWriter, WrittenLabels, add_classes
from annotation.actions.jobs.fenced import RowPace
from annotation.actions.queue.settle import settle
from annotation.core.files.bounded.kept_rows import ReadyRows
from annotation.core.files.own_export import OwnExport
from annotation.core.files.parsing_items import CHANGED, ItemMapping
from annotation.core.files.tables import Source
from annotation.models import CurrentLabel, Dataset, FileImport, Item, Label

ITEM_COLUMNS = [
    "id", "dataset_id", "split", "taken_back", "external_id", "digest", "content", "written", "source", "received_at",
    "brought_by_id", "created_at",
]  # fmt: skip
TABLES = (Item, Label, CurrentLabel)


class WrittenItems(WrittenLabels):
    """What an import changed, counted."""

    items: int
    items_already_here: int


class Stored:
    """What the dataset holds of one split."""

    def __init__(self, dataset: Dataset | None, split: str) -> None:
        self.items = Item.objects.filter(dataset=dataset, split=split)
        self.any = dataset is not None and self.items.exists()

    def digests(self, names: Sequence[str]) -> dict[str, str]:
        """External id → digest, of those that are stored."""
        return {name: digest for name, (_, digest) in self.found(names).items()}

    def found(self, names: Sequence[str]) -> dict[str, tuple[int, str]]:
        """External id → (item id, digest)."""
        return dict(self._rows(names if self.any else []))

    def _rows(self, names: Sequence[str]) -> Iterator[tuple[str, tuple[int, str]]]:
        for batch in bulk.in_batches(names):
            rows = self.items.filter(external_id__in=batch).values_list("external_id", "id", "digest")
            yield from ((name, (pk, digest)) for name, pk, digest in rows)


class ItemWriter:
    """Writes the parts of a file, each in the caller's transaction. `hidden`: the items as if taken back; answers for
    items that are here already are left to `add_known`."""

    def __init__(
        self, source: Source, mapping: ItemMapping, classes: Sequence[str], brought: FileImport, now: datetime,
        hidden: bool = False,
    ) -> None:  # fmt: skip
        self.source, self.mapping, self.brought, self.hidden = source, mapping, brought, hidden
        dataset = brought.dataset
        self.labels = LabelWriter(dataset, add_classes(dataset, tuple(classes), brought.user), brought, now)
        self.now, self.items, self.already_here, self.known_answers = now, 0, 0, 0
        self.stored = Stored(dataset, mapping.split)
        self._place = (Item.TAKEN_BACK, brought.pk) if hidden else (mapping.split, 0)
        self._own = Item.objects.filter(dataset=dataset, split=self._place[0], taken_back=self._place[1])
        in_use = dataset.label_classes.in_use().count() == dataset.label_classes.count()
        # each item is one row of the file, so that its label is known from that row alone
        self._at_once = mapping.annotator is None and in_use and not isinstance(source, OwnExport)
        self._class_ids = list(dataset.label_classes.in_use().values_list("id", flat=True))

    def add(self, part: ReadyRows) -> None:
        """Write what is new of a part."""
        known = self.stored.found(list(dict.fromkeys(part.ids)))
        self._refuse_changed_content(part, known)
        fresh = [at for at in part.first if part.ids[at] not in known]
        ids = dict(zip([part.ids[at] for at in fresh], self._insert(part, fresh), strict=True))
        self.items += len(fresh)
        self.already_here += len(part.first) - len(fresh)
        if self._at_once:
            self._label(part, ids)
        else:
            self._add(part, ids | self._earlier(part, ids, known), frozenset(ids.values()))
        if known:
            self.known_answers += sum(part.ids[at] in known for at in part.of)
            if not self.hidden:
                self._add(part, {name: pk for name, (pk, _) in known.items()}, frozenset())
        if self.hidden:
            self.labels.forget_touched()  # `unsettled` finds them, however many they are

    def unsettled(self, pace: RowPace) -> Iterator[list[int]]:
        """The hidden items as fast as `pace` says, to be settled once all is there that the file says of them; none
        where each was settled with its row."""
        last = 0
        while not self._at_once and (ids := list(self._after(last)[: pace.rows])):
            yield ids
            last = ids[-1]

    def _after(self, last: int) -> QuerySet[Item, int]:
        return self._own.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)

    def add_known(self, part: ReadyRows) -> None:
        """Write the answers of a part for items that were here before; those that are here already are passed over."""
        names = list(dict.fromkeys(part.ids[at] for at in part.of))
        self._add(part, {name: pk for name, (pk, _) in self.stored.found(names).items()}, frozenset())

    def close(self, unknown: Sequence[tuple[str, str]]) -> WrittenItems:
        left_out_rows(self.brought, unknown)
        return {"items": self.items, "items_already_here": self.already_here, **self.labels.close()}

    def _insert(self, part: ReadyRows, fresh: Sequence[int]) -> list[int]:
        if not fresh:
            return []
        pks = bulk.reserve(Item, len(fresh))
        created = bulk.as_stored(Item, "created_at", self.now)
        dataset, by, (split, back) = self.brought.dataset_id, self.brought.pk, self._place
        rows = (
            (
                pk, dataset, split, back, part.ids[at], part.digests[at], part.contents[at], part.written[at],
                part.sources[at], self._moment(part.received[at]), by, created,
            )
            for pk, at in zip(pks, fresh, strict=True)
        )  # fmt: skip
        bulk.insert_ready(Item, ITEM_COLUMNS, rows)
        return pks

    def _moment(self, text: str | None) -> Any:
        return text and bulk.as_stored(Item, "received_at", datetime.fromisoformat(text))

    def _label(self, part: ReadyRows, ids: Mapping[str, int]) -> None:
        """Labels of new items, each with all of its answers in one row, and what they make of it."""
        if not ids:
            return
        classes, annotators = self.labels.classes, self.labels.annotators_of(part.givers)
        created = bulk.as_stored(Label, "created_at", self.now)
        said = [
            (pk, annotators[giver], classes.get(label) if label is not None else None)
            for at, giver, label in zip(part.of, part.givers, part.labels, strict=True)
            if (pk := ids.get(part.ids[at])) is not None
        ]
        by = self.brought.pk
        rows = ((*one, Label.IMPORT, None, None, by, created) for one in said)
        bulk.insert_ready(Label, LABEL_COLUMNS, rows)
        self.labels.count(said)
        held: list[tuple[int, int | None, str, str]]
        if self.mapping.wide:
            votes = pd.DataFrame(said, columns=["item", "annotator", "label"]).dropna(subset="label")
            held = by_majority(votes, self._class_ids)
            self.labels.contested += sum(state == CurrentLabel.CONTESTED for _, _, state, _ in held)
        else:
            held = [(pk, label, CurrentLabel.LABELLED, "import") for pk, _, label in said if label is not None]
        for basis in ("import", "consensus"):
            settle([one[:3] for one in held if one[3] == basis], basis, self.now)

    def _earlier(
        self, part: ReadyRows, ids: Mapping[str, int], known: Mapping[str, tuple[int, str]]
    ) -> dict[str, int]:  # fmt: skip
        """Items that an earlier part of this file brought."""
        names = dict.fromkeys(name for name in part.ids if name not in ids and name not in known)
        found: dict[str, int] = {}
        for batch in bulk.in_batches(names):
            found.update(self._own.filter(external_id__in=batch).values_list("external_id", "id"))
        return found

    def _add(self, part: ReadyRows, ids: Mapping[str, int], fresh: frozenset[int]) -> None:
        here = [at for at, row in enumerate(part.of) if part.ids[row] in ids]
        if not here:
            return
        columns = {
            "external_id": [part.ids[part.of[at]] for at in here], "annotator": [part.givers[at] for at in here],
            "label": [part.labels[at] for at in here], "repeated": [part.repeated[at] for at in here],
        }  # fmt: skip
        frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})
        self.labels.add(not_carried(self.source, frame, ids), dict(ids), fresh)

    def _refuse_changed_content(self, part: ReadyRows, known: Mapping[str, tuple[int, str]]) -> None:
        """Another import may have come between check and writing."""
        for at in part.first if known else ():
            name = part.ids[at]
            if known.get(name, (0, part.digests[at]))[1] != part.digests[at]:
                raise UnableToImport(f"Row {part.numbers[at]}, column {self.mapping.id!r}: the id {name!r} {CHANGED}.")
