"""The queue as a file: one row per item, most suspicious first."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from annotation import frames
from annotation.actions.files.write_table import UnableToExport, write_rows
from annotation.actions.queue.reorder import DECIDED
from annotation.models import CaseItem, CurrentLabel, Dataset, Detection, Flag, Item
from annotation.reading.labels_left import rests_on_in_words
from annotation.reading.learned_order import (
    Learned,
    learn_from_decisions,
    open_case_items,
    prior_evidence_of,
    score_cases,
)

COLUMNS = (
    "rank", "case", "item_id", "given_label", "suggested_label", "score", "probability",
    "probability_rests_on", "detectors", "reason", "group",
)  # fmt: skip
NUMBERS = {"rank": "whole", "case": "whole", "score": "number", "probability": "number"}


def export_cases(dataset: Dataset, path: Path, *, everything: bool = False) -> int:
    """Write the open cases in order, each member of a group on a row; returns the number of rows.

    With `everything` every other labelled pool item follows by score, without a case. Decisions so far count, without
    a new detection; `probability` is empty where nothing supports one, and `probability_rests_on` says what does and
    how many of the labels left are wrong, or why there is none. Nothing tells audit or gold
    apart: an item for which an audit alone opened a case stands where it would stand without.
    """
    detection = dataset.detections.order_by("-id").first()
    if detection is None:
        raise UnableToExport(f"The dataset {dataset.slug!r} has no detection yet; run detect first.")
    learned = learn_from_decisions(dataset, prior_evidence_of(detection))
    rows = list(_case_rows(dataset, learned))
    if everything:
        rows += _other_rows(dataset, learned, {row["item"] for row in rows})
    items = dict(Item.objects.filter(dataset=dataset, split=Item.POOL).values_list("id", "external_id"))
    current = frames.current(dataset, Item.POOL).set_index("item")["label"]
    suspicion = _flags_by_item(detection)
    rests_on = rests_on_in_words(dataset, learned)
    written = (
        _written(rank, row, items, current, suspicion, learned, rests_on) for rank, row in enumerate(rows, start=1)
    )
    columns = {name: NUMBERS.get(name, "text") for name in COLUMNS}
    return write_rows(path, columns, ([row[name] for name in COLUMNS] for row in written))


class CaseLine(TypedDict):
    """An item and the case it is in; "" where it is in none."""

    case: int | str
    item: int
    score: float
    group: str


def _case_rows(dataset: Dataset, learned: Learned) -> Iterator[CaseLine]:
    """Open cases in order; within a group the most suspicious member first. An item of two cases is in the first."""
    cases = dataset.cases.open().shown().in_order()
    pairs = CaseItem.objects.filter(case__in=dataset.cases.open().shown()).values_list("case_id", "item_id")
    members: dict[int, list[int]] = {}
    for pk, item in pairs:
        members.setdefault(pk, []).append(item)
    listed: set[int] = set()
    score = {case.pk: case.score for case in cases} | _scores_now(dataset, learned)
    for case in sorted(cases, key=lambda case: (-score[case.pk], case.pk)):
        new = [item for item in members.get(case.pk, []) if item not in listed]
        listed.update(new)
        for item in sorted(new, key=lambda item: (-_chance(learned, item), item)):
            yield {"case": case.pk, "item": item, "score": score[case.pk], "group": case.group_digest}


def _scores_now(dataset: Dataset, learned: Learned) -> dict[int, float]:
    """case → its score by all decisions, those included that came after the queue was last put in order."""
    if not learned.n:
        return {}
    return score_cases(dataset, open_case_items(dataset), learned)["new"].to_dict()


def _other_rows(dataset: Dataset, learned: Learned, listed: set[int]) -> list[CaseLine]:
    """Labelled pool items without an open case; those an expert has settled come last, with score 0."""
    current = frames.current(dataset, Item.POOL)
    current = current[current["state"] == CurrentLabel.LABELLED]
    rows: list[CaseLine] = [
        {"case": "", "item": item, "score": 0.0 if basis in DECIDED else _chance(learned, item), "group": ""}
        for item, basis in zip(current["item"], current["basis"], strict=True)
        if item not in listed
    ]
    return sorted(rows, key=lambda row: (-row["score"], row["item"]))


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


def _flags_by_item(detection: Detection) -> dict[int, list[Flag]]:
    """item → its flags in the newest detection, the strongest first."""
    flags: dict[int, list[Flag]] = {}
    found = Flag.objects.filter(detection=detection).select_related("suggested").order_by("-score", "id")
    for flag in found.iterator():
        flags.setdefault(flag.item_id, []).append(flag)
    return flags


def _written(
    rank: int, row: CaseLine, items: dict[int, str], current: Any, suspicion: dict[int, list[Flag]],
    learned: Learned, rests_on: Sequence[str],
) -> dict[str, object]:  # fmt: skip
    flags = suspicion.get(row["item"], [])
    suggested = next((flag.suggested.name for flag in flags if flag.suggested), "")
    return {
        "rank": rank, "case": row["case"], "item_id": items[row["item"]], "given_label": current.get(row["item"]) or "",
        "suggested_label": suggested, "score": f"{row['score']:.6f}",
        "probability": _probability(learned, row["item"]) if row["score"] else "",
        "probability_rests_on": _rests_on(learned, row["item"], rests_on) if row["score"] else "",
        "detectors": " ".join(flag.detector for flag in flags), "reason": " ".join(flag.reason for flag in flags),
        "group": row["group"],
    }  # fmt: skip
