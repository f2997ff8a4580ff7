"""From what annotators said to what the dataset holds true."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from annotation import bulk, frames
from annotation.actions.queue.reopen import reopen
from annotation.actions.queue.settle import settle
from annotation.core.crowd.votes import majority
from annotation.models import DECIDED, Case, CurrentLabel, Dataset, Decision, FileImport, Label, basis_now, class_now
from annotation.reading.datasets.imports import NEW_LABEL


@dataclass(frozen=True)
class Settled:
    """contested: items on which the votes tie; reopened: cases that ask again about what was decided."""

    contested: int
    reopened: int


def settle_consensus(
    dataset: Dataset, item_ids: Sequence[int], now: datetime, brought: FileImport | None = None
) -> Settled:
    """Settle items whose labels changed by the majority of those that count; an item that has none left is contested.

    A decision outweighs later imports: its item keeps the label decided, and is asked about again, by somebody who may
    answer, where the file `brought` says otherwise.
    """
    classes = list(dataset.label_classes.in_use().values_list("id", flat=True))
    current = {row[0]: row[1:] for row in current_labels(item_ids)}
    decided = {item for item, (_, _, basis) in current.items() if basis in DECIDED}
    votes = _votes([item for item in item_ids if item not in decided])
    rows = by_majority(votes, classes)
    without = set(item_ids) - decided - {row[0] for row in rows}
    rows += [(item, None, CurrentLabel.CONTESTED, "import") for item in sorted(without & set(current))]
    changed = [row for row in rows if current.get(row[0], (None, None))[:2] != row[1:3]]
    for basis in ("import", "consensus"):
        settle((row[:3] for row in changed if row[3] == basis), basis, now)
    reopened = _reopen(dataset, _said_otherwise(decided, brought), now) if brought and decided else 0
    return Settled(sum(row[2] == CurrentLabel.CONTESTED for row in rows), reopened)


def current_labels(item_ids: Sequence[int]) -> list[tuple]:
    """(item id, class id, state, basis as `basis_now`) of the current label of each of the items that has one."""
    rows: list[tuple] = []
    for batch in bulk.in_batches(item_ids):
        latest = CurrentLabel.objects.in_force().filter(bulk.among("item", batch))
        rows += latest.values_list("item_id", "label_class_id", "state", basis_now())
    return rows


def _votes(item_ids: Sequence[int]) -> pd.DataFrame:
    """item, annotator, label of the labels that count, each as the class that stands for it now."""
    rows: list[tuple] = []
    for batch in bulk.in_batches(item_ids):
        rows += (
            Label.objects.counting()
            .filter(bulk.among("item", batch))
            .order_by("id")
            .values_list("item_id", "annotator_id", class_now())
        )
    return pd.DataFrame(rows, columns=["item", "annotator", "label"])


def by_majority(votes: pd.DataFrame, class_ids: Sequence[int]) -> list[tuple[int, int | None, str, str]]:
    """(item id, class id, state, basis) by majority of item, annotator, label (class id); a tie has no label and is
    contested."""
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


def _said_otherwise(decided: Collection[int], brought: FileImport) -> set[int]:
    """Decided items of which a label that came with the file is not the one they carry."""
    found: set[int] = set()
    for batch in bulk.in_batches(decided):
        held = {row[0]: row[1] for row in current_labels(batch)}
        new = Label.objects.counting().filter(item__in=batch, brought_by=brought)
        found.update(item for item, said in new.values_list("item_id", class_now()) if said != held[item])
    return found


def _reopen(dataset: Dataset, item_ids: Collection[int], now: datetime) -> int:
    """Ask again about what was decided of these items last; returns how many cases."""
    latest: dict[int, int] = {}
    for batch in bulk.in_batches(item_ids):
        settling = Decision.objects.standing().filter(case__status=Case.SETTLED, items__in=batch)
        rows = settling.exclude(case__kind__in=Case.CHECKS).order_by("id").values_list("items", "id")
        latest |= {item: pk for item, pk in rows if item in item_ids}
    decisions = list(
        Decision.objects.filter(pk__in=set(latest.values())).select_related("case__dataset").order_by("id")
    )
    return len(reopen(dataset, decisions, NEW_LABEL, now).cases) if decisions else 0
