"""Where a model is right less often than elsewhere: its accuracy in every slice of several cuts, all judged at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import hypergeom

from annotation.core.intervals import Interval, wilson
from annotation.core.rules.slicing import Cut
from modeling.core.telling.stored import SliceJson

# A smaller slice says nothing by itself; it is pooled with the others of its cut that are as small.
LEAST = 30
MOST = 100
BANDS, PERIODS = 5, 12
LEVEL = 0.05
ORDERED = ("contested", "length", "time")


@dataclass(frozen=True)
class SliceAccuracy:
    """One slice: `kind` of its cut, `level` by name, `pooled` = how many small levels it stands for (0 = one level).

    right: the share predicted rightly, its limits wide enough that those of all slices hold at once 95 % of the time.
    rest: the share elsewhere, plain. p: two-sided, that chance makes it differ so much from the rest, times the slices.
    """

    kind: str
    level: str
    pooled: int
    right: Interval
    rest: Interval
    p: float

    @property
    def apart(self) -> bool:
        """Whether it differs from the rest by more than chance explains, in view of all slices."""
        return self.p < LEVEL

    def as_json(self) -> SliceJson:
        return {
            "kind": self.kind, "level": self.level, "pooled": self.pooled, "right": self.right.as_json(),
            "rest": self.rest.as_json(), "p": self.p, "apart": self.apart,
        }  # fmt: skip


def slice_accuracy(cuts: Sequence[Cut], right: np.ndarray) -> list[SliceAccuracy]:
    """Every slice of every cut, cuts in order; classes and sources by accuracy, the lowest first, lengths and times in
    their own order; what is pooled last.

    right: bool (n,), the row is predicted rightly. Limits are Wilson's at 1 − .05 / slices (Bonferroni); p is Fisher's
    exact test, doubled, times slices.
    """
    parts = [(cut, *part) for cut in cuts for part in _levels(cut)]
    level = 1 - LEVEL / max(len(parts), 1)
    n, hits = len(right), int(right.sum())
    found = []
    for cut, name, pooled, inside in parts:
        size, own = int(inside.sum()), int(right[inside].sum())
        below = hypergeom.cdf(own, n, hits, size)
        above = hypergeom.sf(own - 1, n, hits, size)
        p = min(1.0, 2 * float(min(below, above)) * len(parts)) if size < n else 1.0
        found.append(SliceAccuracy(
            cut.kind, name, pooled, wilson(own, size, level), wilson(hits - own, n - size), p
        ))  # fmt: skip
    place = {cut.kind: at for at, cut in enumerate(cuts)}
    levels = {(cut.kind, name): at for cut in cuts for at, name in enumerate(cut.levels)}

    def order(one: SliceAccuracy) -> tuple[float, ...]:
        own = levels.get((one.kind, one.level), 0) if one.kind in ORDERED else one.right.value
        return place[one.kind], one.pooled > 0, own

    return sorted(found, key=order)


def _levels(cut: Cut) -> list[tuple[str, int, np.ndarray]]:
    """(name, how many levels it pools, bool (n,)): the levels large enough, and the others together."""
    size = np.bincount(cut.of[cut.of >= 0], minlength=len(cut.levels))
    large = np.flatnonzero(size >= LEAST)
    large = large[np.argsort(-size[large], kind="stable")][:MOST]
    small = np.setdiff1d(np.flatnonzero(size), large)
    parts = [(cut.levels[one], 0, cut.of == one) for one in large]
    if len(small):
        named = cut.levels[small[0]] if len(small) == 1 else f"{len(small)} smaller ones together"
        parts.append((named, len(small), np.isin(cut.of, small)))
    return parts if len(parts) > 1 else []


def by_value(kind: str, values: np.ndarray, missing: str) -> Cut:
    """One level per value of an object array (n,); "" is the level named `missing`."""
    codes, levels = pd.factorize(pd.Series(values, dtype=object).replace("", missing), sort=True)
    return Cut(kind, "", codes, tuple(map(str, levels)))


def by_length(lengths: np.ndarray) -> Cut:
    """Fifths of the rows by int (n,) characters; equal lengths stay together."""
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, BANDS + 1)[1:-1], method="lower"))
    codes = np.searchsorted(edges, lengths, side="left")
    used, of = np.unique(codes, return_inverse=True)
    spans = [(lengths[codes == one].min(), lengths[codes == one].max()) for one in used]
    return Cut("length", "", of, tuple(f"{low:,} to {high:,} characters" for low, high in spans))


def by_time(received: np.ndarray) -> Cut:
    """By datetime64 (n,), NaT = in no slice: years, quarters, months or days, the finest of which at most 12 lie
    between first and last."""
    known = ~np.isnat(received)
    of = np.full(len(received), -1)
    if not known.any():
        return Cut("time", "", of, ())
    moments = pd.DatetimeIndex(received[known])
    for unit in ("D", "M", "Q", "Y"):
        periods = moments.to_period(unit)
        if np.ptp(periods.astype(np.int64)) < PERIODS:
            break
    of[known], levels = pd.factorize(periods, sort=True)
    return Cut("time", "", of, tuple(map(str, levels)))


def by_flag(kind: str, flag: np.ndarray, yes: str, no: str) -> Cut:
    """Two levels by bool (n,)."""
    return Cut(kind, "", np.where(flag, 0, 1), (yes, no))
