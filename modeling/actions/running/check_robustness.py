"""What changes that leave the meaning alone do to a run's predictions, as a job. Only pool rows, and only unseen."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import pandas as pd

from annotation import frames
from annotation.actions.jobs.enqueue import enqueue, job_key
from annotation.actions.jobs.work import UnableToWork, Write
from annotation.core.fields import Field
from annotation.core.likeness.grouping import group_items
from annotation.core.progress import Report
from annotation.models import Dataset, Job, User
from annotation.reading.frozen_rows import rows_as_of
from annotation.reading.prediction_sets import aligned
from modeling.actions.training.synonyms import accepted_pairs
from modeling.core.fitting.stored import Resolved
from modeling.core.perturbations.synonyms import partners_of
from modeling.core.telling.missing_columns import ColumnMissing
from modeling.core.telling.robustness import Consistency, Probed, ProbeFindings, checked_probes, consistency, probe
from modeling.core.telling.stored import ConsistencyJson, FlippedExample, MissingJson, ProbeJson, RobustnessJson
from modeling.models import ModelRun
from modeling.reading.confirmed_copies import confirmed_groups

KIND = "robustness"
WORST = 10
# Flipped items a probe keeps, those with the largest drop: as many as `open_finding` opens at once.
MOST_KEPT = 2000


class RobustnessParams(TypedDict):
    run: int
    probes: list[str]
    synonyms: list[list[str]]


def request_robustness(
    dataset: Dataset, run: ModelRun, *, probes: Sequence[str] = (), seed: int = 0, user: User | None = None,
    again: bool = False, background: bool = True,
) -> Job:  # fmt: skip
    """The job that probes the run. The same probes, seed, synonyms and confirmed groups are the same job."""
    if not run.converged or run.at_chance:
        why = "did not converge" if not run.converged else "has learned nothing"
        raise UnableToWork(f"Run {run.pk} {why}; its predictions are not worth probing.")
    names = checked_probes(probes, dataset.typed_fields)
    if not names:
        raise UnableToWork(
            f"{dataset.slug!r} has nothing these probes could change: they change texts, and leave out a column of "
            "several."
        )
    pairs = [list(pair) for pair in accepted_pairs(dataset)] if "synonyms" in names else []
    params: RobustnessParams = {"run": run.pk, "probes": names, "synonyms": pairs}
    inputs = job_key("confirmed", dataset, {"groups": confirmed_groups(dataset)}, "", 0)
    return enqueue(KIND, dataset, params, inputs=inputs, seed=seed, user=user, again=again, background=background)


def run(job: Job, report: Report) -> Write:
    asked: RobustnessParams = job.params
    probed = ModelRun.objects.select_related("snapshot__dataset", "predictions").get(pk=asked["run"])
    dataset, resolved = job.own_dataset, probed.resolved
    report("reading the rows", 0.02)
    frame = rows_as_of(probed.snapshot, resolved["classes"])
    fields = tuple(Field(*field) for field in resolved["fields"])
    table = frames.content_table(frame["content"], fields)
    groups = group_items(table, fields).of
    labels = frames.codes(frame["label"], resolved["classes"])
    partners = partners_of((first, second) for first, second in asked["synonyms"])
    found = probe(
        table, fields, labels, groups, resolved, asked["probes"], job.seed, partners,
        lambda stage, share: report(stage, 0.05 + 0.9 * share),
    )  # fmt: skip
    items = frame["item"].to_numpy(dtype=np.int64)
    same = _consistency(dataset, probed, items)
    result: RobustnessJson = {
        "run": probed.pk, "seed": job.seed, "rows": found.n, "folds": found.folds,
        "probes": _probes_json(found, items, resolved["classes"]), "consistency": _same_json(same, items, resolved),
        "missing": _missing_json(found.missing),
    }  # fmt: skip
    return lambda: result


def _consistency(dataset: Dataset, run: ModelRun, items: np.ndarray) -> Consistency:
    """Over confirmed groups, by the run's out-of-fold probabilities; members it was not trained on take no part."""
    place = pd.Series(np.arange(len(items)), index=items)
    known = [place.reindex(group).dropna().astype(int).tolist() for group in confirmed_groups(dataset)]
    probabilities = aligned(run.predictions, items, tuple(run.resolved["classes"]))
    return consistency([members for members in known if len(members) > 1], probabilities)


def _probes_json(found: ProbeFindings, items: np.ndarray, classes: Sequence[str]) -> list[ProbeJson]:
    made: list[ProbeJson] = []
    for name, one in found.probes.items():
        share, flipped = one.flips, one.flipped
        made.append({
            "name": name, "n": share.n, "flips": len(flipped),
            "value": share.value if share.n else None, "low": share.low, "high": share.high,
            "worst": [_example(one, at, items, classes) for at in flipped[:WORST].tolist()],
            "flipped": items[one.rows[flipped[:MOST_KEPT]]].tolist(),
        })  # fmt: skip
    return made


def _example(one: Probed, at: int, items: np.ndarray, classes: Sequence[str]) -> FlippedExample:
    return {
        "item": int(items[one.rows[at]]), "before": classes[one.before[at]], "after": classes[one.after[at]],
        "probability": round(float(one.probability[at]), 4), "drop": round(float(one.drop[at]), 4),
        "texts": {name: texts[at] for name, texts in one.texts.items()},
    }  # fmt: skip


def _missing_json(found: Sequence[ColumnMissing]) -> list[MissingJson]:
    known = [one for one in found if len(one.before)]
    return [
        {
            "name": one.name, "columns": list(one.columns), "n": len(one.before), "flips": one.flips,
            "accuracy": one.accuracy.as_json(), "lost": one.lost(len(known)).as_json(),
        }
        for one in known
    ]  # fmt: skip


def _same_json(same: Consistency, items: np.ndarray, resolved: Resolved) -> ConsistencyJson:
    share, classes = same.share, resolved["classes"]
    return {
        "n": share.n, "value": share.value if share.n else None, "low": share.low, "high": share.high,
        "flips": len(same.worst),
        "worst": [
            {
                "items": [int(items[row]) for row in one.rows], "classes": [classes[code] for code in one.classes],
                "gap": round(one.gap, 4),
            }
            for one in same.worst[:WORST]
        ],
    }  # fmt: skip
