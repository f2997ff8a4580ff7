"""How much of production's error comes from wrong labels in the pool: those that err at random, and those that follow
a habit which the model has learned with them."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from annotation.core.detectors.label_error import LabelError
from annotation.core.judging.evidence import Evidence
from annotation.core.likeness.near_duplicates import Groups
from modeling.core.diagnosing.evidence import FOLDS, HeldOut
from modeling.core.diagnosing.sides import SideRows, Sides

# Standard errors by which production must contradict the pool on a pair of classes, and in how many rows.
CONTRADICTED, LEAST = 3.0, 3
# A share of wrong labels below this moves nothing that could be measured; above the other nothing is left to learn.
SLIGHT, HOPELESS = 0.02, 0.6
# The simulated share of wrong labels is this many times the one found, and never more than MOST.
WORSE, MOST = 1.5, 0.8
# Pool rows looked at for each production row that contradicts their label.
NEAREST = 3


@dataclass(frozen=True, eq=False)
class WrongLabels:
    """share: of pool labels that disagree with the model more often than production's truth does, in [0, 1]. pairs:
    (truth, taken for) that production contradicts, classes. doubted: positions in the pool, the most doubtful first,
    and what each is more likely to be, int."""

    share: float
    pairs: tuple[tuple[int, int], ...]
    doubted: np.ndarray
    rival: np.ndarray


def wrong_labels(sides: Sides, judged: HeldOut, near: np.ndarray) -> WrongLabels:
    """near: bool (m,), production rows of a kind that the pool has: elsewhere other causes speak."""
    doubted, rival = _doubted(sides.pool, judged.said, sides.n_classes)
    return WrongLabels(
        share_wrong(sides, judged, near), contradicted(sides, judged, near), doubted, rival[doubted]
    )  # fmt: skip


def share_wrong(sides: Sides, judged: HeldOut, near: np.ndarray) -> float:
    """Models of the same rows are right about production's truth more often than about the pool's own labels: the gap
    is labels that are wrong at random. Class by predicted class, less what chance alone would give."""
    if near.sum() < LEAST:
        return 0.0
    own, of_production = judged.said.argmax(axis=1), judged.production.argmax(axis=2)
    truth, gap, seen = sides.production.labels, 0.0, 0.0
    for code in range(sides.n_classes):
        pool, there = own == code, (of_production == code) & near
        n, m = int(pool.sum()), there.sum() / FOLDS
        if n < LEAST or m < LEAST:
            continue
        agrees = float((sides.pool.labels[pool] == code).mean())
        true = float(np.broadcast_to(truth == code, there.shape)[there].mean())
        chance = _error(agrees * n + true * m, n, m) / np.sqrt(2 * np.pi)
        gap, seen = gap + m * (max(0.0, true - agrees) - chance), seen + m
    right = float((of_production == truth)[:, near].mean())
    return float(np.clip(gap / max(seen, 1) / max(right - (1 - right) / (sides.n_classes - 1), 0.05), 0, HOPELESS))


def contradicted(sides: Sides, judged: HeldOut, near: np.ndarray) -> tuple[tuple[int, int], ...]:
    """Pairs (truth, predicted) that production shows much more often than the pool, out of fold, shows (label,
    predicted), and much more often than the other way round: the pool's labels say otherwise than production's."""
    own, of_production = judged.said.argmax(axis=1), judged.production.argmax(axis=2)
    K, truth = sides.n_classes, sides.production.labels
    pool = np.bincount(sides.pool.labels * K + own, minlength=K * K).reshape(K, K)
    cells = (np.broadcast_to(truth, of_production.shape) * K + of_production)[:, near]
    found = np.bincount(cells.ravel(), minlength=K * K).reshape(K, K) / FOLDS
    n, m = pool.sum(axis=0), found.sum(axis=0)
    pairs = []
    for true, said in np.argwhere(found >= LEAST).tolist():
        if true == said or n[said] < LEAST:
            continue
        error = _error(found[true, said] + pool[true, said], n[said], m[said])
        if found[true, said] / m[said] - pool[true, said] / n[said] > CONTRADICTED * error:
            pairs.append((true, said))
    return tuple(pairs)


def habit(truth: np.ndarray, predicted: np.ndarray, pairs: tuple[tuple[int, int], ...], near: np.ndarray) -> np.ndarray:
    """Float (m,): 1 where a row is an error of such a pair, −1 where it is one the other way round: what honest overlap
    of the two explains."""
    value = np.zeros(len(truth))
    for true, said in pairs:
        value += (truth == true) & (predicted == said) & near
        value -= (truth == said) & (predicted == true) & near & ((said, true) not in pairs)
    return value


def followed(sides: Sides, predicted: np.ndarray, pairs: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Positions of pool rows whose labels production contradicts: for each row of production that is an error of such a
    pair the NEAREST pool rows that carry the class it was taken for, those next to most such rows first."""
    X, there = sides.read()
    votes = np.zeros(len(sides.pool))
    for true, said in pairs:
        errors = np.flatnonzero((sides.production.labels == true) & (predicted == said))
        carry = np.flatnonzero(sides.pool.labels == said)
        alike = np.asarray((there[errors] @ X[carry].T).todense())
        nearest = np.argsort(-alike, axis=1, kind="stable")[:, :NEAREST]
        near = np.take_along_axis(alike, nearest, axis=1)
        np.add.at(votes, carry[nearest.ravel()], near.ravel())
    order = np.argsort(-votes, kind="stable")
    return order[votes[order] > 0]


def with_more_noise(sides: Sides, share: float, seed: int) -> Sides:
    """The pool with more labels drawn at random, so that 1.5 times as many are wrong: what accuracy falls by says what
    it would rise by without (simulation and extrapolation; Cook & Stefanski 1994)."""
    rng, labels = np.random.default_rng(seed), sides.pool.labels.copy()
    more = 1 - (1 - min(WORSE * share, MOST)) / (1 - share)
    hit = rng.random(len(labels)) < more
    labels[hit] = (labels[hit] + rng.integers(1, sides.n_classes, int(hit.sum()))) % sides.n_classes
    return replace(sides, pool=replace(sides.pool, labels=labels))


def cleaned(sides: Sides, wrong: WrongLabels) -> Sides:
    """The pool with what is doubted replaced by what is more likely."""
    labels = sides.pool.labels.copy()
    labels[wrong.doubted] = wrong.rival
    return replace(sides, pool=replace(sides.pool, labels=labels))


def _doubted(pool: SideRows, said: np.ndarray, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions that the detector `label_error` would flag on these probabilities, the most doubtful first, and the
    likeliest other class of every row."""
    each = np.arange(len(pool))
    evidence = Evidence(
        pool.table, (), tuple(map(str, range(n_classes))), pool.labels, pd.DataFrame(), (), Groups(each, each),
        said.astype(np.float64),
    )  # fmt: skip
    detector = LabelError()
    doubt = detector.read(evidence)
    flagged = (doubt.odds > detector.flag_odds) & (doubt.share > detector.flag_share)
    order = np.argsort(-doubt.score, kind="stable")
    return order[flagged[order]], doubt.rival


def _error(hits: float, n: float, m: float) -> float:
    """Standard error of the difference of two shares that are the same."""
    share = hits / (n + m)
    return float(np.sqrt(max(share * (1 - share), 1e-9) * (1 / n + 1 / m)))
