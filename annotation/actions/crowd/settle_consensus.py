"""From what annotators said to what the dataset holds true."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from annotation import bulk, frames
from annotation.actions.queue.settle import settle
from annotation.core.crowd.votes import majority
from annotation.models import DECIDED, Case, CaseItem, CurrentLabel, Dataset, Label, basis_now, class_now


def settle_consensus(dataset: Dataset, item_ids: Sequence[int], now: datetime) -> int:
    """Settle items that got new labels by the majority of their counting labels; returns how many came out tied.

    A decision outweighs later imports: its item keeps the label decided and its case opens again.
    """
    classes = list(dataset.label_classes.in_use().values_list("id", flat=True))
    current = {row[0]: row[1:] for row in current_labels(item_ids)}
    decided = [item for item, (_, _, basis) in current.items() if basis in DECIDED]
    votes = _votes([item for item in item_ids if item not in set(decided)])
    rows = _rows(votes, classes)
    changed = [row for row in rows if current.get(row[0], (None, None))[:2] != row[1:3]]
    for basis in ("import", "consensus"):
        settle((row[:3] for row in changed if row[3] == basis), basis, now)
    _reopen(dataset, decided, now)
    return sum(row[2] == CurrentLabel.CONTESTED for row in rows)


def current_labels(item_ids: Sequence[int]) -> list[tuple]:
    """(item id, class id, state, basis as `basis_now`) of the current label of each of the items that has one."""
    rows: list[tuple] = []
    for batch in bulk.in_batches(item_ids):
        latest = CurrentLabel.objects.in_force().filter(item__in=batch)
        rows += latest.values_list("item_id", "label_class_id", "state", basis_now())
    return rows


def _votes(item_ids: Sequence[int]) -> pd.DataFrame:
    rows: list[tuple] = []
    for batch in bulk.in_batches(item_ids):
        rows += (
            Label.objects.counting()
            .filter(item__in=batch)
            .order_by("id")
            .values_list("item_id", "annotator_id", class_now())
        )
    return pd.DataFrame(rows, columns=["item", "annotator", "label"])


def _rows(votes: pd.DataFrame, class_ids: Sequence[int]) -> list[tuple[int, int | None, str, str]]:
    """(item id, class id, state, basis) by majority; a tie has no label and is contested."""
    item, item_ids = pd.factorize(votes["item"])
    annotator = pd.factorize(votes["annotator"])[0]
    coded = pd.DataFrame({"item": item, "annotator": annotator, "label": frames.codes(votes["label"], class_ids)})
    result = majority(coded, len(item_ids), len(class_ids))
    rows = []
    for pk, label, n_votes in zip(item_ids.tolist(), result.label.tolist(), result.votes.tolist(), strict=True):
        basis = "import" if n_votes == 1 else "consensus"
        state = CurrentLabel.CONTESTED if label < 0 else CurrentLabel.LABELLED
        rows.append((pk, None if label < 0 else class_ids[label], state, basis))
    return rows


def _reopen(dataset: Dataset, item_ids: Sequence[int], now: datetime) -> None:
    """A new label re-opens a settled case as a new one that names the old."""
    for batch in bulk.in_batches(item_ids):
        settled = Case.objects.filter(dataset=dataset, status=Case.SETTLED, case_items__item__in=batch)
        for case in settled.filter(case__isnull=True).distinct():
            again = Case.objects.create(
                dataset=dataset, kind=case.kind, group_digest=case.group_digest, score=case.score, opened_at=now,
                reopens=case, reopen_reason="a new label came in",
            )  # fmt: skip
            members = case.case_items.values_list("item_id", flat=True)
            CaseItem.objects.bulk_create(CaseItem(case=again, item_id=item) for item in members)
