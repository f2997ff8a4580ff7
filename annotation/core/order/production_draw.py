"""Which unlabelled items become a production set: near-duplicate groups at random, one item of each."""

from dataclasses import dataclass

import numpy as np

from annotation.core.order.allocation import allocate

# Drawn of each stratum as far as there are as many: a source of which nobody was asked would be in no figure.
LEAST_DRAWN = 10


@dataclass(frozen=True, eq=False)
class UnitDraw:
    """chosen: positions int (m,), one item of each group drawn, in the random order in which they are asked. stratum:
    int (m,). weight: float (m,) above 0, mean 1. items, drawn: int (h,), items and items drawn by stratum."""

    chosen: np.ndarray
    stratum: np.ndarray
    weight: np.ndarray
    items: np.ndarray
    drawn: np.ndarray


def draw_units(group: np.ndarray, stratum: np.ndarray, size: int, seed: int) -> UnitDraw:
    """Draw `size` of the near-duplicate groups of n items at random, within strata where there are several.

    group: int (n,), the group of each item; stratum: int (n,) in 0 … h − 1. A group is asked about as one item of it,
    picked at random, and stands in that item's stratum. Strata get their share of the groups, at least LEAST_DRAWN. An
    item drawn weighs as many items as it stands for: those of its group times groups in its stratum / groups drawn
    there (Horvitz & Thompson 1952), divided by the mean of all weights.
    """
    random = np.random.default_rng(seed)
    shuffled = random.permutation(len(group))
    _, first, sizes = np.unique(group[shuffled], return_index=True, return_counts=True)
    units = shuffled[first]
    strata = int(stratum.max()) + 1 if len(stratum) else 0
    of = stratum[units]
    there = np.bincount(of, minlength=strata)
    size = min(size, len(units))
    least = np.minimum(there, min(LEAST_DRAWN, size // max(strata, 1)))
    shares = np.array(allocate(size * there / max(len(units), 1), there, least, size), dtype=np.int64)
    picked = [random.choice(np.flatnonzero(of == one), n, replace=False) for one, n in enumerate(shares.tolist())]
    drawn = random.permutation(np.concatenate([np.zeros(0, dtype=np.int64), *picked]).astype(np.int64))
    weight = sizes[drawn] * there[of[drawn]] / np.maximum(shares[of[drawn]], 1)
    return UnitDraw(
        units[drawn], of[drawn], weight / weight.mean() if len(weight) else weight,
        np.bincount(stratum, minlength=strata), shares,
    )  # fmt: skip


def effective_rows(weight: np.ndarray) -> float:
    """How many rows of equal weight say as much: (Σw)² / Σw² (Kish 1965)."""
    return float(weight.sum() ** 2 / (weight**2).sum()) if len(weight) else 0.0
