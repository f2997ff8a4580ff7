"""What is known of each item before anybody decides on it: scores by detector, and the factors an error may follow."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from annotation.core.detectors.running import Suspicions
from annotation.core.judging.evidence import Evidence
from annotation.core.order.ranking import combine


@dataclass(frozen=True)
class Factor:
    """Which level of a factor an item belongs to, as pairs; an item may be in none or in several.

    items, levels: int (m,), item position and position in `names`.
    """

    items: np.ndarray
    levels: np.ndarray
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class PriorEvidence:
    """What was known of n items before anybody decided on them.

    item: int (n,), ids. score: float (n,) in [0, 1], the order to start from, 1 = most suspicious. detectors: name →
    float (n,) in [0, 1]. factors: name of the factor → its levels. effect: float (n,) > 0, how much more an error here
    moves a model than one anywhere, 1 = as much and taken where none is given. place: float (n, d), where each item
    lies by what it says, rows of length 1 or 0, d = 0 where it is not known; comparable within one detection only.
    """

    item: np.ndarray
    score: np.ndarray
    detectors: Mapping[str, np.ndarray] = field(default_factory=dict)
    factors: Mapping[str, Factor] = field(default_factory=dict)
    effect: np.ndarray = field(default_factory=lambda: np.zeros(0))
    place: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    n_classes: int = 2

    def __post_init__(self) -> None:
        if not len(self.effect):
            object.__setattr__(self, "effect", np.ones(len(self.item)))
        if len(self.place) != len(self.item):
            object.__setattr__(self, "place", np.zeros((len(self.item), 0)))

    @cached_property
    def position(self) -> dict[int, int]:
        """Item id → position."""
        return {item: position for position, item in enumerate(self.item.tolist())}

    @cached_property
    def label_names(self) -> np.ndarray:
        """Str (n,): the label each item carried, "" = none."""
        given = self.factors.get("class")
        names = np.full(len(self.item), "", dtype=object)
        if given is not None and len(given.items):
            names[given.items] = np.array(given.names, dtype=object)[given.levels]
        return names


def gather_prior_evidence(item: np.ndarray, evidence: Evidence, found: Suspicions) -> PriorEvidence:
    """The prior evidence of a detection. item: int (n,), ids.

    Factors: `class` the label given, `pair` with the class suggested most strongly, `annotator` who gave that label,
    `source`, `detector` that flags it, `finding` that covers it; by name, so that detections can be joined.
    """
    labels, classes = evidence.labels, evidence.classes
    labelled = np.flatnonzero(labels >= 0)
    other = _strongest(found, labels)
    pairs = np.flatnonzero((labels >= 0) & (other >= 0))
    factors = {
        "class": Factor(labelled, labels[labelled], classes),
        "detector": _members({name: np.flatnonzero(mask) for name, mask in found.flagged.items()}),
        "finding": _members({finding.key: np.asarray(finding.items) for finding in found.findings}),
    }
    if len(classes) > 2:  # of two classes the label given says the other
        factors["pair"] = _named(
            pairs, labels[pairs] * len(classes) + other[pairs],
            lambda cell: f"{classes[cell // len(classes)]} → {classes[cell % len(classes)]}",
        )  # fmt: skip
    if len(evidence.annotators) > 1:
        votes = evidence.votes.drop_duplicates(["item", "annotator"], keep="last")
        votes = votes[labels[votes["item"]] == votes["label"]]
        factors["annotator"] = Factor(votes["item"].to_numpy(), votes["annotator"].to_numpy(), evidence.annotators)
    if evidence.sources is not None and len(set(evidence.sources)) > 1:
        named = np.flatnonzero(evidence.sources != "")
        names, codes = np.unique(evidence.sources[named].astype(str), return_inverse=True)
        factors["source"] = Factor(named, codes, tuple(names.tolist()))
    score = combine(found.scores, found.priors) if found.scores else np.zeros(len(labels))
    detectors = {name: np.asarray(one, dtype=np.float64) for name, one in found.scores.items()}
    return PriorEvidence(item, score, detectors, factors, found.effect, _places(evidence), len(classes))


def _places(evidence: Evidence) -> np.ndarray:
    """Where the items lie; one without a label lies nowhere, for there is nothing to be wrong."""
    if evidence.place is None:
        return np.zeros((len(evidence.labels), 0))
    return np.where(evidence.labels[:, np.newaxis] < 0, 0, evidence.place)


def _strongest(found: Suspicions, labels: np.ndarray) -> np.ndarray:
    """Int (n,): the other class that the surest detector suggests, −1 = none."""
    best, chosen = np.zeros(len(labels)), np.full(len(labels), -1)
    for name, one in found.judgements.items():
        sure = found.priors[name] * one.score
        better = (one.suggested >= 0) & (one.suggested != labels) & (sure > best)
        best, chosen = np.where(better, sure, best), np.where(better, one.suggested, chosen)
    return chosen


def _named(items: np.ndarray, cells: np.ndarray, name: Callable[[int], str]) -> Factor:
    used, levels = np.unique(cells, return_inverse=True)
    return Factor(items, levels, tuple(name(int(cell)) for cell in used))


def _members(by_level: Mapping[str, np.ndarray]) -> Factor:
    names = tuple(by_level)
    empty = [np.zeros(0, dtype=np.int64)]
    levels = [np.full(len(items), level) for level, items in enumerate(by_level.values())]
    return Factor(np.concatenate(empty + list(by_level.values())), np.concatenate(empty + levels), names)


def to_arrays(prior: PriorEvidence) -> dict[str, np.ndarray]:
    """Named arrays that an artifact can hold; `from_arrays` reads them back."""
    arrays = {"item": prior.item, "score": prior.score, "effect": prior.effect.astype(np.float32)}
    arrays |= {"place": prior.place.astype(np.float16), "n_classes": np.array(prior.n_classes)}
    for name, score in prior.detectors.items():
        arrays[f"detector.{name}"] = score.astype(np.float32)
    for name, factor in prior.factors.items():
        arrays[f"factor.{name}.items"] = factor.items.astype(np.int32)
        arrays[f"factor.{name}.levels"] = factor.levels.astype(np.int32)
        arrays[f"factor.{name}.names"] = np.array(factor.names, dtype=str)
    return arrays


def from_arrays(arrays: Mapping[str, np.ndarray]) -> PriorEvidence:
    """The prior evidence that `to_arrays` wrote. Of arrays with items and scores alone: those and no more."""
    detectors = {name.partition(".")[2]: arrays[name] for name in sorted(arrays) if name.startswith("detector.")}
    factors = {}
    for name in sorted(arrays):
        if name.startswith("factor.") and name.endswith(".items"):
            stem = name.removesuffix(".items")
            names = tuple(arrays[f"{stem}.names"].tolist())
            factors[stem.partition(".")[2]] = Factor(arrays[name], arrays[f"{stem}.levels"], names)
    effect, place = arrays.get("effect", np.zeros(0)), arrays.get("place", np.zeros((0, 0)))
    n_classes = int(arrays.get("n_classes", 2))
    return PriorEvidence(arrays["item"], arrays["score"], detectors, factors, effect, place, n_classes)


def take(prior: PriorEvidence, positions: np.ndarray) -> PriorEvidence:
    """The prior evidence of some items, in the order of `positions` int (k,)."""
    where = np.full(len(prior.item), -1)
    where[positions] = np.arange(len(positions))
    factors = {}
    for name, factor in prior.factors.items():
        kept = where[factor.items] >= 0
        used, levels = np.unique(factor.levels[kept], return_inverse=True)
        names = tuple(factor.names[level] for level in used)
        factors[name] = Factor(where[factor.items[kept]], levels, names)
    detectors = {name: score[positions] for name, score in prior.detectors.items()}
    return PriorEvidence(
        prior.item[positions], prior.score[positions], detectors, factors, prior.effect[positions],
        prior.place[positions], prior.n_classes,
    )  # fmt: skip


def placed_as_in(prior: PriorEvidence, newest: PriorEvidence) -> PriorEvidence:
    """The same evidence with the places of `newest`, which are comparable with one another; an item that is not in it
    lies nowhere. Labels are as they were."""
    at = np.array([newest.position.get(item, -1) for item in prior.item.tolist()], dtype=np.int64)
    place = np.zeros((len(at), newest.place.shape[1]), dtype=newest.place.dtype)
    place[at >= 0] = newest.place[at[at >= 0]]
    return replace(prior, place=place, n_classes=newest.n_classes)


def with_opinions(prior: PriorEvidence, said: Mapping[int, str]) -> PriorEvidence:
    """The same evidence with one more factor, `opinion`: whether somebody's class for an item `agrees` with its label
    or `differs`. said: item id → class. It moves nothing before decisions show that it goes with errors."""
    asked = [(prior.position[item], name) for item, name in said.items() if item in prior.position]
    known = [(at, int(prior.label_names[at] != name)) for at, name in asked if prior.label_names[at]]
    items, levels = np.array(known, dtype=np.int64).reshape(-1, 2).T
    return replace(prior, factors={**prior.factors, "opinion": Factor(items, levels, ("agrees", "differs"))})


def join(parts: Sequence[PriorEvidence]) -> PriorEvidence:
    """Prior evidence of several detections as one; a detector that did not run scores 0; levels match by name. Places
    do not compare and are left out: see `placed_as_in`."""
    sizes = [len(part.item) for part in parts]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(int)
    detectors = {
        name: np.concatenate([part.detectors.get(name, np.zeros(len(part.item))) for part in parts])
        for name in sorted({name for part in parts for name in part.detectors})
    }
    names = sorted({name for part in parts for name in part.factors})
    factors = {name: _join_factor([part.factors.get(name) for part in parts], starts) for name in names}
    return PriorEvidence(
        np.concatenate([part.item for part in parts]), np.concatenate([part.score for part in parts]), detectors,
        factors,
    )  # fmt: skip


def _join_factor(factors: Sequence[Factor | None], starts: np.ndarray) -> Factor:
    code: dict[str, int] = {}
    items, levels = [], []
    for factor, start in zip(factors, starts, strict=True):
        if factor is not None:
            recoded = np.array([code.setdefault(name, len(code)) for name in factor.names], dtype=np.int64)
            items.append(factor.items + start)
            levels.append(recoded[factor.levels])
    return Factor(np.concatenate(items), np.concatenate(levels), tuple(code))
