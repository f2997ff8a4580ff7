"""What a detection found, as rows made before the lock is taken: groups, flags, findings and units to open."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from annotation.actions.queue.open_cases import OF_GROUPS, Unit
from annotation.core.detectors.running import Suspicions
from annotation.core.detectors.suspicion import Suspicion
from annotation.core.judging.evidence import Evidence
from annotation.core.order.ranking import QueueOrder
from annotation.models import DECIDED, Dataset
from annotation.reading.learned_order import Learned, likely_first, of_likeliest


def worth_showing(order: QueueOrder, found: Suspicions, contested: np.ndarray) -> np.ndarray:
    """Bool (n,): items a case or a finding may show, of which the detection keeps why."""
    shown = contested | order.is_group[order.of]
    for mask in found.flagged.values():
        shown |= mask
    for finding in found.findings:
        shown[finding.items] = True
    return shown


@dataclass(frozen=True, eq=False)
class DetectionRows:
    """Everything a detection inserts, as plain rows that lack its id alone.

    groups: (digest, size, in conflict) of two or more; members: (place in `groups`, item); flags: (detector, item,
    current label, score, reason, suggested class); findings: each with the items it covers; units: to open as cases.
    """

    groups: Sequence[tuple[str, int, bool]]
    members: Sequence[tuple[int, int]]
    flags: Sequence[tuple[str, int, int | None, float, str, int | None]]
    findings: Sequence[tuple[Suspicion, list[int]]]
    units: Sequence[Unit]


def detection_rows(
    dataset: Dataset, pool: pd.DataFrame, evidence: Evidence, order: QueueOrder, found: Suspicions,
    contested: np.ndarray, learned: Learned,
) -> DetectionRows:  # fmt: skip
    groups, members = _groups(pool, evidence, order)
    units = units_to_open(pool, order, found, contested, _digests_in_conflict(pool, evidence, order), learned)
    findings = [(finding, pool["item"].iloc[finding.items].tolist()) for finding in found.findings]
    return DetectionRows(groups, members, list(_flags(dataset, pool, found)), findings, units)


def _groups(
    pool: pd.DataFrame, evidence: Evidence, order: QueueOrder
) -> tuple[list[tuple[str, int, bool]], list[tuple[int, int]]]:
    digests, groups = pool["digest"].to_numpy(), evidence.groups
    large = np.flatnonzero(groups.sizes > 1)
    conflict = np.zeros(len(groups.sizes), dtype=bool)
    conflict[groups.of[order.is_group[order.of]]] = True
    medoids = digests[groups.medoid[large]].tolist()
    rows = list(zip(medoids, groups.sizes[large].tolist(), conflict[large].tolist(), strict=True))
    members = np.flatnonzero(groups.sizes[groups.of] > 1)
    places = np.searchsorted(large, groups.of[members]).tolist()
    return rows, list(zip(places, pool["item"].iloc[members].tolist(), strict=True))


def _digests_in_conflict(pool: pd.DataFrame, evidence: Evidence, order: QueueOrder) -> dict[int, str]:
    """Unit → its group's digest, for the units that are groups in conflict."""
    digests, groups = pool["digest"].to_numpy(), evidence.groups
    first = pd.Series(np.arange(len(order.of))).groupby(order.of).first()
    units = np.flatnonzero(order.is_group).tolist()
    return {unit: digests[groups.medoid[groups.of[first[unit]]]] for unit in units}


def _flags(
    dataset: Dataset, pool: pd.DataFrame, found: Suspicions
) -> Iterator[tuple[str, int, int | None, float, str, int | None]]:
    classes = list(dataset.label_classes.in_use().values_list("id", flat=True))
    items, current = pool["item"].tolist(), pool["current"].tolist()
    for name in found.scores:
        for position, reason in zip(np.flatnonzero(found.flagged[name]).tolist(), found.reasons[name], strict=True):
            suggested, version = int(found.suggested[name][position]), current[position]
            yield (
                name, items[position], None if pd.isna(version) else int(version), float(found.scores[name][position]),
                reason, None if suggested < 0 else classes[suggested],
            )  # fmt: skip


def units_to_open(
    pool: pd.DataFrame, order: QueueOrder, found: Suspicions, contested: np.ndarray, in_conflict: dict[int, str],
    learned: Learned,
) -> list[Unit]:  # fmt: skip
    """Units worth an expert: flagged by any detector, contested, a group in conflict, or without a flag among the first
    of the order; first in order first; of those set aside only groups in conflict. Then the items that findings propose
    to be judged together, where none of them is in a unit already."""
    worth = contested | order.is_group[order.of]
    proposed = {finding.kind for finding in found.findings if finding.together}
    for name, mask in found.flagged.items():
        if name not in proposed:
            worth |= mask
    undecided = ~pool["basis"].isin(DECIDED).to_numpy() & (pool["code"] >= 0).to_numpy()
    likely = likely_first(learned, order.score[np.unique(order.of[worth])])
    worth[likely[undecided[likely]]] = True
    worth &= ~found.aside | order.is_group[order.of]
    units = np.unique(order.of[worth])
    members = _members(pool["item"].to_numpy(), order.of, units)
    alone = _flagged_alone(pool, found)
    chance = of_likeliest(order.of, learned.chance, learned.probability).to_numpy()
    return [
        Unit(
            frozenset(members[unit]),
            float(order.score[unit]),
            in_conflict.get(unit, ""),
            None if np.isnan(chance[unit]) else float(chance[unit]),
            alone & frozenset(members[unit]) if len(members[unit]) > 1 else frozenset(),
        )
        for unit in units[np.argsort(order.rank[units])].tolist()
    ] + proposed_units(pool, order, found.findings, units)


def _members(items: np.ndarray, of: np.ndarray, units: np.ndarray) -> dict[int, list[int]]:
    """The items of each of `units`, ascending numbers, in the order they stand in; of (n,): the unit of each item."""
    rows = np.flatnonzero(np.isin(of, units))
    rows = rows[np.argsort(of[rows], kind="stable")]
    parts = np.split(items[rows], np.searchsorted(of[rows], units[1:]))
    return {unit: part.tolist() for unit, part in zip(units.tolist(), parts, strict=False)}


def _flagged_alone(pool: pd.DataFrame, found: Suspicions) -> frozenset[int]:
    """Items that a detector suspects for what they are themselves, not for a group they stand in."""
    flagged = np.zeros(len(pool), dtype=bool)
    for name, mask in found.flagged.items():
        if name not in OF_GROUPS:
            flagged |= mask
    return frozenset(pool["item"].to_numpy()[flagged].tolist())


def proposed_units(pool: pd.DataFrame, order: QueueOrder, findings: list[Suspicion], opened: np.ndarray) -> list[Unit]:
    """Items of different groups that are to be judged together; they are no group and have no digest."""
    taken = np.isin(order.of, opened)
    units = []
    for members in (list(together) for finding in findings for together in finding.together):
        if not taken[members].any():
            taken[members] = True
            score = float(order.score[order.of[members]].max())
            units.append(Unit(frozenset(pool["item"].iloc[members].tolist()), score))
    return units
