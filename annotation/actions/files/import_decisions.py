"""A file of decisions made elsewhere, into the open cases of their items: all rows or none."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd
from django.db import transaction

from annotation import bulk
from annotation.actions.files.import_items import UnableToImport
from annotation.actions.queue.decide import Answer, decide
from annotation.actions.queue.open_cases import Unit, create_cases
from annotation.actions.queue.reorder import reorder
from annotation.core.files.parsing_labels import parse_decisions
from annotation.core.files.tables import read_table
from annotation.core.refusal import Refusal
from annotation.models import Case, CaseItem, Dataset, Decision, Item, LabelClass, Membership, User, name_now


def import_decisions(
    dataset: Dataset, path: Path, expert: User, *, id: str, decision: str, now: datetime
) -> dict[str, int]:
    """Each row is one decision on the item's open case, opened if there is none; none of them counts as blind.

    A row covers its own item only: other members of its group stay open as a case of their own. The same answer by
    the same expert again changes nothing. The queue then follows what they taught. Raises UnableToImport
    naming the row.
    """
    rows = parse_decisions(read_table(path), id, decision, dataset.classes.understood)
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        _refuse_strangers(dataset, expert)
        items = _items(dataset, rows, id)
        standing = _standing(dataset, expert)
        known = dataset.classes
        said = [(row, (row.outcome, known.now(row.label))) for row in rows.itertuples()]
        fresh = [row for row, answer in said if standing.get(items[row.external_id].pk) != answer]
        for bundle in _bundles(dataset, fresh, items):
            _decide_all(dataset, bundle, expert, now)
        if fresh:
            reorder(dataset, now)
    return {"decisions": len(fresh), "already_here": len(rows) - len(fresh)}


def _refuse_strangers(dataset: Dataset, expert: User) -> None:
    if not Membership.objects.filter(dataset=dataset, user=expert).exists():
        raise UnableToImport(
            f"{expert.get_username()!r} is not a member of {dataset.slug!r}; add them with add_member first."
        )


def _items(dataset: Dataset, rows: pd.DataFrame, column: str) -> dict[str, Item]:
    pool = Item.objects.filter(dataset=dataset, split=Item.POOL)
    items = {item.external_id: item for item in pool.only("id", "external_id").iterator(chunk_size=10_000)}
    for row in rows.itertuples():
        if row.external_id not in items:
            raise UnableToImport(
                f"Row {row.row}, column {column!r}: the pool of {dataset.slug!r} has no item {row.external_id!r}. "
                "Use the item_id column of export_cases."
            )
    return items


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
