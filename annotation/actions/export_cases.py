"""The queue as a file: one row per item, most suspicious first."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from annotation import frames
from annotation.actions.writing import UnableToExport, write_rows
from annotation.core.artifacts import bytes_to_arrays, load_bytes
from annotation.models import CaseItem, CurrentLabel, Dataset, Detection, Flag, Item

COLUMNS = (
    "rank", "case", "item_id", "given_label", "suggested_label", "score", "probability", "detectors", "reason", "group",
)  # fmt: skip
NUMBERS = {"rank": "whole", "case": "whole", "score": "number", "probability": "number"}


def export_cases(dataset: Dataset, path: Path, *, everything: bool = False) -> int:
    """Write the open cases in order, each member of a group on a row; returns the number of rows.

    With `everything` every other labelled pool item follows by score, without a case. `probability` stays empty: it
    is shown once enough decisions have calibrated it. Decisions so far count; nothing tells audit or gold apart.
    """
    detection = dataset.detections.order_by("-id").first()
    if detection is None:
        raise UnableToExport(f"The dataset {dataset.slug!r} has no detection yet; run detect first.")
    rows = list(_case_rows(dataset, detection))
    if everything:
        rows += _other_rows(dataset, detection, {row["item"] for row in rows})
    items = dict(Item.objects.filter(dataset=dataset, split=Item.POOL).values_list("id", "external_id"))
    held = frames.current(dataset, Item.POOL).set_index("item")["label"]
    suspicion = _flags_by_item(detection)
    written = (_written(rank, row, items, held, suspicion) for rank, row in enumerate(rows, start=1))
    columns = {name: NUMBERS.get(name, "text") for name in COLUMNS}
    return write_rows(path, columns, ([row[name] for name in COLUMNS] for row in written))


def _case_rows(dataset: Dataset, detection: Detection) -> Iterator[dict[str, Any]]:
    """Open cases in order; within a group the most suspicious member first. An item of two cases is in the first."""
    score = _scores(detection)
    pairs = CaseItem.objects.filter(case__in=dataset.cases.open()).values_list("case_id", "item_id")
    members: dict[int, list[int]] = {}
    for case, item in pairs:
        members.setdefault(case, []).append(item)
    listed: set[int] = set()
    for case in dataset.cases.open().in_order():
        new = [item for item in members.get(case.pk, []) if item not in listed]
        listed.update(new)
        for item in sorted(new, key=lambda item: (-score.get(item, 0.0), item)):
            yield {"case": case.pk, "item": item, "score": case.score, "group": case.group_digest}


def _other_rows(dataset: Dataset, detection: Detection, listed: set[int]) -> list[dict[str, Any]]:
    """Labelled pool items without an open case; those an expert has settled come last, with score 0."""
    score = _scores(detection)
    held = frames.current(dataset, Item.POOL)
    held = held[held["state"] == CurrentLabel.LABELLED]
    rows = [
        {"case": "", "item": item, "score": 0.0 if basis == "decision" else score.get(item, 0.0), "group": ""}
        for item, basis in zip(held["item"], held["basis"], strict=True)
        if item not in listed
    ]
    return sorted(rows, key=lambda row: (-row["score"], row["item"]))


def _scores(detection: Detection) -> dict[int, float]:
    arrays = bytes_to_arrays(load_bytes(settings.ARTIFACTS_DIR, detection.arrays))
    return dict(zip(arrays["item"].tolist(), arrays["score"].tolist(), strict=True))


def _flags_by_item(detection: Detection) -> dict[int, list[Flag]]:
    """item → its flags in the newest detection, the strongest first."""
    flags: dict[int, list[Flag]] = {}
    found = Flag.objects.filter(detection=detection).select_related("suggested").order_by("-score", "id")
    for flag in found.iterator():
        flags.setdefault(flag.item_id, []).append(flag)
    return flags


def _written(
    rank: int, row: dict[str, Any], items: dict[int, str], held: Any, suspicion: dict[int, list[Flag]]
) -> dict[str, Any]:
    flags = suspicion.get(row["item"], [])
    suggested = next((flag.suggested.name for flag in flags if flag.suggested), "")
    return {
        "rank": rank, "case": row["case"], "item_id": items[row["item"]], "given_label": held.get(row["item"]) or "",
        "suggested_label": suggested, "score": f"{row['score']:.6f}", "probability": "",
        "detectors": " ".join(flag.detector for flag in flags), "reason": " ".join(flag.reason for flag in flags),
        "group": row["group"],
    }  # fmt: skip


