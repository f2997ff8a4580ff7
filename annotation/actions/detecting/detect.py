"""One run of the detectors over a dataset's pool: asked for, its evidence gathered, run."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from annotation import bulk, frames
from annotation.actions.enqueue import enqueue
from annotation.actions.import_predictions import aligned, named_set
from annotation.actions.open_cases import open_cases
from annotation.actions.reorder import keep_learned, learn_from_decisions
from annotation.actions.settle import DECIDED
from annotation.actions.work import Report, UnableToWork, Write
from annotation.actions.write_detection import (
    Suspicions,
    units_to_open,
    worth_showing,
    write_findings,
    write_flags,
    write_groups,
)
from annotation.core.artifacts import UnableToLoad, arrays_to_bytes, bytes_to_arrays, load_bytes, save_bytes
from annotation.core.detectors import DETECTORS
from annotation.core.evidence import Evidence, build_evidence
from annotation.core.explaining import explanation_arrays
from annotation.core.ranking import order_units
from annotation.core.signals import Signals, to_arrays
from annotation.core.signals import gather as gather_signals
from annotation.models import (
    CurrentLabel,
    Dataset,
    Detection,
    Item,
    Job,
    Label,
    PredictionSet,
)


def request_detection(
    dataset: Dataset, *, only: tuple[str, ...] = (), predictions: str = "", seed: int = 0, user: Any = None,
    again: bool = False, background: bool = True,
) -> Job:  # fmt: skip
    """The job that runs the detectors on the dataset as it is now.

    `predictions` names a prediction set whose probabilities stand in place of the built-in model's where it has them.
    """
    unknown = [name for name in only if name not in DETECTORS]
    if unknown:
        raise UnableToWork(f"There is no detector {unknown[0]!r}. Detectors: {', '.join(DETECTORS)}.")
    params: dict[str, Any] = {"only": sorted(only)}
    if predictions:
        params["predictions"] = named_set(dataset, predictions).name
    return enqueue(
        "detection", dataset, params, inputs=state_of(dataset), seed=seed, user=user, again=again,
        background=background,
    )  # fmt: skip


def state_of(dataset: Dataset) -> str:
    """A mark that changes whenever items, labels, current labels or rulings were added."""
    parts = [
        Item.objects.filter(dataset=dataset).aggregate(last=Max("id"))["last"],
        Label.objects.filter(item__dataset=dataset).aggregate(last=Max("id"))["last"],
        CurrentLabel.objects.filter(item__dataset=dataset).aggregate(last=Max("id"))["last"],
        dataset.rulings.aggregate(last=Max("id"))["last"],
    ]
    return "-".join(map(str, parts))


def run(job: Job, report: Report) -> Write:
    started = time.monotonic()
    dataset = job.dataset
    pool = pool_frame(dataset)
    if not (pool["code"] >= 0).any():
        raise UnableToWork(f"The pool of {dataset.slug!r} has no labelled items yet; import some with their labels.")
    evidence = _evidence(job, pool, report)
    report("running the detectors", 0.8)
    suspicions = suspect(evidence, tuple(job.params["only"]))
    signals = gather_signals(
        pool["item"].to_numpy(dtype=np.int64), evidence, suspicions.scores, suspicions.flagged, suspicions.suggested,
        suspicions.findings, suspicions.effect,
    )  # fmt: skip
    read_at = timezone.now()
    learned = learn_from_decisions(dataset, signals)
    contested = (pool["state"] == CurrentLabel.CONTESTED).to_numpy()
    order = order_units(evidence.groups.of, evidence.labels, learned.chance, contested, learned.pace, signals.effect)
    arrays = _store(evidence, signals, worth_showing(order, suspicions, contested))
    index = _kept(evidence.index) if evidence.index else ""
    report("writing flags and cases", 0.9)

    def write() -> dict[str, Any]:
        bulk.lock_dataset(dataset)
        detection = Detection.objects.create(
            dataset=dataset, params=job.params, seed=job.seed, n_items=len(pool), arrays=arrays, index=index,
            n_groups=int((evidence.groups.sizes > 1).sum()), n_conflicts=int(order.is_group.sum()),
            n_flags=sum(int(mask.sum()) for mask in suspicions.flagged.values()),
            n_findings=len(suspicions.findings), failed=suspicions.failed, seconds=time.monotonic() - started,
        )  # fmt: skip
        in_conflict = write_groups(detection, pool, evidence, order)
        write_flags(detection, dataset, pool, suspicions)
        write_findings(detection, pool, suspicions.findings)
        units = units_to_open(pool, order, suspicions, contested, in_conflict, learned)
        cases = open_cases(dataset, units, timezone.now())
        if learned.n:
            keep_learned(dataset, detection, learned, read_at)
        return {
            "detection": detection.pk, "items": detection.n_items, "groups": detection.n_groups,
            "flags": detection.n_flags, "findings": detection.n_findings, "cases": cases, "failed": detection.failed,
        }  # fmt: skip

    return write


def _evidence(job: Job, pool: pd.DataFrame, report: Report) -> Evidence:
    evidence = gather(job.dataset, pool, job.seed, lambda stage, share: report(stage, 0.05 + 0.75 * share))
    if job.params.get("predictions"):
        return with_predictions(evidence, pool, named_set(job.dataset, job.params["predictions"]))
    return evidence


def _store(evidence: Evidence, signals: Signals, shown: np.ndarray) -> str:
    """The artifact's name: the signals, of the items `shown` why they were flagged, and the model's likeliest class."""
    stored = {**to_arrays(signals), **explanation_arrays(evidence, signals.item, shown, signals.score)}
    if evidence.probabilities is not None:
        stored["says"] = evidence.probabilities.argmax(axis=1).astype(np.int32)
    return _kept(stored)


def _kept(arrays: dict[str, np.ndarray]) -> str:
    return save_bytes(settings.ARTIFACTS_DIR, arrays_to_bytes(**arrays), ".npz")


def pool_frame(dataset: Dataset) -> pd.DataFrame:
    """Pool items with their current label: frames.items plus current, label, state, basis and the class's code."""
    pool = frames.items(dataset, Item.POOL).merge(frames.current(dataset, Item.POOL), on="item", how="left")
    pool["code"] = frames.codes(pool["label"], dataset.class_names)
    return pool


def votes_of(dataset: Dataset, pool: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The pool's counting labels as `Evidence.votes`, by position in `pool`, and the annotators' names by code."""
    labels = frames.labels(dataset, Item.POOL)
    annotators = tuple(dict.fromkeys(labels["annotator"]))
    votes = pd.DataFrame(
        {
            "item": pd.Index(pool["item"]).get_indexer(labels["item"]),
            "annotator": frames.codes(labels["annotator"], annotators),
            "label": frames.codes(labels["label"], dataset.class_names),
            "seconds": labels["seconds"].astype(float),
            "at": _moments(labels["at"]),
        }
    )
    return votes, annotators


def gather(dataset: Dataset, pool: pd.DataFrame, seed: int, report: Report) -> Evidence:
    """The evidence for the pool's items, by position in `pool`."""
    table = frames.content_table(pool["content"], dataset.typed_fields)
    votes, annotators = votes_of(dataset, pool)
    production = frames.items(dataset, Item.PRODUCTION)["content"]
    return build_evidence(
        table, dataset.typed_fields, dataset.class_names, pool["code"].to_numpy(), votes, annotators, seed, report,
        decided=pool["basis"].isin(DECIDED).to_numpy(),
        sources=pool["source"].fillna("").to_numpy(dtype=object), received=_moments(pool["received"]).to_numpy(),
        production=frames.content_table(production, dataset.typed_fields) if len(production) else None,
        reversed=_reversed(dataset, pool),
        closed=closed_positions(dataset, pool), index=earlier_index(dataset),
    )  # fmt: skip


def with_predictions(evidence: Evidence, pool: pd.DataFrame, predictions: PredictionSet) -> Evidence:
    """The evidence with the set's probabilities for the items it covers, the built-in model's for all others."""
    theirs = aligned(predictions, pool["item"].to_numpy(dtype=np.int64), evidence.classes)
    covered = ~np.isnan(theirs[:, 0])
    if not covered.any():
        raise UnableToWork(f"The prediction set {predictions.name!r} has no item of the pool; choose another one.")
    ours = evidence.probabilities
    if ours is None:  # no field says anything: those not covered may be any class
        ours = np.full(theirs.shape, 1 / theirs.shape[1])
    return replace(evidence, probabilities=np.where(covered[:, None], theirs, ours))


def _reversed(dataset: Dataset, pool: pd.DataFrame) -> np.ndarray | None:
    """Bool (n,): the decision gave another class than the item carried at first; None where nobody has decided."""
    decided = pool["basis"].isin(DECIDED)
    if not decided.any():
        return None
    first = frames.first_current(dataset).set_index("item")["label"].reindex(pool["item"]).to_numpy(dtype=object)
    return (decided & pool["label"].notna() & pd.notna(first) & (pool["label"] != first)).to_numpy(dtype=bool)


def closed_positions(dataset: Dataset, pool: pd.DataFrame) -> np.ndarray:
    """Positions int (p, 2) of the contents that experts called legitimately different and the pool holds."""
    position = dict(zip(pool["digest"][::-1], reversed(range(len(pool))), strict=True))
    pairs = [pair for pair in sorted(frames.closed_pairs(dataset)) if position.keys() >= set(pair)]
    return np.array([[position[digest] for digest in pair] for pair in pairs], dtype=np.int64).reshape(-1, 2)


def earlier_index(dataset: Dataset) -> dict[str, np.ndarray]:
    """What the newest grouping of the dataset's texts left for the next, empty where it is missing or damaged."""
    newest = dataset.detections.exclude(index="").order_by("-id").first()
    try:
        return bytes_to_arrays(load_bytes(settings.ARTIFACTS_DIR, newest.index)) if newest else {}
    except UnableToLoad:
        return {}


def _moments(column: pd.Series) -> pd.Series:
    """Moments in UTC as datetime64 without a zone, NaT where there is none."""
    return pd.to_datetime(column, utc=True).dt.tz_localize(None)


def suspect(evidence: Evidence, only: tuple[str, ...] = ()) -> Suspicions:
    """Run the detectors; one that fails or lacks its evidence is reported and the rest go on."""
    found = Suspicions({}, {}, {}, {}, [], {}, np.ones(len(evidence.labels)))
    for name, detector in DETECTORS.items():
        if only and name not in only:
            continue
        missing = detector.needs - evidence.available
        if missing:
            found.failed[name] = f"There is no evidence of this kind yet: {', '.join(sorted(missing))}."
            continue
        try:
            score = detector.score(evidence)
            flagged = score > detector.flag_above
            suggested, reasons = detector.suggest(evidence), detector.reasons(evidence, np.flatnonzero(flagged))
            findings = detector.findings(evidence) if hasattr(detector, "findings") else []
        except Exception as error:
            found.failed[name] = f"It failed: {type(error).__name__}: {error}."
            continue
        found.scores[name], found.flagged[name] = score, flagged
        found.suggested[name], found.reasons[name] = suggested, reasons
        found.findings.extend(findings)
        if hasattr(detector, "effect"):
            found.effect[:] *= detector.effect(evidence)
    return found
