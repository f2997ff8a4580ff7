"""How many of the open cases are worth an expert's time, from the decisions so far, the audit, or the model alone."""

import numpy as np
import pandas as pd
from django.db.models import OuterRef, Subquery
from django.utils.formats import date_format

from annotation.core.order.worth_deciding import ENOUGH, Worth, in_words, worth_deciding
from annotation.core.wording import counted
from annotation.models import CurrentLabel, Dataset, Detection, Flag, Item, LearnedOrder
from annotation.reading.audit_answers import newest_error_rate
from annotation.reading.learned_order import Learned, contested_items
from annotation.reading.sampling.counts import newest_taken_back


def worth_of(dataset: Dataset, cases: pd.DataFrame, learned: Learned) -> Worth | None:
    """What the cases of a queue are worth; None where the decisions are too few. cases: case, score and item, one row
    per item of a case; the higher score comes first. An item that no detection has seen counts for nothing."""
    position = cases["item"].map(learned.prior.position)
    chance = np.zeros(len(cases))
    chance[position.notna()] = learned.chance[position.dropna().to_numpy(dtype=np.int64)]
    tied = cases["item"].isin(contested_items(dataset)).to_numpy()
    by_case = cases.assign(chance=chance, tied=tied).groupby("case")
    queue = by_case.agg(score=("score", "first"), chance=("chance", "max"), tied=("tied", "any"))
    queue = queue.sort_values("score", ascending=False, kind="stable")
    return worth_deciding(learned.decided, learned.changed, queue["chance"].where(~queue["tied"]).to_numpy(dtype=float))


def worth_in_words(dataset: Dataset, detection: Detection | None, learned: LearnedOrder | None) -> tuple[str, ...]:
    """What a lead reads above the queue: how many labels are likely wrong, by whose word, and where it stops paying.
    learned: the newest order."""
    sentences = [in_words(learned.worth)] if learned and learned.worth else _unchecked(detection, learned)
    return tuple(one for one in [*sentences, _audited(dataset)] if one)


def _unchecked(detection: Detection | None, learned: LearnedOrder | None) -> list[str]:
    """Too few decisions: the model's own word, and what is missing."""
    if detection is None:
        return []
    n = _undecided(detection)
    checked = f"only {counted(learned.n_decisions, 'decision')} so far" if learned else "no decision so far"
    looks = f"{counted(n, 'label')} {'looks' if n == 1 else 'look'} wrong" if n else "No label looks wrong"
    says = f"{looks} to the model that read the other items; {checked} could check that, so it has no interval."
    if why := detection.not_applicable.get("label_error"):
        says = f"No model says how many labels are wrong. {why}"
    return [
        f"{says} From {ENOUGH} decisions on this page says how many cases likely hold a wrong label and where the "
        "queue stops paying."
    ]


def _undecided(detection: Detection) -> int:
    """Labels of the pool that look wrong, and that no expert has decided on: all without the decided, which are few."""
    flags = Flag.objects.filter(detection=detection, detector="label_error")
    if newest_taken_back(detection.dataset):
        flags = flags.filter(item__split=Item.POOL)
    decided = CurrentLabel.objects.in_force().decided().filter(decision__case__dataset=detection.dataset_id)
    flagged = decided.alias(flagged=Subquery(flags.filter(item=OuterRef("item")).values("id")[:1]))
    return flags.count() - flagged.filter(flagged__isnull=False).count()


def _audited(dataset: Dataset) -> str:
    found = newest_error_rate(dataset)
    if found is None:
        return ""
    audit, rate = found
    low, value, high = (round(share * audit.n_items) for share in (rate.rate.low, rate.rate.value, rate.rate.high))
    return (
        f"Of all {counted(audit.n_items, 'label')} about {value:,} were wrong when the audit of "
        f"{date_format(audit.created_at, 'j F Y')} was drawn (95 % interval {low:,} to {high:,}; n = {rate.answered:,} "
        "answers)."
    )
