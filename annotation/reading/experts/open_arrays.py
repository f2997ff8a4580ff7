"""The open cases as arrays, from which the ones to offer an expert first are ranked.

Kept for KEPT seconds in each web process and read anew behind the scenes after that: who really may have a case the
database says when it is handed out.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock, Thread
from time import monotonic
from typing import Any

import numpy as np
import pandas as pd
from django.db import connection

from annotation import bulk
from annotation.core.order.routing import OpenCases
from annotation.models import Case, CaseItem, CurrentLabel, Dataset, Expertise, Flag, Item, SkillEstimate
from annotation.reading.experts.measured_skill import SkillNow, skill_now

KEPT = 60.0
# So many of the order are ranked for each expert, the first: what comes after them is not handed out within KEPT. Once
# so large a share of them is taken they are read anew.
FIRST, TAKEN = 2_000, 0.5


@dataclass(frozen=True, eq=False)
class OpenArrays:
    """n open cases that wait for experts. case: int (n,) ids; item: int (n,), the first item of each; cases: what
    ranking reads; declared: by member, bool (n,), whether a value of a category they know is the case's; read_at:
    seconds of the monotonic clock; best_two: by who is here what `routed` keeps of their chances; taken: ids of those
    that were found held or settled since; here: when who is here was last asked, and who was."""

    case: np.ndarray
    item: np.ndarray
    cases: OpenCases
    skill: SkillNow
    declared: dict[int, np.ndarray]
    read_at: float
    best_two: dict[tuple[int, ...], tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)
    here: dict[str, tuple[float, tuple[int, ...]]] = field(default_factory=dict)

    @property
    def is_old(self) -> bool:
        age = monotonic() - self.read_at
        return age > KEPT or (age > KEPT / 12 and len(self.taken) > TAKEN * len(self.case))


_kept: dict[tuple[int, datetime], OpenArrays] = {}
_reading = Lock()


def open_arrays(dataset: Dataset, may_read: bool = True) -> OpenArrays | None:
    """None where nothing is known of any expert, so that there is nothing to rank by but the order itself; and while
    they are read for the first time, which is not done within a transaction that writes (without `may_read`)."""
    key = (dataset.pk, dataset.created_at)
    found = _kept.get(key)
    if found is None:
        return _read_first(dataset, key) if may_read else None
    if found.is_old and _reading.acquire(blocking=False):
        Thread(target=_read_again, args=[dataset, key], daemon=True).start()
    return found


def _read_first(dataset: Dataset, key: tuple[int, datetime]) -> OpenArrays | None:
    measured = SkillEstimate.objects.filter(dataset=dataset).exists()
    skill = skill_now(dataset) if measured else None
    if skill is None or not _reading.acquire(blocking=False):
        return None
    try:
        found = _kept[key] = _read(dataset, skill)
    finally:
        _reading.release()
    return found


def forget(dataset: Dataset) -> None:
    """Read anew the next time: rules, fields of expertise or the order changed in this process."""
    _kept.pop((dataset.pk, dataset.created_at), None)


def offer_no_more(dataset: Dataset, cases: Collection[int]) -> None:
    """These cases (ids) were found held or settled: not offered again in this process before the arrays are read anew.

    Where fifty experts hold twenty each, whoever asks next would look through a thousand of them every time."""
    if found := _kept.get((dataset.pk, dataset.created_at)):
        found.taken.update(cases)


def _read_again(dataset: Dataset, key: tuple[int, datetime]) -> None:
    try:
        skill = skill_now(dataset)
        if skill is not None:
            _kept[key] = _read(dataset, skill)
    finally:
        _reading.release()
        connection.close()


def _read(dataset: Dataset, skill: SkillNow) -> OpenArrays:
    read_at = monotonic()
    waiting = dataset.cases.open().filter(awaits=Case.EXPERTS).in_order()[:FIRST]
    cases = pd.DataFrame(list(waiting.values_list("id", "score", "probability")), columns=["case", "score", "chance"])
    first = pd.DataFrame(_first_items(cases["case"].tolist()), columns=["case", "item", "source"])
    rows = cases.merge(first, on="case", how="inner").sort_values("case", kind="stable")
    given, suggested = _classes(dataset, skill, rows["item"].tolist())
    chance = rows["chance"].astype(float).fillna(rows["score"].astype(float))
    arrays = OpenCases(
        rows["score"].to_numpy(dtype=float), rows["item"].map(given).fillna(-1).to_numpy(dtype=np.int64),
        rows["item"].map(suggested).fillna(-1).to_numpy(dtype=np.int64), chance.to_numpy(),
        rows["source"].map(skill.sources).fillna(-1).to_numpy(dtype=np.int64), np.zeros(len(rows), dtype=np.int64),
    )  # fmt: skip
    item = rows["item"].to_numpy(dtype=np.int64)
    return OpenArrays(rows["case"].to_numpy(dtype=np.int64), item, arrays, skill, _declared(dataset, item), read_at)


def _first_items(cases: list[int]) -> list[tuple[int, int, str]]:
    """Of each case the id, that of its first item, and where this one is from."""
    found: dict[int, tuple[int, int, str]] = {}
    for batch in bulk.in_batches(cases):
        pairs = (
            CaseItem.objects.filter(case__in=batch).order_by("-id").values_list("case_id", "item_id", "item__source")
        )
        found |= {case: (case, item, source) for case, item, source in pairs}
    return list(found.values())


def _classes(dataset: Dataset, skill: SkillNow, items: list[int]) -> tuple[pd.Series, pd.Series]:
    """By item the code of its current class, and of the class that its strongest flag suggests."""
    given: dict[int, int | None] = {}
    suggested: dict[int, int | None] = {}
    newest = dataset.detections.order_by("-id").first()
    for batch in bulk.in_batches(items):
        current = CurrentLabel.objects.in_force().filter(item__in=batch, item__split=Item.POOL)
        given |= dict(current.values_list("item_id", "label_class_id"))
        flags = Flag.objects.filter(detection=newest, item__in=batch, suggested__isnull=False).order_by("score", "-id")
        suggested |= dict(flags.values_list("item_id", "suggested_id"))
    return _coded(given, skill), _coded(suggested, skill)


def _coded(classes: dict[int, int | None], skill: SkillNow) -> pd.Series:
    return pd.Series({item: skill.classes.get(one, -1) if one else -1 for item, one in classes.items()}, dtype=float)


def _declared(dataset: Dataset, items: np.ndarray) -> dict[int, np.ndarray]:
    fields = list(Expertise.objects.filter(dataset=dataset, kind=Expertise.VALUE))
    if not fields:
        return {}
    contents: dict[int, Any] = {}
    for batch in bulk.in_batches(items.tolist()):
        of_pool = Item.objects.filter(pk__in=batch, split=Item.POOL)
        contents |= dict(of_pool.values_list("id", "content"))
    found = {one.user_id: np.zeros(len(items), dtype=bool) for one in fields}
    for one in fields:
        found[one.user_id] |= np.array(
            [(contents.get(item) or {}).get(one.name) == one.value for item in items.tolist()], dtype=bool
        )
    return found
