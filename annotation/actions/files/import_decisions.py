"""A file of decisions made elsewhere, into the open cases of their items: all rows or none."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict
from uuid import uuid4

import pandas as pd
from django.db import transaction

from annotation import bulk
from annotation.actions.files.import_items import UnableToImport
from annotation.actions.files.record_import import Incoming, begin_import, end_import, refuse_archived, sha256_of
from annotation.actions.queue.decide import Answer, decide
from annotation.actions.queue.open_cases import Unit, create_cases
from annotation.actions.queue.reorder import reorder
from annotation.core.files.class_names import Spellings
from annotation.core.files.parsing_labels import parse_decisions
from annotation.core.files.spreadsheet_ids import NO_ITEM, found_ids
from annotation.core.files.tables import read_table
from annotation.core.refusal import Refusal
from annotation.core.wording import short
from annotation.models import Case, CaseItem, Dataset, Decision, Item, LabelClass, Membership, User, name_now


class ImportedDecisions(TypedDict):
    """Counted. `ids_changed`: rows whose id a spreadsheet had changed."""

    decisions: int
    already_here: int
    ids_changed: int
    notes: list[str]


def import_decisions(
    dataset: Dataset, path: Path, expert: User, *, id: str, decision: str, now: datetime
) -> ImportedDecisions:
    """Each row is one decision on the item's open case, opened if there is none; none of them counts as blind.

    A row covers its own item only: other members of its group stay open as a case of their own. The same answer by
    the same expert again changes nothing. An id that a spreadsheet changed (00007 → 7) is read as the one item it can
    be. The queue then follows what they taught. Raises UnableToImport naming the rows.
    """
    refuse_archived(dataset)
    table = read_table(path)
    spellings = Spellings(dataset.classes.understood)
    rows = parse_decisions(table, id, decision, dataset.classes.understood, spellings)
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        _refuse_strangers(dataset, expert)
        items, n_changed = _items(dataset, rows, id)
        standing = _standing(dataset, expert)
        known = dataset.classes
        said = [(row, (row.outcome, known.now(row.label))) for row in rows.itertuples()]
        fresh = [row for row, answer in said if standing.get(items[row.external_id].pk) != answer]
        for bundle in _bundles(dataset, fresh, items):
            _decide_all(dataset, bundle, expert, now)
        if fresh:
            reorder(dataset, now)
        mapping = {"id": id, "decision": decision, "expert": expert.get_username()}
        incoming = Incoming("decisions", path.name, sha256_of(path), mapping, table.encoding)
        end_import(begin_import(dataset, incoming, now, rows=len(rows)), labels=len(fresh), notes=spellings.notes())
    return {
        "decisions": len(fresh), "already_here": len(rows) - len(fresh), "ids_changed": n_changed,
        "notes": spellings.notes(),
    }  # fmt: skip


def _refuse_strangers(dataset: Dataset, expert: User) -> None:
    if not Membership.objects.filter(dataset=dataset, user=expert).exists():
        raise UnableToImport(
            f"{expert.get_username()!r} is not a member of {dataset.slug!r}; add them with add_member first."
        )


def _items(dataset: Dataset, rows: pd.DataFrame, column: str) -> tuple[dict[str, Item], int]:
    """Id in the file → item, and how many ids a spreadsheet had changed."""
    pool = Item.objects.filter(dataset=dataset, split=Item.POOL)
    items = {item.external_id: item for item in pool.only("id", "external_id").iterator(chunk_size=10_000)}
    found = found_ids(rows["external_id"].tolist(), items)
    at = dict(zip(rows["external_id"], rows["row"], strict=True))
    if found.faults:
        _refuse_ids(dataset, column, [(at[cell], cell, why) for cell, why in found.faults])
    first: dict[str, str] = {}
    for cell, name in found.ids.items():
        if first.setdefault(name, cell) != cell:
            raise UnableToImport(
                f"Row {at[cell]}, column {column!r}: {cell!r} is the item {name!r}, which has a decision in row "
                f"{at[first[name]]}; keep one of the two."
            )
    return {cell: items[name] for cell, name in found.ids.items()}, len(found.changed)


def _refuse_ids(dataset: Dataset, column: str, faults: Sequence[tuple[int, str, str]]) -> None:
    """Names every one of them."""
    row, cell, why = faults[0]
    said = f"the pool of {dataset.slug!r} has no item {cell!r}" if why == NO_ITEM else f"{cell!r} {why}"
    more = "".join(f"; row {row}: {short(cell, 60)!r} {why}" for row, cell, why in faults[1:])
    raise UnableToImport(
        f"Row {row}, column {column!r}: {said}{more}. Use the item_id column of export_cases; nothing was written."
    )


def _standing(dataset: Dataset, expert: User) -> dict[int, tuple[str, str | None]]:
    """item → (outcome, class name of now) of the expert's latest standing decision on it."""
    mine = Decision.objects.standing().filter(case__dataset=dataset, expert=expert).order_by("id")
    answers = mine.values_list("items", "outcome", name_now())
    return {item: (outcome, label) for item, outcome, label in answers}


def _bundles(dataset: Dataset, rows: Sequence[Any], items: dict[str, Item]) -> list[list[tuple[Any, Item]]]:
    """Rows that are decided at once: each alone, but the `:different` rows of one case together."""
    cases = _open_cases(dataset)
    together: dict[Any, list[tuple[Any, Item]]] = defaultdict(list)
    for row in rows:
        item = items[row.external_id]
        key = ("case", cases.get(item.pk)) if row.outcome == Decision.DIFFERENT else ("row", row.row)
        together[key].append((row, item))
    for (kind, case), bundle in together.items():
        if kind == "case" and (case is None or len(bundle) < 2):
            raise UnableToImport(
                f"Row {bundle[0][0].row}: :different needs at least two items of one open group, each with its row."
            )
    return list(together.values())


def _open_cases(dataset: Dataset) -> dict[int, int]:
    open_items = CaseItem.objects.filter(case__dataset=dataset, case__status=Case.OPEN, case__kind=Case.REVIEW)
    return dict(open_items.order_by("case__score").values_list("item_id", "case_id"))


def _decide_all(dataset: Dataset, bundle: Sequence[tuple[Any, Item]], expert: User, now: datetime) -> None:
    row, first = bundle[0]
    cases = dataset.cases.open().filter(case_items__item=first)
    if not cases.exists():
        create_cases(dataset, [Unit(frozenset([first.pk]), 0.0)], now, [first.pk], "a decision came from a file")
    case = cases.in_order()[0]
    named = dataset.classes.now(row.label) if row.label else None
    label = LabelClass.objects.filter(dataset=dataset, name=named).first() if named else None
    covered = [item.pk for _, item in bundle]
    try:
        decide(case, expert, Answer(row.outcome, uuid4(), label, items=covered, blind=False), now, learn=False)
    except Refusal as error:
        raise UnableToImport(f"Row {row.row}: {error}") from None
