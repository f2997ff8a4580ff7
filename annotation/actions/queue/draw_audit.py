"""Begin a labelling period: draw its audit, once."""

from datetime import datetime

import numpy as np
from django.db import transaction

from annotation import bulk, frames
from annotation.actions.queue.open_cases import Unit, create_cases
from annotation.core.order.audit_draw import Draw, draw
from annotation.core.order.ranking import Pace, worth
from annotation.core.refusal import Refusal
from annotation.models import DECIDED, Audit, AuditItem, Case, CaseItem, CurrentLabel, Dataset, Item, User
from annotation.reading.learned_order import learn_from_decisions, newest_detection, prior_evidence_of

SIZE = 200


class UnableToAudit(Refusal):
    """There is nothing to draw from."""


def draw_audit(
    dataset: Dataset,
    *,
    size: int = SIZE,
    seed: int = 0,
    lead: User | None = None,
    now: datetime,
    after: str | None = None,
) -> Audit:
    """Begin a labelling period: draw from all labelled pool items, by strata of their score as learned so far.

    Items that experts have decided count as right and are not asked again. An item in an open case keeps that case;
    for each other one a case opens. `after`: the newest audit's number as the asker knows it, "" = none, so that asking
    twice draws once; None = whatever it is. Raises UnableToAudit where nothing is left to draw.
    """
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        newest = dataset.audits.order_by("-id").values_list("id", flat=True).first()
        if after is not None and after != str(newest or ""):
            raise UnableToAudit("An audit was drawn in the meantime; it is shown here. Nothing more was drawn.")
        labelled = frames.current(dataset, Item.POOL)
        labelled = labelled[labelled["state"] == CurrentLabel.LABELLED]
        undecided = ~labelled["basis"].isin(DECIDED).to_numpy()
        items = labelled["item"].to_numpy(dtype=np.int64)[undecided]
        if size < 1:
            raise UnableToAudit(f"An audit of {size} items says nothing; draw at least 1.")
        if not len(labelled):
            raise UnableToAudit(f"The pool of {dataset.slug!r} has no labelled items yet; there is nothing to draw.")
        if not len(items):
            raise UnableToAudit(f"Experts have decided every label of {dataset.slug!r}; nothing is left to draw.")
        score = _scores(dataset, items)
        drawn = draw(score, size, seed)
        audit = Audit.objects.create(
            dataset=dataset, detection=newest_detection(dataset), seed=seed,
            strata=[one.as_json() for one in drawn.strata],
            n_items=len(labelled), n_drawn=len(drawn.chosen), lead=lead, created_at=now,
        )  # fmt: skip
        _write_items(audit, items, drawn)
        _open_missing(dataset, items[drawn.chosen], score[drawn.chosen], now)
    return audit


def _scores(dataset: Dataset, items: np.ndarray) -> np.ndarray:
    """Chances as learned so far; 0 for items that no detection has seen."""
    detection = newest_detection(dataset)
    if detection is None:
        return np.zeros(len(items))
    learned = learn_from_decisions(dataset, prior_evidence_of(detection))
    chance = dict(zip(learned.prior.item.tolist(), learned.chance.tolist(), strict=True))
    return np.array([chance.get(item, 0.0) for item in items.tolist()])


def _write_items(audit: Audit, items: np.ndarray, drawn: Draw) -> None:
    rows = zip(items[drawn.chosen].tolist(), drawn.stratum.tolist(), drawn.probability.tolist(), strict=True)
    bulk.insert(
        AuditItem, ["audit_id", "item_id", "stratum", "probability"],
        ((audit.pk, item, stratum, chance) for item, stratum, chance in rows),
    )  # fmt: skip


def _open_missing(dataset: Dataset, items: np.ndarray, score: np.ndarray, now: datetime) -> None:
    there = set(CaseItem.objects.filter(case__in=dataset.cases.open()).values_list("item_id", flat=True))
    value = worth(score, np.ones(len(score)), np.zeros(len(score), dtype=bool), Pace())
    pairs = zip(items.tolist(), value.tolist(), strict=True)
    units = [Unit(frozenset([item]), one) for item, one in pairs if item not in there]
    create_cases(dataset, units, now, kind=Case.AUDIT)
