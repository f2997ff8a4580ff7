"""The open cases as a file: one row per item, the label most likely wrong first, beside it the place of its case."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from django.db.models import QuerySet

from annotation import bulk, frames
from annotation.core.exporting.columns import Sheet, beside
from annotation.core.exporting.forms import UnableToExport
from annotation.core.fields import Field
from annotation.core.order.ranking import doubted_members
from annotation.models import DECIDED, CaseItem, CurrentLabel, Dataset, Detection, Flag, Item
from annotation.reading.exports.items import fields_as_written
from annotation.reading.labels_left import rests_on_in_words
from annotation.reading.learned_order import (
    Learned,
    learn_from_decisions,
    open_case_items,
    prior_evidence_of,
    score_cases,
)
from annotation.reading.sampling.counts import MOST_COUNTED

PART = 2_000  # rows whose items and flags are in memory
PLACES = {"rank": "whole", "case": "whole", "case_rank": "whole", "item_id": "text"}
JUDGED = {
    "given_label": "text", "suggested_label": "text", "score": "number", "probability": "number",
    "probability_rests_on": "text", "detectors": "text", "reason": "text", "group": "text", "suspect_in_group": "text",
}  # fmt: skip


def cases_sheet(dataset: Dataset, *, everything: bool = False) -> Sheet:
    """Every item of an open case on a row of its own, with its texts.

    `score` and `probability` are the row's own and `rank` goes by them; `case_rank` is the place of its case in the
    queue, where a group stands by what all its members are worth. With `everything` the other labelled pool items are
    ranked among them, without a case. Decisions so far count, without a new detection; what an expert has decided has
    score 0. `probability` is empty where nothing supports one, and `probability_rests_on` says what does and how many
    of the labels left are wrong, or why there is none. Nothing tells audit or gold apart: an item for which an audit
    alone opened a case stands where it would stand without. Raises UnableToExport before the first detection.
    """
    detection = dataset.detections.order_by("-id").first()
    if detection is None:
        raise UnableToExport(f"The dataset {dataset.slug!r} has no detection yet; run detect first.")
    learned = learn_from_decisions(dataset, prior_evidence_of(detection))
    pool = _Pool.of(dataset)
    lines = list(_in_cases(dataset, learned, pool))
    if everything:
        lines += _other_lines(learned, pool, {line.item for line in lines})
    lines.sort(key=lambda line: (-line.score, line.case_rank or np.inf, line.item))
    fields, rests_on = dataset.typed_fields, rests_on_in_words(dataset, learned)
    columns, aside = beside(PLACES, fields, JUDGED)
    return Sheet(columns, lambda: _rows(lines, fields, pool, detection, learned, rests_on), len(lines), aside)


def n_in_cases(dataset: Dataset) -> int:
    """How many rows the file of the open cases has, as `count_up_to` counts."""
    return _listed(dataset).order_by().values("item").distinct()[: MOST_COUNTED + 1].count()


def _listed(dataset: Dataset) -> QuerySet[CaseItem]:
    """The items of open cases that may be listed, without those that left the dataset."""
    inside = CaseItem.objects.filter(case__in=dataset.cases.open().shown())
    return inside.exclude(item__split=Item.TAKEN_BACK)


@dataclass(frozen=True, slots=True)
class Line:
    """An item, how likely its label is wrong, and the case it is in: 0 and rank 0 where it is in none. `suspect`:
    whether it is the doubtful member of its group in conflict, None = it is in no such group."""

    item: int
    score: float
    case: int = 0
    case_rank: int = 0
    group: str = ""
    suspect: bool | None = None


@dataclass(frozen=True)
class _Pool:
    """label: item → its current label; decided: items an expert has decided on."""

    label: dict[int, str]
    decided: frozenset[int]

    @classmethod
    def of(cls, dataset: Dataset) -> "_Pool":
        current = frames.current(dataset, Item.POOL)
        labelled = current[current["state"] == CurrentLabel.LABELLED]
        label = dict(zip(labelled["item"].tolist(), labelled["label"], strict=True))
        return cls(label, frozenset(current.loc[current["basis"].isin(DECIDED), "item"].tolist()))


def _in_cases(dataset: Dataset, learned: Learned, pool: _Pool) -> Iterator[Line]:
    """The items of open cases; one of two cases is in the first."""
    cases = dataset.cases.open().shown().in_order()
    pairs = _listed(dataset).order_by("case_id", "item_id")
    members: dict[int, list[int]] = {}
    for pk, item in pairs.values_list("case_id", "item_id"):
        members.setdefault(pk, []).append(item)
    listed: set[int] = set()
    score = {case.pk: case.score for case in cases} | _scores_now(dataset, learned)
    for rank, case in enumerate(sorted(cases, key=lambda case: (-score[case.pk], case.pk)), start=1):
        own = members.get(case.pk, [])
        doubted = _suspects(own, learned, pool) if case.group_digest else {}
        for item in own:
            if item not in listed:
                yield Line(item, _score(learned, pool, item), case.pk, rank, case.group_digest, doubted.get(item))
        listed.update(own)


def _scores_now(dataset: Dataset, learned: Learned) -> dict[int, float]:
    """case → its score by all decisions, those included that came after the queue was last put in order."""
    if not learned.n:
        return {}
    return score_cases(dataset, open_case_items(dataset), learned)["new"].to_dict()


def _suspects(items: Sequence[int], learned: Learned, pool: _Pool) -> dict[int, bool]:
    labels = [pool.label.get(item, "") for item in items]
    return dict(zip(items, doubted_members(labels, [_chance(learned, item) for item in items]), strict=True))


def _other_lines(learned: Learned, pool: _Pool, listed: set[int]) -> list[Line]:
    """Labelled pool items without an open case."""
    return [Line(item, _score(learned, pool, item)) for item in pool.label if item not in listed]


def _score(learned: Learned, pool: _Pool, item: int) -> float:
    return 0.0 if item in pool.decided else _chance(learned, item)


def _chance(learned: Learned, item: int) -> float:
    position = learned.prior.position.get(item)
    return 0.0 if position is None else float(learned.chance[position])


def _probability(learned: Learned, item: int) -> str:
    position = learned.prior.position.get(item)
    if position is None or np.isnan(learned.probability[position]):
        return ""
    return f"{learned.probability[position]:.4f}"


def _rests_on(learned: Learned, item: int, words: Sequence[str]) -> str:
    position = learned.prior.position.get(item)
    return words[-1 if position is None else learned.rests_on[position]]


def _flags_by_item(detection: Detection, items: Sequence[int]) -> dict[int, list[Flag]]:
    """item → its flags in the newest detection, the strongest first."""
    flags: dict[int, list[Flag]] = {}
    found = Flag.objects.filter(detection=detection, item__in=items).select_related("suggested")
    for flag in found.order_by("-score", "id"):
        flags.setdefault(flag.item_id, []).append(flag)
    return flags


def _rows(
    lines: Sequence[Line],
    fields: Sequence[Field],
    pool: _Pool,
    detection: Detection,
    learned: Learned,
    rests_on: Sequence[str],
) -> Iterator[list[object]]:
    """In the order of the columns; the content of the items is read part by part."""
    for batch in bulk.in_batches(enumerate(lines, start=1), PART):
        ids = [line.item for _, line in batch]
        items, suspicion = Item.objects.in_bulk(ids), _flags_by_item(detection, ids)
        for rank, line in batch:
            item = items[line.item]
            places = [rank, line.case or "", line.case_rank or "", item.external_id]
            judged = _judged(line, pool, suspicion.get(line.item, []), learned, rests_on)
            yield list(chain(places, fields_as_written(fields, item.content, item.written), judged))


def _judged(
    line: Line, pool: _Pool, flags: Sequence[Flag], learned: Learned, rests_on: Sequence[str]
) -> tuple[str, ...]:
    suggested = next((flag.suggested.name for flag in flags if flag.suggested), "")
    return (
        pool.label.get(line.item, ""), suggested, f"{line.score:.6f}",
        _probability(learned, line.item) if line.score else "",
        _rests_on(learned, line.item, rests_on) if line.score else "",
        " ".join(flag.detector for flag in flags), " ".join(flag.reason for flag in flags),
        line.group, {None: "", True: "yes", False: "no"}[line.suspect],
    )  # fmt: skip
