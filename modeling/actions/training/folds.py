"""The folds of a large training, each a job of its own: any number of workers goes through them side by side, and one
that is killed loses the fold it was at."""

import time
from collections.abc import Iterable
from typing import Any, TypedDict

from annotation.actions.jobs.parts import Part
from annotation.actions.jobs.work import Write
from annotation.core.progress import Report
from annotation.models import Job, Snapshot
from annotation.reading.classes.order_then import changed_classes
from modeling.core.fitting.stored import Settings
from modeling.core.fitting.training import FOLDS, try_fold
from modeling.reading.training_rows import read_rows

KIND = "training_fold"
# Rows from which on a path takes so long that reading them once more for every fold is nothing beside it.
MANY = 20_000


class FoldParams(TypedDict):
    """fold: 0 … FOLDS − 1."""

    settings: Settings
    snapshot: int
    fold: int


class FoldResult(TypedDict):
    """tried: as `try_fold` gives it."""

    fold: int
    tried: dict[str, Any]
    cpu_seconds: float


def fold_parts(rows: Snapshot, learner: str, chosen: Settings, seed: int) -> list[Part]:
    """The jobs to be done first; none where nothing is chosen by folds or the rows are few."""
    by_folds = learner == "logistic" and "cv" in (chosen.get("C", "cv"), chosen.get("l1_ratio"))
    if not by_folds or rows.n_rows < MANY:
        return []
    inputs = rows.sha256 + changed_classes(rows.dataset)
    params: list[FoldParams] = [{"settings": chosen, "snapshot": rows.pk, "fold": one} for one in range(FOLDS)]
    return [Part(KIND, one, inputs=inputs, seed=seed) for one in params]


def tried_of(parts: Iterable[Job]) -> dict[int, dict[str, Any]]:
    """Fold → what was tried on it; one whose job failed is gone through where it is missing."""
    return {part.outcome["fold"]: part.outcome["tried"] for part in parts if part.status == Job.DONE}


def run(job: Job, report: Report) -> Write:
    asked: FoldParams = job.params
    started = time.process_time()
    report("reading the rows", 0.0)
    rows = read_rows(Snapshot.objects.get(pk=asked["snapshot"]))
    tried = try_fold(
        rows.table, rows.fields, rows.labels, rows.classes, rows.groups, asked["settings"], job.seed, asked["fold"],
        report,
    )  # fmt: skip
    seconds = time.process_time() - started

    def write() -> FoldResult:
        return {"fold": asked["fold"], "tried": tried, "cpu_seconds": seconds}

    return write
