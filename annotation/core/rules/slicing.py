"""Ways to cut a dataset into slices, and tests of whether something concentrates in one of them."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, hypergeom
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from annotation.core.judging.evidence import Evidence
from annotation.core.likeness.grouping import joined_text

RANGES = 5
# Clusters are few and learned from a sample: they are for a person to read, not to be exact.
ITEMS_PER_CLUSTER, MOST_CLUSTERS, LEARNED_FROM = 100, 16, 4000
NAMED_FROM, NAMING_WORDS = 1000, 3
# Rows looked at together.
ROWS = 20_000
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True)
class Cut:
    """One way to cut n items: `of` int (n,), the level of each item, −1 = in none; `levels` names them.

    kind: source, field or cluster; name: the field's name, else "". Clusters have no names until they are needed.
    """

    kind: str
    name: str
    of: np.ndarray
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Slice:
    """One level of a cut in which `hits` of its `n` items are hits, against `rest_hits` of `rest_n` elsewhere.

    p: one-sided, corrected for the number of slices tried, `tried`.
    """

    cut: Cut
    level: int
    hits: int
    n: int
    rest_hits: int
    rest_n: int
    p: float
    tried: int

    @property
    def inside(self) -> np.ndarray:
        """Bool (n,) over all items."""
        return self.cut.of == self.level


def cuts_of(evidence: Evidence, seed: int = 0) -> list[Cut]:
    """By source, by the values of each category, by fifths of each number, and by clusters of the texts."""
    found = []
    if evidence.sources is not None:
        found.append(_by_value("source", "", evidence.sources))
    for field in evidence.fields:
        column = evidence.table[field.name]
        if field.type == "category":
            found.append(_by_value("field", field.name, column))
        elif field.type == "number":
            found.append(_by_range(field.name, column.to_numpy(dtype=float)))
    if evidence.embeddings is not None:
        found.append(_by_cluster(evidence.embeddings, seed))
    return [cut for cut in found if len(cut.levels) > 1]


def concentrated(
    cuts: list[Cut], hits: np.ndarray, among: np.ndarray, min_items: int, min_hits: int, times: float,
    least: float, level: float,
) -> list[Slice]:  # fmt: skip
    """The slices in which hits are commoner than elsewhere, the largest excess of hits first.

    hits, among: bool (n,), what is counted and the items it is counted among. Kept are slices with at least `min_items`
    items and `min_hits` hits, at least `times` the rate of the rest and `least` above it, and p below `level`: Fisher's
    exact test, one-sided, corrected by Benjamini and Hochberg (1995) over every slice large enough to be tried. Of
    slices with nearly the same items the most excessive is kept.
    """
    tried: list[tuple[Cut, int, int, int]] = []
    for cut in cuts:
        inside = among & (cut.of >= 0)
        size = np.bincount(cut.of[inside], minlength=len(cut.levels))
        hit = np.bincount(cut.of[inside & hits], minlength=len(cut.levels))
        large = np.flatnonzero((size >= min_items) & (size <= among.sum() - min_items))
        tried += [(cut, int(one), int(hit[one]), int(size[one])) for one in large]
    if not tried:
        return []
    total, all_hits = int(among.sum()), int((hits & among).sum())
    hit, size = np.array([one[2] for one in tried]), np.array([one[3] for one in tried])
    corrected = false_discovery_control(np.clip(hypergeom.sf(hit - 1, total, all_hits, size), 0, 1))
    rate, rest = hit / size, (all_hits - hit) / (total - size)
    keep = (corrected < level) & (hit >= min_hits) & (rate >= times * rest) & (rate >= rest + least)
    excess = hit - size * rest
    order = [one for one in np.argsort(-excess, kind="stable") if keep[one]]
    slices = [
        Slice(cut, level, hits, n, all_hits - int(hit[one]), total - int(size[one]), float(corrected[one]), len(tried))
        for one in order
        for cut, level, hits, n in [tried[one]]
    ]
    return list(_distinct(slices, among))


def naming_words(evidence: Evidence, inside: np.ndarray, seed: int = 0) -> tuple[str, ...]:
    """The words that tell the items inside, bool (n,), from the others: most over-represented by log-likelihood ratio
    of the share of texts that hold them (Dunning 1993), read in a sample of each side."""
    texts = joined_text(evidence.table, evidence.fields)
    random = np.random.default_rng(seed)
    sides = [random.permutation(np.flatnonzero(side))[:NAMED_FROM] for side in (inside, ~inside)]
    counts = [Counter(word for one in side for word in set(_WORD.findall(texts[one].lower()))) for side in sides]
    (here, there), (n, m) = counts, (max(len(side), 1) for side in sides)
    words = sorted(word for word in here if here[word] / n > there[word] / m)
    if not words:
        return ()
    a, b = (np.array([count[word] for word in words], dtype=float) for count in counts)
    gain = _log_likelihood(a, n) + _log_likelihood(b, m) - _log_likelihood(a + b, n + m)
    return tuple(words[one] for one in np.argsort(-gain, kind="stable")[:NAMING_WORDS])


def _log_likelihood(hits: np.ndarray, n: int) -> np.ndarray:
    share = np.clip(hits / n, 1e-12, 1 - 1e-12)
    return hits * np.log(share) + (n - hits) * np.log(1 - share)


def _by_value(kind: str, name: str, column: pd.Series | np.ndarray) -> Cut:
    codes, levels = pd.factorize(pd.Series(column, dtype=object).replace("", None), sort=True)
    return Cut(kind, name, codes, tuple(map(str, levels)))


def _by_range(name: str, values: np.ndarray) -> Cut:
    known = ~np.isnan(values)
    if not known.any():
        return Cut("field", name, np.full(len(values), -1), ())
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, RANGES + 1)))
    of = np.where(known, np.clip(np.searchsorted(edges, values, side="right") - 1, 0, max(len(edges) - 2, 0)), -1)
    return Cut("field", name, of, tuple(f"{a:.6g} to {b:.6g}" for a, b in zip(edges, edges[1:], strict=False)))


def _by_cluster(embeddings: np.ndarray, seed: int) -> Cut:
    blocks = [slice(start, start + ROWS) for start in range(0, len(embeddings), ROWS)]
    says = np.concatenate([(embeddings[some] != 0).any(axis=1) for some in blocks] or [np.zeros(0, dtype=bool)])
    embedded = np.flatnonzero(says)
    n_clusters = min(MOST_CLUSTERS, len(embedded) // ITEMS_PER_CLUSTER)
    of = np.full(len(embeddings), -1)
    if n_clusters < 2:
        return Cut("cluster", "", of, ())
    sample = np.random.default_rng(seed).permutation(embedded)[:LEARNED_FROM]
    with threadpool_limits(1):
        learned = embeddings[sample].astype(np.float32, copy=False)
        model = KMeans(n_clusters, n_init=1, max_iter=30, random_state=seed).fit(learned)
        for some in blocks:
            of[some] = model.predict(embeddings[some].astype(np.float32, copy=False))
        of[~says] = -1
    return Cut("cluster", "", of, ("",) * n_clusters)


def _distinct(slices: list[Slice], among: np.ndarray) -> Iterator[Slice]:
    """Without those of which four fifths are items of a slice already given, and the other way round."""
    given: list[np.ndarray] = []
    for one in slices:
        inside = one.inside & among
        if not any((inside & other).sum() > 0.8 * max(inside.sum(), other.sum()) for other in given):
            given.append(inside)
            yield one
