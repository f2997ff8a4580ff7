"""Production that is unlike the pool: how well a classifier tells them apart, sources the pool lacks, far rows."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from modeling.core.diagnosing.sides import Sides

# Production rows that look less like the pool than this share of the pool does are far from it.
INSIDE = 0.9
# A source is lacking where its share of the pool is less than this part of its share of production, which has so many.
PART, LEAST = 0.2, 5
# They are surely apart where an AUC this many standard errors lower would still be above that.
SURELY, APART = 2.0, 0.54


@dataclass(frozen=True)
class Lacking:
    """A source of production that the pool lacks. n: production rows; pool: rows in the pool; accuracy: of the model in
    use on those production rows, in [0, 1]."""

    source: str
    n: int
    pool: int
    accuracy: float


@dataclass(frozen=True, eq=False)
class Coverage:
    """auc: how often a production row looks more like production than a pool row does, out of fold, .5 = they can't be
    told apart; error: its standard error (Hanley & McNeil 1982). far: bool (m,), production rows far from the pool or
    from sources it lacks. beyond: share of far rows beyond what a pool like production would have. near_accuracy,
    far_accuracy: of the model in use, nan where there are none."""

    auc: float
    error: float
    far: np.ndarray
    beyond: float
    near_accuracy: float
    far_accuracy: float
    lacking: tuple[Lacking, ...]

    @property
    def evident(self) -> bool:
        """Production is surely of another kind: where it then contradicts the pool's labels, they need not be wrong."""
        return bool(self.lacking) or self.auc - SURELY * self.error > APART


def coverage(sides: Sides, odds_pool: np.ndarray, odds: np.ndarray, right: np.ndarray) -> Coverage:
    """odds_pool: float (n,), odds: float (m,), as `evidence.domain`. right: bool (m,), of the model in use."""
    lacking = _lacking(sides, right)
    far = odds > np.quantile(odds_pool, INSIDE)
    there = np.isin(sides.production.sources, [one.source for one in lacking])
    inside = float((odds_pool > np.quantile(odds_pool, INSIDE)).mean())
    usual = inside * float((~there).mean())
    far |= there
    share = float(far.mean())
    beyond = max(0.0, 1 - usual / share) if share else 0.0
    auc = _auc(odds_pool, odds)
    return Coverage(
        auc, _auc_error(auc, len(odds_pool), len(odds)), far, beyond, _mean(right[~far]), _mean(right[far]), lacking
    )  # fmt: skip


def lost_far(found: Coverage, right: np.ndarray) -> np.ndarray:
    """Float (m,), its mean what accuracy would rise by if far rows were predicted as well as the near ones are."""
    if not found.far.any() or found.far.all():
        return np.zeros(len(right))
    return found.beyond * np.where(found.far, found.near_accuracy - right, 0.0)


def _lacking(sides: Sides, right: np.ndarray) -> tuple[Lacking, ...]:
    """None where the pool's sources were never recorded: then nobody knows what it lacks."""
    found = []
    of_pool, of_production = sides.pool.sources, sides.production.sources
    if not (of_pool != "").any():
        return ()
    for source in np.unique(of_production):
        there = of_production == source
        n, pool = int(there.sum()), int((of_pool == source).sum())
        if n >= LEAST and pool / len(of_pool) < PART * n / len(there):
            found.append(Lacking(str(source), n, pool, _mean(right[there])))
    return tuple(sorted(found, key=lambda one: -one.n))


def _auc(pool: np.ndarray, production: np.ndarray) -> float:
    n, m = len(pool), len(production)
    ranks = rankdata(np.concatenate([pool, production]))
    return float((ranks[n:].sum() - m * (m + 1) / 2) / (n * m))


def _auc_error(auc: float, n: int, m: int) -> float:
    one, other = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (m - 1) * (one - auc**2) + (n - 1) * (other - auc**2)
    return float(np.sqrt(max(variance, 0.0) / (n * m)))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")
