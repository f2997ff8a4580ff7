"""What a run says of itself out of fold on the rows it learned from. Production takes no part."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings

from annotation import frames
from annotation.core.artifacts import load_bytes
from annotation.core.refusal import Refusal
from annotation.core.rules.slicing import Cut
from annotation.models import CurrentLabel, Dataset, Item, Job
from modeling.core.fitting.model_artifacts import load_model
from modeling.core.fitting.training import predict
from modeling.core.telling.confusions import Confusion, confusion_of
from modeling.core.telling.overconfidence import ConfidentlyWrong, Memory, confidence_limit, confidently_wrong, memory
from modeling.core.telling.reliability import Reliability, reliability, temperature_scaled
from modeling.core.telling.slice_accuracy import SliceAccuracy, by_flag, by_length, by_time, by_value, slice_accuracy
from modeling.core.telling.stored import CalibrationJson, ConfidentJson, DescriptionJson, MemorizedJson
from modeling.models import ModelRun
from modeling.reading.rows_learned_from import RunRows, rows_of

# Fewer contested rows than this are no curve.
FEW = 20
# Pairs and rows given in full; a table of more classes than TABLE is no longer read; MOST: items of a list kept.
SHOWN, TABLE, MOST = 20, 8, 2000
# More rows than this take longer to read than anybody waits for a page: then a job does it.
LIVE = 20_000
KIND = "description"


@dataclass(frozen=True)
class Calibration:
    """As the run gives its probabilities, and scaled by a temperature fitted without the rows it scales; `contested`,
    the same on contested rows alone, None where they are fewer than 20."""

    temperature: float
    least: float
    most: float
    before: Reliability
    after: Reliability
    contested_before: Reliability | None
    contested_after: Reliability | None


@dataclass(frozen=True)
class CorrectedSince:
    """Rows whose label was corrected since. item, old, new, fitted: int (m,), the last what the model gives these
    rows it learned from. memory: None where nothing was corrected, or where the model cannot be read, which `problem`
    then says.
    """

    item: np.ndarray
    old: np.ndarray
    new: np.ndarray
    fitted: np.ndarray
    memory: Memory | None
    problem: str = ""


@dataclass(frozen=True, eq=False)
class RunDescription:
    rows: RunRows
    calibration: Calibration
    confusion: Confusion
    slices: list[SliceAccuracy]
    confident: ConfidentlyWrong
    recall: CorrectedSince


def description_of(run: ModelRun) -> DescriptionJson | None:
    """As `as_json`: worked out now where the rows are few, else what the newest job found; None where none ran yet.

    Raises UnableToLoad where the run's out-of-fold predictions cannot be read.
    """
    if not takes_a_job(run):
        return as_json(describe(run))
    done = run.asked(KIND).filter(status=Job.DONE).first()
    return done.result if done else None


def takes_a_job(run: ModelRun) -> bool:
    return run.snapshot.n_rows > LIVE


def describe(run: ModelRun) -> RunDescription:
    """Raises UnableToLoad where the run's out-of-fold predictions cannot be read."""
    rows = rows_of(run)
    return RunDescription(
        rows, _calibration(rows), confusion_of(rows.truth, rows.predicted, len(rows.classes)),
        slice_accuracy(cuts_of(rows), rows.predicted == rows.truth), confident_of(rows), recall_of(rows),
    )  # fmt: skip


def _calibration(rows: RunRows) -> Calibration:
    scaled = temperature_scaled(rows.truth, rows.probabilities, rows.group)
    of_contested = [
        reliability(rows.truth[rows.contested], one[rows.contested]) if rows.contested.sum() >= FEW else None
        for one in (rows.probabilities, scaled.probabilities)
    ]
    return Calibration(
        scaled.temperature, scaled.least, scaled.most, reliability(rows.truth, rows.probabilities),
        reliability(rows.truth, scaled.probabilities), *of_contested,
    )  # fmt: skip


def cuts_of(rows: RunRows) -> list[Cut]:
    """By contested, class of the label, source, length of the text, and time received."""
    cuts = [
        by_flag("contested", rows.contested, "contested", "not contested"),
        by_value("class", np.array(rows.classes, dtype=object)[rows.truth], ""),
        by_value("source", rows.source, "no source"),
    ]
    if rows.length is not None:
        cuts.append(by_length(rows.length))
    return [*cuts, by_time(rows.received)]


def confident_of(rows: RunRows) -> ConfidentlyWrong:
    accuracy = float((rows.predicted == rows.truth).mean())
    limit = confidence_limit(rows.disagreement, accuracy, len(rows.classes))
    return confidently_wrong(rows.truth, rows.probabilities, rows.contested, limit)


def recall_of(rows: RunRows) -> CorrectedSince:
    """What the run had made its own of labels that another one has taken the place of since."""
    item, new = _corrected(rows)
    at = np.searchsorted(rows.item, item)
    old, held_out = rows.truth[at], rows.predicted[at]
    if not len(item):
        return CorrectedSince(item, old, new, old, None)
    try:
        fitted = _as_learned(rows, item)
    except Refusal as error:
        return CorrectedSince(item, old, new, held_out, None, str(error))
    return CorrectedSince(item, old, new, fitted, memory(old, new, fitted, held_out))


def _corrected(rows: RunRows) -> tuple[np.ndarray, np.ndarray]:
    """Items (ids, rising) whose current label is now another class, and that class; −1 = a class the run never knew."""
    snapshot, dataset = rows.run.snapshot, rows.run.dataset
    frozen_at = (snapshot.labels_of or snapshot).created_at
    later = CurrentLabel.objects.in_force().filter(
        item__dataset=dataset, item__split=Item.POOL, created_at__gt=frozen_at, state=CurrentLabel.LABELLED
    )
    now = dict(later.values_list("item_id", "label_class__name"))
    item = np.array(sorted(now), dtype=np.int64)
    item = item[np.isin(item, rows.item)]
    new = frames.codes([now[one] for one in item.tolist()], rows.classes)
    # a class under another name is no other label
    known = dataset.classes
    learned = [known.now(rows.classes[code]) for code in rows.truth[np.searchsorted(rows.item, item)].tolist()]
    other = np.array([now[one] != was for one, was in zip(item.tolist(), learned, strict=True)], dtype=bool)
    return item[other], new[other]


def _as_learned(rows: RunRows, item: np.ndarray) -> np.ndarray:
    """The class the trained model gives each of its own rows."""
    dataset: Dataset = rows.run.dataset
    content = Item.objects.in_bulk(item.tolist())
    table = frames.content_table([content[one].content for one in item.tolist()], dataset.typed_fields)
    model = load_model(load_bytes(settings.ARTIFACTS_DIR, rows.run.artifact))
    return predict(model, table, rows.classes).argmax(axis=1)


def as_json(described: RunDescription) -> DescriptionJson:
    """What the page shows, for programs too. An interval is value, low, high and n; with n = 0 the value is None."""
    rows, names = described.rows, described.rows.classes
    pairs = described.confusion.pairs
    found: DescriptionJson = {
        "run": rows.run.pk, "snapshot": rows.run.snapshot_id, "n": len(rows.item), "classes": list(names),
        "contested": int(rows.contested.sum()), "calibration": _calibration_json(described.calibration),
        "confusion": {
            "wrong": described.confusion.wrong, "n_pairs": len(pairs),
            "table": described.confusion.table.tolist() if len(names) <= TABLE else None,
            "pairs": [
                {"label": names[one.given], "predicted": names[one.predicted], "count": one.count,
                 "share": one.share.as_json()}
                for one in pairs[:SHOWN]
            ],
        },
        "slices": [one.as_json() for one in described.slices], "confident": _confident_json(described),
        "memorized": _memorized_json(described),
    }  # fmt: skip
    return _without_nan(found)


def _calibration_json(found: Calibration) -> CalibrationJson:
    before, after = found.contested_before, found.contested_after
    return {
        "temperature": found.temperature, "least": found.least, "most": found.most,
        "before": found.before.as_json(), "after": found.after.as_json(),
        "contested_before": before.as_json() if before else None,
        "contested_after": after.as_json() if after else None,
    }  # fmt: skip


def _without_nan(value: Any) -> Any:
    """JSON has no word for what is no number."""
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and value != value else value


def _confident_json(described: RunDescription) -> ConfidentJson:
    found, rows = described.confident, described.rows
    return {
        "limit": found.limit.value, "basis": found.limit.basis, "accuracy": found.limit.accuracy,
        "disagreement": found.limit.disagreement.as_json(), "of": rows.units,
        "wrong": found.wrong.as_json(), "contested_wrong": found.contested_wrong.as_json(),
        "calm_wrong": found.calm_wrong.as_json(), "contested_sure": found.contested_sure.as_json(),
        "calm_sure": found.calm_sure.as_json(), "items": rows.item[found.rows[:SHOWN]].tolist(),
    }  # fmt: skip


def _memorized_json(described: RunDescription) -> MemorizedJson:
    recall = described.recall
    kept = recall.item[recall.fitted == recall.old] if recall.memory else recall.item[:0]
    made: MemorizedJson = {
        "corrected": len(recall.item), "problem": recall.problem, "items": kept[:MOST].tolist(),
    }  # fmt: skip
    return {**made, **recall.memory.as_json()} if recall.memory else made
