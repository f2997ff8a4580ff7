"""An import was a mistake: what it brought leaves the dataset, by new facts; what was frozen with it stays frozen."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.db import transaction

from annotation import bulk
from annotation.actions.crowd.settle_consensus import settle_consensus
from annotation.actions.datasets.begin_anew import forget_the_first
from annotation.actions.datasets.begin_anew import was_built_on as was_built_on
from annotation.actions.files.write_labels import LABEL_COLUMNS
from annotation.actions.queue.carry_out import keep_the_rest
from annotation.core.refusal import Refusal
from annotation.models import (
    Case,
    Dataset,
    FileImport,
    ImportTakenBack,
    Item,
    Label,
    OfflineRow,
    User,
)
from annotation.reading.datasets.imports import answers_of, cases_of, items_of, why_not_taken_back

Answer = tuple[int, int]  # item, annotator


class UnableToTakeBack(Refusal):
    """The import has to stay, or is gone already."""


def import_by_id(dataset: Dataset, pk: int) -> FileImport:
    """For commands."""
    found = dataset.file_imports.filter(pk=pk).first()
    if found is None:
        known = (
            ", ".join(map(str, dataset.file_imports.order_by("-id").values_list("id", flat=True)[:10])) or "none yet"
        )
        raise UnableToTakeBack(f"{dataset.slug!r} has no import {pk}. Its last imports: {known}.")
    return found


def take_back(brought: FileImport, user: User | None, now: datetime) -> ImportTakenBack:
    """Take the items of an import out of the dataset, and its labels off those of others: earlier ones count again.

    Open cases about its items are withdrawn; snapshots keep their rows. The same file can be imported again. Raises
    UnableToTakeBack where experts decided on its items, or where it brought neither items nor labels.
    """
    with transaction.atomic():
        bulk.lock_dataset(brought.dataset)
        brought = FileImport.objects.select_related("dataset").get(pk=brought.pk)
        # held before anything is looked at: what an expert says of one just now is there by then, or is refused
        cases = list(bulk.locked(cases_of(brought).select_related("dataset")).order_by("id"))
        if why := why_not_taken_back(brought):
            raise UnableToTakeBack(why)
        _withdraw(cases, now, brought)
        labels = _give_back_answers(brought, now)
        items = _take_items(brought)
        forget_the_first(brought.dataset, now)
        return ImportTakenBack.objects.create(
            file_import=brought, items=items, labels=labels, user=user, created_at=now
        )  # fmt: skip


def _withdraw(cases: Sequence[Case], now: datetime, brought: FileImport) -> None:
    """End open cases; several members that others brought stay together in one of their own."""
    gone = [case.pk for case in cases]
    for batch in bulk.in_batches(gone):
        held = Case.objects.filter(pk__in=batch)
        held.update(
            status=Case.WITHDRAWN, reserved_for=None, leased_to=None, leased_at=None, leased_until=None
        )  # fmt: skip
        OfflineRow.objects.out().filter(case__in=batch).update(back_at=now)
    for case in cases:
        if case.group_digest:
            others = Item.objects.filter(case_items__case=case, split__in=Item.HERE).exclude(brought_by=brought)
            rest = list(others.order_by("id"))
            keep_the_rest(case, rest if len(rest) > 1 else [], now)


def _take_items(brought: FileImport) -> int:
    n = 0
    for batch in bulk.in_batches(list(items_of(brought).values_list("id", flat=True))):
        n += Item.objects.filter(pk__in=batch).update(split=Item.TAKEN_BACK, taken_back=brought.pk)
    return n


def _give_back_answers(brought: FileImport, now: datetime) -> int:
    """Append what each annotator said before, on items of other imports, and settle these anew; returns how many."""
    taken: list[Answer] = list(answers_of(brought).order_by("id").values_list("item_id", "annotator_id"))
    # read whole first: nothing can be asked while PostgreSQL takes rows
    bulk.insert(Label, LABEL_COLUMNS, list(_before(taken, brought, now)))
    touched = sorted({item for item, _ in taken})
    for batch in bulk.in_batches(touched):
        settle_consensus(brought.dataset, batch, now)
    return len(taken)


def _before(taken: Iterable[Answer], brought: FileImport, now: datetime) -> Iterator[tuple[object, ...]]:
    """Labels as they are inserted. One that came with another import is that import's again, so that it leaves with
    it."""
    for batch in bulk.in_batches(taken):
        earlier = Label.objects.filter(item__in={item for item, _ in batch}).exclude(brought_by=brought)
        earlier = earlier.filter(brought_by__taken_back=None).order_by("id")
        rows = earlier.values_list("item_id", "annotator_id", "label_class_id", "origin", "brought_by_id")
        said = {(item, annotator): rest for item, annotator, *rest in rows}
        for item, annotator in batch:
            label, origin, by = said.get((item, annotator), (None, Label.IMPORT, None))
            yield item, annotator, label, origin, None, None, by, now
