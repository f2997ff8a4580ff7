"""One run of the detectors over a dataset's pool, and the cases it opens."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from annotation import bulk, frames
from annotation.actions.enqueue import enqueue
from annotation.actions.import_predictions import aligned, named_set
from annotation.actions.open_cases import Unit, open_cases
from annotation.actions.reorder import ENOUGH, Learned, keep_learned, learn_from_decisions, likely_first
from annotation.actions.work import Report, UnableToWork, Write
from annotation.core.artifacts import UnableToLoad, arrays_to_bytes, bytes_to_arrays, load_bytes, save_bytes
from annotation.core.detectors import DETECTORS
from annotation.core.detectors.suspicion import Suspicion
from annotation.core.evidence import Evidence, build_evidence
from annotation.core.explaining import explanation_arrays
from annotation.core.ranking import Order, order_units
from annotation.core.signals import gather as gather_signals
from annotation.core.signals import to_arrays
from annotation.models import (
    CurrentLabel,
    Dataset,
    Detection,
    Finding,
    FindingItem,
    Flag,
    Group,
    GroupMember,
    Item,
    Job,
    Label,
    PredictionSet,
)


@dataclass(frozen=True)
class Suspicions:
    """What the detectors say of n items: scores and suggested classes by detector, and why some did not run. effect:
    float (n,), how much more an error moves a model here than anywhere."""

    scores: dict[str, np.ndarray]
    flagged: dict[str, np.ndarray]
    suggested: dict[str, np.ndarray]
    reasons: dict[str, list[str]]
    findings: list[Suspicion]
    failed: dict[str, str]
    effect: np.ndarray


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
    evidence = gather(dataset, pool, job.seed, lambda stage, share: report(stage, 0.05 + 0.75 * share))
    if job.params.get("predictions"):
        evidence = with_predictions(evidence, pool, named_set(dataset, job.params["predictions"]))
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
    explained = explanation_arrays(evidence, signals.item, worth_showing(order, suspicions, contested), signals.score)
    stored = {**to_arrays(signals), **explained}
    if evidence.probabilities is not None:
        stored["says"] = evidence.probabilities.argmax(axis=1).astype(np.int32)
    arrays = save_bytes(settings.ARTIFACTS_DIR, arrays_to_bytes(**stored), ".npz")
    index = save_bytes(settings.ARTIFACTS_DIR, arrays_to_bytes(**evidence.index), ".npz") if evidence.index else ""
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


def pool_frame(dataset: Dataset) -> pd.DataFrame:
    """Pool items with their current label: frames.items plus current, label, state, basis and the class's code."""
    pool = frames.items(dataset, Item.POOL).merge(frames.current(dataset, Item.POOL), on="item", how="left")
    pool["code"] = frames.codes(pool["label"], dataset.class_names)
    return pool


def gather(dataset: Dataset, pool: pd.DataFrame, seed: int, report: Report) -> Evidence:
    """The evidence for the pool's items, by position in `pool`."""
    table = frames.content_table(pool["content"], dataset.typed_fields)
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
    production = frames.items(dataset, Item.PRODUCTION)["content"]
    return build_evidence(
        table, dataset.typed_fields, dataset.class_names, pool["code"].to_numpy(), votes, annotators, seed, report,
        decided=pool["basis"].isin(["decision", "adjudication"]).to_numpy(),
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
    decided = pool["basis"].isin(["decision", "adjudication"])
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


def worth_showing(order: Order, found: Suspicions, contested: np.ndarray) -> np.ndarray:
    """Bool (n,): items a case or a finding may show, of which the detection keeps why."""
    shown = contested | order.is_group[order.of]
    for mask in found.flagged.values():
        shown |= mask
    for finding in found.findings:
        shown[finding.items] = True
    return shown


def write_groups(detection: Detection, pool: pd.DataFrame, evidence: Evidence, order: Order) -> dict[int, str]:
    """Store groups of two or more; returns unit → the group's digest for the units in conflict."""
    digests, groups = pool["digest"].to_numpy(), evidence.groups
    large = np.flatnonzero(groups.sizes > 1)
    conflict = np.zeros(len(groups.sizes), dtype=bool)
    conflict[groups.of[order.is_group[order.of]]] = True
    medoids = digests[groups.medoid[large]]
    bulk.insert(
        Group,
        ["detection_id", "digest", "size", "in_conflict"],
        zip([detection.pk] * len(large), medoids, groups.sizes[large].tolist(), conflict[large].tolist(), strict=True),
    )
    ids = dict(zip(large.tolist(), detection.groups.order_by("id").values_list("id", flat=True), strict=True))
    members = np.flatnonzero(groups.sizes[groups.of] > 1)
    pairs = zip(groups.of[members].tolist(), pool["item"].iloc[members], strict=True)
    bulk.insert(GroupMember, ["group_id", "item_id"], ((ids[group], item) for group, item in pairs))
    units = np.flatnonzero(order.is_group)
    first = pd.Series(np.arange(len(order.of))).groupby(order.of).first()
    return {int(unit): digests[groups.medoid[groups.of[first[unit]]]] for unit in units}


def write_flags(detection: Detection, dataset: Dataset, pool: pd.DataFrame, found: Suspicions) -> None:
    classes = list(dataset.label_classes.values_list("id", flat=True))
    items, current = pool["item"].tolist(), pool["current"].tolist()

    def rows(name: str) -> Iterator[tuple]:
        for position, reason in zip(np.flatnonzero(found.flagged[name]).tolist(), found.reasons[name], strict=True):
            suggested = int(found.suggested[name][position])
            held = current[position]
            yield (
                detection.pk, name, items[position], None if pd.isna(held) else int(held),
                float(found.scores[name][position]), reason, None if suggested < 0 else classes[suggested],
            )  # fmt: skip

    columns = ["detection_id", "detector", "item_id", "current_label_id", "score", "reason", "suggested_id"]
    bulk.insert(Flag, columns, chain.from_iterable(map(rows, found.scores)))


def write_findings(detection: Detection, pool: pd.DataFrame, findings: list[Suspicion]) -> None:
    for finding in findings:
        row = Finding.objects.create(
            dataset=detection.dataset, detection=detection, kind=finding.kind, key=finding.key,
            title=finding.title, reason=finding.reason,
            rule=finding.rule, n=finding.n, value=finding.value, low=finding.low, high=finding.high,
        )  # fmt: skip
        covered = pool["item"].iloc[finding.items].tolist()
        bulk.insert(FindingItem, ["finding_id", "item_id"], ((row.pk, item) for item in covered))


def units_to_open(
    pool: pd.DataFrame, order: Order, found: Suspicions, contested: np.ndarray, in_conflict: dict[int, str],
    learned: Learned,
) -> list[Unit]:  # fmt: skip
    """Units worth an expert: flagged by any detector, contested, a group in conflict, or likely after the decisions;
    first in order first. Then the items that findings propose to be judged together, where none of them is in a unit
    already."""
    worth = contested | order.is_group[order.of]
    proposed = {finding.kind for finding in found.findings if finding.together}
    for name, mask in found.flagged.items():
        if name not in proposed:
            worth |= mask
    if learned.n >= ENOUGH:
        undecided = ~pool["basis"].isin(["decision", "adjudication"]).to_numpy() & (pool["code"] >= 0).to_numpy()
        likely = likely_first(learned, order.score[np.unique(order.of[worth])])
        worth[likely[undecided[likely]]] = True
    members = pd.Series(pool["item"].to_numpy()).groupby(order.of).apply(list)
    chance = pd.Series(learned.probability).groupby(order.of).max().to_numpy()
    units = np.unique(order.of[worth])
    return [
        Unit(
            frozenset(members[unit]), float(order.score[unit]), in_conflict.get(unit, ""),
            None if np.isnan(chance[unit]) else float(chance[unit]),
        )
        for unit in units[np.argsort(order.rank[units])].tolist()
    ] + proposed_units(pool, order, found.findings, units)


def proposed_units(pool: pd.DataFrame, order: Order, findings: list[Suspicion], opened: np.ndarray) -> list[Unit]:
    """Items of different groups that are to be judged together; they are no group and have no digest."""
    taken = np.isin(order.of, opened)
    units = []
    for members in (list(together) for finding in findings for together in finding.together):
        if not taken[members].any():
            taken[members] = True
            score = float(order.score[order.of[members]].max())
            units.append(Unit(frozenset(pool["item"].iloc[members].tolist()), score))
    return units
