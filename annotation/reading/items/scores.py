"""How likely each item's own label is wrong, as the export of cases says it."""

from dataclasses import dataclass, field

import numpy as np

from annotation import bulk
from annotation.models import CurrentLabel, Dataset, Decision
from annotation.reading.items.in_order import Listed
from annotation.reading.learned_order import learn_from_decisions, newest_detection, prior_evidence_of
from annotation.reading.sampling.kept import KeptByMark

MANY = 50_000


@dataclass(frozen=True, eq=False)
class ItemScores:
    """item: int (n,), ids in ascending order. score: float (n,) in [0, 1], 1 = most suspicious, 0 where an expert has
    decided. probability: float (n,), nan where nothing supports one. sorted_by: `score` or `probability` → the items
    that have one in its order, kept once they were sorted."""

    item: np.ndarray
    score: np.ndarray
    probability: np.ndarray
    sorted_by: dict[str, Listed] = field(default_factory=dict)

    def of(self, ids: np.ndarray, what: str) -> np.ndarray:
        """`score` or `probability` of these items; nan where the detection has not seen one."""
        values = getattr(self, what)
        if not len(self.item):
            return np.full(len(ids), np.nan)
        where = np.searchsorted(self.item, ids).clip(max=len(self.item) - 1)
        return np.where(self.item[where] == ids, values[where], np.nan)


def scores_now(dataset: Dataset) -> ItemScores | None:
    """By the newest detection and all decisions so far; None before the first detection. Worked out anew after a
    decision only, and of more than MANY items at most once a minute: with a million that takes seconds."""
    detection = newest_detection(dataset)
    return None if detection is None else _scores.of(dataset)


def _mark(dataset: Dataset) -> str:
    """Changes whenever something was added that scores rest on."""
    detection = newest_detection(dataset)
    decisions = Decision.objects.filter(case__dataset=dataset)
    others = (dataset.opinion_rounds, dataset.opinion_switches, dataset.audits, dataset.class_changes)
    newest = [decisions.order_by("-id"), *(one.order_by("-id") for one in others)]
    parts = [detection and detection.pk, *(one.values_list("id", flat=True).first() for one in newest)]
    return " ".join(map(str, parts))


def _scored(dataset: Dataset) -> ItemScores:
    learned = learn_from_decisions(dataset, prior_evidence_of(dataset.detections.latest()))
    order = np.argsort(learned.prior.item, kind="stable")
    item = np.asarray(learned.prior.item)[order]
    decided = np.isin(item, _decided(dataset))
    score = np.where(decided, 0.0, learned.chance[order])
    return ItemScores(item, score, np.where(decided, np.nan, learned.probability[order]))


_scores = KeptByMark(_scored, _mark, lambda found: len(found.item) > MANY, most=4)


def _decided(dataset: Dataset) -> np.ndarray:
    """Ids of items of which experts said what holds."""
    asked = Decision.items.through.objects.filter(decision__case__dataset=dataset).values_list("item_id", flat=True)
    found: list[int] = []
    for batch in bulk.in_batches(sorted(set(asked))):
        rows = CurrentLabel.objects.in_force().decided().filter(item__in=batch)
        found += rows.values_list("item_id", flat=True)
    return np.array(sorted(found), dtype=np.int64)
