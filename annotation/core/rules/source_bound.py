"""Features whose bearing on a class rests on a few sources."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.stats import norm

from annotation.core.rules.candidate_rules import CandidateRules

PRIOR = 10.0


@dataclass(frozen=True)
class SourceBound:
    """Candidate rule `rule` (column) points to class `label` (code), and a few sources make it do so.

    sources: codes of those sources, the strongest first. weight: its log-odds with all items; without: with theirs left
    out. p: two-sided chance of such a weight, not corrected.
    """

    rule: int
    label: int
    sources: tuple[int, ...]
    weight: float
    without: float
    p: float


def bound_to_few_sources(
    rules: CandidateRules, labels: np.ndarray, sources: np.ndarray, n_classes: int, few: int = 3, least: int = 20,
    candidates: int = 5000,
) -> list[SourceBound]:  # fmt: skip
    """Features that lose half their weight or more when the items of `few` sources are left out, heaviest first.

    labels: int (n,), −1 = none; sources: int (n,), −1 = none: both left out. The weights are those of a linear model,
    naive Bayes: log-odds with an informative prior, so that a feature no item shows weighs 0 (Monroe, Colaresi & Quinn
    2008). Only the `candidates` surest (weight over its standard error) of those that occur
    in `least` items of the class are tried: to leave a source out is a subtraction of its counts, no second fit.
    """
    known = np.flatnonzero((labels >= 0) & (sources >= 0))
    label, source = labels[known], sources[known]
    size = np.bincount(label, minlength=n_classes).astype(np.float64)
    if not rules.clauses or (size > 0).sum() < 2:
        return []
    hits = rules.counted(sparse.csr_matrix((np.ones(len(known), np.float32), (label, known)), (n_classes, len(labels))))
    weight, error = log_odds(hits, hits.sum(axis=0), size[:, None], size.sum())
    surest = np.where((hits >= least) & (weight > 0), weight / error, 0.0)
    order = np.argsort(-surest, axis=None, kind="stable")[:candidates]
    by_source = np.bincount(label * (source.max() + 1) + source, minlength=n_classes * (source.max() + 1))
    by_source = by_source.reshape(n_classes, -1).astype(np.float64)
    found = []
    for cell in order[surest.ravel()[order] > 0].tolist():
        k, rule = divmod(cell, len(rules.clauses))
        p = float(2 * norm.sf(surest[k, rule]))
        shows = rules.shows(rule)
        shows = shows[(labels[shows] >= 0) & (sources[shows] >= 0)]
        one = _left_out(shows, labels, sources, by_source, (k, rule), few, float(weight[k, rule]), p)
        if one.without <= one.weight / 2:
            found.append(one)
    return sorted(found, key=lambda one: (-one.weight, one.rule))


def log_odds(hits: np.ndarray, present: np.ndarray, size: np.ndarray, n: float) -> tuple[np.ndarray, np.ndarray]:
    """Weight of a feature for a class and its standard error. hits: items of the class that show it, present: items
    that do, size: items of the class, n: items; arrays that broadcast."""
    share = (present + 0.5) / (n + 1)
    yes, no = hits + PRIOR * share, size - hits + PRIOR * (1 - share)
    other_yes = present - hits + PRIOR * share
    other_no = n - size - present + hits + PRIOR * (1 - share)
    weight = np.log(yes) - np.log(no) - np.log(other_yes) + np.log(other_no)
    return weight, np.sqrt(1 / yes + 1 / no + 1 / other_yes + 1 / other_no)


def _left_out(
    shows: np.ndarray, label: np.ndarray, source: np.ndarray, by_source: np.ndarray, cell: tuple[int, int],
    few: int, weight: float, p: float,
) -> SourceBound:  # fmt: skip
    """What is left of the weight of a (class, rule) cell without the sources in which the rule goes with the class most
    often beyond the class's share. shows: positions of the items where it holds; by_source: items (K, sources)."""
    k, rule = cell
    share = by_source[k].sum() / by_source.sum()
    more = np.bincount(source[shows], (label[shows] == k) - share, minlength=by_source.shape[1])
    strongest = np.argsort(-more, kind="stable")[:few]
    strongest = strongest[more[strongest] > 0]
    shown = shows[~np.isin(source[shows], strongest)]
    hits, present = np.array((label[shown] == k).sum(), dtype=np.float64), np.array(len(shown), dtype=np.float64)
    left = by_source.sum(axis=1) - by_source[:, strongest].sum(axis=1)
    without, _ = log_odds(hits, present, left[k], float(left.sum()))
    return SourceBound(rule, k, tuple(strongest.tolist()), weight, float(without), p)


def source_codes(sources: Sequence[str] | np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Codes int (n,) of the sources, −1 where there is none, and their names."""
    names = sorted(set(sources) - {""})
    place = {name: code for code, name in enumerate(names)}
    return np.array([place.get(name, -1) for name in sources], dtype=np.int64), names
