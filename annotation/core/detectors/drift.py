"""How often a class is given changes with time, or differs between sources."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import chi2, false_discovery_control

from annotation.core.detectors.suspicion import Judgement, NotApplicable, Suspicion, only_findings
from annotation.core.intervals import newcombe, wilson
from annotation.core.judging.evidence import Evidence, needed
from annotation.core.wording import FindingKind, percent, quoted

MONTHS, PERIODS = 24, 24


@dataclass(frozen=True)
class Timeline:
    """What came when: `item` and `label` int (r,), `period` int (r,), and each period's name. what: in words."""

    kind: str
    what: str
    item: np.ndarray
    label: np.ndarray
    period: np.ndarray
    names: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """Class k makes up `hits` of `n` labels on this side and `other_hits` of `other_n` on the other; p is corrected."""

    k: int
    hits: int
    n: int
    other_hits: int
    other_n: int
    p: float
    at: int = 0

    @property
    def difference(self) -> float:
        return self.hits / self.n - self.other_hits / self.other_n


@dataclass(frozen=True)
class Drift:
    """How often a class is given changed over time, or is another in one source.

    Over time: the moment at which a class's rate changes most, for labels by when they were given and by when the item
    came in. By source: against the rest, and only what the texts do not explain: at least half of the difference must
    remain once the out-of-fold model has said what the texts suggest.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"labels"})
    prior: ClassVar[float] = 0.1
    kinds: ClassVar[dict[str, FindingKind]] = {
        "drift": FindingKind(
            "Rates that changed over time or differ by source", "labels", "are this class",
            "Ask what changed then or there: items, annotators or guideline. If the labelling did, open its queue.",
        )
    }  # fmt: skip
    flag_above: float = 0.0
    min_items: int = 30
    least: float = 0.05
    level: float = 0.01
    most: int = 5

    def judge(self, evidence: Evidence) -> Judgement:
        """Findings alone: changes over time, then sources, the largest difference first; at most `most` of each."""
        if len(evidence.classes) < 2:
            raise NotApplicable("There is only one class.")
        if not (evidence.as_annotated >= 0).any():
            raise NotApplicable("Experts have decided on all labels.")
        lines = list(_timelines(evidence))
        if not lines and "sources" not in evidence.available:
            raise NotApplicable("No two labels differ in their date, and no item has a source.")
        found = []
        for line in lines:
            found += [self._in_time(evidence, line, one) for one in self._changes(line, len(evidence.classes))]
        return only_findings(len(evidence.labels), found + self._by_source(evidence))

    def _changes(self, line: Timeline, n_classes: int) -> list[Change]:
        """The strongest change of each class: chi-square of every split between periods, its p times the number of
        splits (Bonferroni), over classes Benjamini and Hochberg (1995)."""
        counts = np.zeros((len(line.names), n_classes), dtype=np.int64)
        np.add.at(counts, (line.period, line.label), 1)
        before, sizes = counts.cumsum(axis=0)[:-1], counts.sum(axis=1).cumsum()
        n_before, total, overall = sizes[:-1, None], int(sizes[-1]), counts.sum(axis=0)
        usable = ((n_before >= self.min_items) & (total - n_before >= self.min_items))[:, 0]
        if not usable.any():
            return []
        statistic = np.where(usable[:, None], _chi_square(before, n_before, overall, total), 0.0)
        classes = _to_test(overall)
        at = statistic[:, classes].argmax(axis=0)
        p = np.minimum(1.0, chi2.sf(statistic[at, classes], 1) * usable.sum())
        hits, n = before[at, classes], sizes[at]
        return self._kept(classes, overall[classes] - hits, total - n, hits, n, p, at)

    def _by_source(self, evidence: Evidence) -> list[Suspicion]:
        if evidence.sources is None:
            return []
        labels, n_classes = evidence.as_annotated, len(evidence.classes)
        labelled = (labels >= 0) & (evidence.sources != "")
        of, names = pd.factorize(evidence.sources[labelled], sort=True)
        if len(names) < 2:
            return []
        hits = np.bincount(of * n_classes + labels[labelled], minlength=len(names) * n_classes).reshape(len(names), -1)
        size, total = hits.sum(axis=1, keepdims=True), int(labelled.sum())
        large = ((size >= self.min_items) & (total - size >= self.min_items))[:, 0]
        p = np.where(large[:, None], chi2.sf(_chi_square(hits, size, hits.sum(axis=0), total), 1), 1.0)
        expected = _expected(evidence, labelled, of, len(names))
        tested = np.zeros(hits.shape, dtype=bool)
        tested[np.ix_(_to_test(size[:, 0]), _to_test(hits.sum(axis=0)))] = True
        at, k = np.nonzero(tested & large[:, None])
        others = hits.sum(axis=0)[k] - hits[at, k]
        kept = self._kept(k, hits[at, k], size[at, 0], others, total - size[at, 0], p[at, k], at, len(hits) * n_classes)
        drifted = (self._in_source(evidence, labelled, of, names[one.at], expected, one) for one in kept)
        return [one for one in drifted if one is not None][: self.most]

    def _kept(
        self, k: np.ndarray, hits: np.ndarray, n: np.ndarray, other_hits: np.ndarray, other_n: np.ndarray,
        p: np.ndarray, at: np.ndarray, most: int = 0,
    ) -> list[Change]:  # fmt: skip
        """Those that pass correction and the floor of the effect, the largest difference first."""
        if len(p) == 0:
            return []
        corrected = false_discovery_control(np.clip(p, 0, 1))
        rows = zip(k, hits, n, other_hits, other_n, corrected, at, strict=True)
        changes = [
            Change(int(k), int(hit), int(size), int(other), int(rest), float(p), int(at))
            for k, hit, size, other, rest, p, at in rows
            if p < self.level
        ]
        changes = [one for one in changes if abs(one.difference) >= self.least]
        return sorted(changes, key=lambda one: -abs(one.difference))[: most or self.most]

    def _in_time(self, evidence: Evidence, line: Timeline, one: Change) -> Suspicion:
        name, since = evidence.classes[one.k], line.names[one.at + 1]
        after = line.period > one.at
        expected = None
        if evidence.probabilities is not None:
            gives = evidence.probabilities[line.item, one.k]
            expected = float(gives[after].mean()), float(gives[~after].mean())
        items = line.item[after & ((line.label == one.k) == (one.difference > 0))]
        return self._finding(
            evidence, one, f"{line.kind}:{name}",
            f"From {since} on {percent(one.hits / one.n)} of the labels are {quoted(name, 80)}, before "
            f"{percent(one.other_hits / one.other_n)}",
            f"Of {one.n} {line.what} from {since} on {one.hits} are {quoted(name)}, of {one.other_n} before "
            f"{one.other_hits}",
            expected, items, {"by": line.kind, "since": since, "label": name},
        )  # fmt: skip

    def _in_source(
        self, evidence: Evidence, labelled: np.ndarray, of: np.ndarray, source: str,
        expected: tuple[np.ndarray, np.ndarray] | None, one: Change,
    ) -> Suspicion | None:  # fmt: skip
        """None where the texts explain more than half of the difference."""
        suggests = None if expected is None else (float(expected[0][one.at, one.k]), float(expected[1][one.at, one.k]))
        if suggests and abs(one.difference - (suggests[0] - suggests[1])) < max(self.least, abs(one.difference) / 2):
            return None
        name = evidence.classes[one.k]
        inside = np.flatnonzero(labelled)[of == one.at]
        items = inside[(evidence.labels[inside] == one.k) == (one.difference > 0)]
        return self._finding(
            evidence, one, f"source={source}:{name}",
            f"In the source {quoted(source, 80)} {percent(one.hits / one.n)} of the labels are {quoted(name, 80)}, "
            f"elsewhere {percent(one.other_hits / one.other_n)}",
            f"Of {one.n} labels in this source {one.hits} are {quoted(name)}, of {one.other_n} elsewhere "
            f"{one.other_hits}",
            suggests, items, {"by": "source", "source": source, "label": name},
        )  # fmt: skip

    def _finding(
        self, evidence: Evidence, one: Change, name: str, title: str, counted: str,
        expected: tuple[float, float] | None, items: np.ndarray, rule: dict[str, str | int],
    ) -> Suspicion:  # fmt: skip
        gap = newcombe(one.hits, one.n, one.other_hits, one.other_n)
        items = items[evidence.as_annotated[items] >= 0]
        reason = (
            f"{counted}: a difference of {100 * gap.value:+.0f} points ({100 * gap.low:+.0f} to {100 * gap.high:+.0f})."
        )
        if expected is not None:
            chance = needed(evidence.probabilities)[items, one.k]
            items = items[np.argsort(chance if one.difference > 0 else -chance, kind="stable")]
            reason += (
                f" What the items say suggests {percent(expected[0])} against {percent(expected[1])}; "
                + _explained(one.difference, expected[0] - expected[1])
            )
        _, first = np.unique(items, return_index=True)
        return Suspicion(
            "drift", f"drift:{name}", title, reason, rule, items[np.sort(first)], one.n, one.hits / one.n,
            *_limits(one),
        )  # fmt: skip


def _to_test(counts: np.ndarray) -> np.ndarray:
    """The classes or sources to test: all, but of two that mirror each other only the smaller."""
    return np.array([counts.argmin()]) if len(counts) == 2 else np.arange(len(counts))


def _limits(one: Change) -> tuple[float, float]:
    share = wilson(one.hits, one.n)
    return share.low, share.high


def _explained(difference: float, expected: float) -> str:
    if difference * expected > 0 and abs(expected) >= abs(difference) / 2:
        return "the items changed more than the labelling did."
    return "so the labelling differs more than the items do."


def _chi_square(hits: np.ndarray, n: np.ndarray, all_hits: np.ndarray, total: int) -> np.ndarray:
    """Pearson's chi-square of 2 × 2 tables with Yates's correction: hits of n against the rest of all."""
    misses, others, other_misses = n - hits, all_hits - hits, total - n - (all_hits - hits)
    gap = np.maximum(np.abs(hits * other_misses - misses * others.astype(float)) - total / 2, 0)
    below = n * (total - n) * (all_hits * (total - all_hits)).astype(float)
    return np.divide(total * gap**2, below, out=np.zeros(np.broadcast(gap, below).shape), where=below > 0)


def _expected(
    evidence: Evidence, labelled: np.ndarray, of: np.ndarray, n_sources: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Mean out-of-fold probability of each class in each source and outside it, float (S, K) each."""
    if evidence.probabilities is None:
        return None
    where = np.flatnonzero(labelled)
    member = sparse.csr_matrix((np.ones(len(of)), (of, where)), (n_sources, len(evidence.probabilities)))
    inside = np.asarray(member @ evidence.probabilities)
    size, total = np.bincount(of, minlength=n_sources)[:, None], inside.sum(axis=0)
    return inside / np.maximum(size, 1), (total - inside) / np.maximum(len(of) - size, 1)


def _timelines(evidence: Evidence) -> Iterator[Timeline]:
    labels = evidence.as_annotated
    if evidence.received is not None:
        known = np.flatnonzero((labels >= 0) & ~np.isnat(evidence.received))
        yield from _timeline("received", "items that came in", known, labels[known], evidence.received[known])
    votes = evidence.votes
    if "at" in votes and len(votes):
        votes = votes[votes["at"].notna().to_numpy()]
        item, label = votes["item"].to_numpy(dtype=int), votes["label"].to_numpy(dtype=int)
        yield from _timeline("given", "labels given", item, label, votes["at"].to_numpy(dtype="datetime64[ns]"))


def _timeline(kind: str, what: str, item: np.ndarray, label: np.ndarray, when: np.ndarray) -> Iterator[Timeline]:
    """By calendar months where there are three or more of them and not too many, else by runs of equal size."""
    if len(item) == 0:
        return
    months = when.astype("datetime64[M]")
    days = when.astype("datetime64[D]")
    if 3 <= len(np.unique(months)) <= MONTHS:
        starts, period = np.unique(months, return_inverse=True)
        names = tuple(f"{pd.Timestamp(start):%B %Y}" for start in starts)
    else:
        edges = np.unique(np.quantile(days.astype(np.int64), np.linspace(0, 1, PERIODS + 1)[:-1], method="lower"))
        starts, period = np.unique(np.searchsorted(edges, days.astype(np.int64), side="right") - 1, return_inverse=True)
        names = tuple(f"{pd.Timestamp(np.datetime64(int(edges[one]), 'D')):%-d %B %Y}" for one in starts)
    if len(names) > 1:
        yield Timeline(kind, what, item, label, period, names)
