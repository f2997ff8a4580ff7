"""The unbiased ruler: a random draw over all labelled items, and what its answers say about the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from annotation.core.intervals import Interval, wilson
from annotation.core.order.allocation import allocate
from annotation.core.order.stored import StratumJson

# Shares of the items, from the least suspicious on, at which strata end: errors gather at the top.
CUTS = (0.5, 0.75, 0.9, 0.96, 0.99)
LEAST_DRAWN = 5
# An unanswered label's odds of being wrong lie within this factor of those answered in its stratum, either way.
GAMMA = 5.0
# Errors that an audit must have found before recall is worth a figure.
ENOUGH_ERRORS = 30

WRONG, RIGHT, UNANSWERED = 1, 0, -1


@dataclass(frozen=True)
class Stratum:
    """`low` and `high`: least and greatest score of its items; `items` in it, `drawn` of them."""

    low: float
    high: float
    items: int
    drawn: int

    def as_json(self) -> StratumJson:
        return {"low": self.low, "high": self.high, "items": self.items, "drawn": self.drawn}


@dataclass(frozen=True)
class Draw:
    """chosen: positions int (m,), in the random order in which they are asked. stratum: int (m,). probability: float
    (m,) in (0, 1], of being drawn. strata: by number."""

    chosen: np.ndarray
    stratum: np.ndarray
    probability: np.ndarray
    strata: tuple[Stratum, ...]


@dataclass(frozen=True)
class ErrorRate:
    """`rate`: share of the labels that are wrong, in [0, 1], widened for what is unanswered; its n counts answers.
    `least`, `most`: the share if every unanswered label were right, or wrong."""

    rate: Interval
    least: float
    most: float
    drawn: int
    answered: int
    wrong: int


@dataclass(frozen=True)
class Drawn:
    """One audit as answered. stratum, answer (WRONG, RIGHT, UNANSWERED): int (m,). sizes: items per stratum. `right`:
    labelled items outside the strata that experts had decided before the draw, taken as right."""

    stratum: np.ndarray
    answer: np.ndarray
    sizes: tuple[int, ...]
    right: int = 0


def draw(score: np.ndarray, size: int, seed: int) -> Draw:
    """Draw `size` of the n items at random within strata of their score, float (n,) in [0, 1].

    Half of the draw is shared out by the number of items, half by where errors are likely (Neyman 1934); at least
    LEAST_DRAWN a stratum as far as there are as many. Equal scores fall into strata at random.
    """
    random, n = np.random.default_rng(seed), len(score)
    size = min(size, n)
    shuffled = random.permutation(n)
    order = shuffled[np.argsort(np.asarray(score)[shuffled], kind="stable")]
    ends = [0, *(int(round(cut * n)) for cut in CUTS), n]
    members = [order[a:b] for a, b in zip(ends[:-1], ends[1:], strict=True) if b > a]
    shares = _shares([score[own] for own in members], size)
    chosen = [random.choice(own, m, replace=False) for own, m in zip(members, shares, strict=True)]
    strata = tuple(
        Stratum(float(score[own].min()), float(score[own].max()), len(own), m)
        for own, m in zip(members, shares, strict=True)
    )
    stratum = np.repeat(np.arange(len(strata)), shares)
    probability = np.array([one.drawn / one.items for one in strata])[stratum] if len(strata) else np.zeros(0)
    asked = random.permutation(len(stratum))
    positions = np.concatenate([np.zeros(0, dtype=np.int64), *chosen]).astype(np.int64)
    return Draw(positions[asked], stratum[asked], probability[asked], strata)


def _shares(scores: Sequence[np.ndarray], size: int) -> list[int]:
    """How many to draw from each stratum; together `size`, none more than it has, 1 at least where that can be."""
    items = np.array([len(own) for own in scores])
    if size >= items.sum():
        return items.tolist()
    likely = np.clip([float(np.mean(own)) for own in scores], 0.02, 0.5)
    spread = items * np.sqrt(likely * (1 - likely))
    wanted = size * (items / items.sum() + spread / spread.sum()) / 2
    return allocate(wanted, items, np.minimum(items, min(LEAST_DRAWN, size // len(items))), size)


def error_rate(drawn: Drawn) -> ErrorRate:
    """The share of all labels that are wrong, by Horvitz & Thompson (1952), answers weighing for the unanswered of
    their stratum (Little 1986).

    The interval is Wilson's at the effective sample size (Korn & Graubard 1998). It starts and ends where the
    unanswered of each stratum are wrong at odds GAMMA times lower and higher than the answered (a sensitivity bound as
    in Rosenbaum 2002), so skipping what is hard is covered up to that factor.
    """
    sizes = np.array(drawn.sizes, dtype=float)
    total = sizes.sum() + drawn.right
    n, wrong, open_ = _counts(drawn)
    answered = int(n.sum())
    if not total or not answered:
        return ErrorRate(Interval(float("nan"), 0.0, 1.0, 0), 0.0, 1.0, len(drawn.answer), 0, 0)
    share, smooth = _rates(n, wrong, sizes)
    gap = open_ / np.maximum(n + open_, 1)
    gap[n + open_ == 0] = 1.0
    part = sizes / total
    variance = float((part**2 * smooth * (1 - smooth) / np.maximum(n, 1) * (1 - n / sizes)).sum())
    middle = float(part @ smooth)
    effective = middle * (1 - middle) / variance if variance > 0 else 0.0
    value = float(part @ share)
    answers = wilson(value * effective, effective) if variance > 0 else Interval(value, value, value, answered)
    low, high = (
        float(part @ ((1 - gap) * reached + gap * _odds_times(reached, factor)))
        for reached, factor in (
            (_scaled(smooth, part, answers.low), 1 / GAMMA),
            (_scaled(smooth, part, answers.high), GAMMA),
        )
    )
    rate = Interval(value, min(low, value), max(high, value), answered)
    least, most = (float(part @ ((1 - gap) * share + gap * worst)) for worst in (0.0, 1.0))
    return ErrorRate(rate, least, most, len(drawn.answer), answered, int(wrong.sum()))


def _counts(drawn: Drawn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Answered, wrong and unanswered per stratum, float (h,)."""
    size = len(drawn.sizes)
    n, wrong, open_ = (
        np.bincount(drawn.stratum, weights=mask, minlength=size).astype(float)
        for mask in (drawn.answer != UNANSWERED, drawn.answer == WRONG, drawn.answer == UNANSWERED)
    )
    return n, wrong, open_


def _rates(n: np.ndarray, wrong: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share wrong per stratum, and the same drawn a little towards the whole, so that none is exactly 0 or 1."""
    asked = n > 0
    weight = sizes / sizes[asked].sum()
    whole = float((weight[asked] * (wrong[asked] / n[asked])).sum())
    pull = (whole * n.sum() + 0.5) / (n.sum() + 1)
    share = np.where(asked, wrong / np.maximum(n, 1), whole)
    return share, (wrong + pull) / (n + 1)


def _odds_times(share: np.ndarray, factor: float) -> np.ndarray:
    odds = factor * share / (1 - share)
    return odds / (1 + odds)


def _scaled(share: np.ndarray, part: np.ndarray, mean: float) -> np.ndarray:
    """The shares at the odds times one factor that gives them the weighted sum `mean`."""
    if not 0 < mean < part.sum():
        return np.full(len(share), 0.0 if mean <= 0 else 1.0)
    factor = brentq(lambda x: float(part @ _odds_times(share, np.exp(x))) - mean, -40, 40)
    return _odds_times(share, np.exp(factor))


def recall(audits: Sequence[Drawn], covered: Sequence[np.ndarray]) -> Interval:
    """Share of the wrong labels that are covered (flagged, or among the first k), pooled over audits.

    covered: bool (m,) per audit. Errors weigh as many items as they stand for; the limits let the unanswered be wrong
    at odds GAMMA times lower where they are covered and higher where not, and the reverse. n counts the errors found:
    under ENOUGH_ERRORS the figure says too little to be shown.
    """
    found = np.zeros(2)  # weight of errors: not covered, covered
    low, high = np.zeros(2), np.zeros(2)
    squares, errors = 0.0, 0
    for drawn, mask in zip(audits, covered, strict=True):
        n, wrong, open_ = _counts(drawn)
        if not n.sum():
            continue
        sizes = np.array(drawn.sizes, dtype=float)
        smooth = _rates(n, wrong, sizes)[1][drawn.stratum]
        answered, unknown = drawn.answer == WRONG, drawn.answer == UNANSWERED
        stands_for = (sizes / np.maximum(n, 1))[drawn.stratum]
        alone = (sizes / np.maximum(n + open_, 1))[drawn.stratum]
        errors, squares = errors + int(answered.sum()), squares + float((stands_for[answered] ** 2).sum())
        for side, own in enumerate((~mask, mask)):
            found[side] += stands_for[answered & own].sum()
            known = alone[answered & own].sum()
            fewer, more = ((alone * _odds_times(smooth, factor))[unknown & own].sum() for factor in (1 / GAMMA, GAMMA))
            low[side] += known + (fewer if side else more)
            high[side] += known + (more if side else fewer)
    if not errors:
        return Interval(float("nan"), 0.0, 1.0, 0)
    effective = found.sum() ** 2 / squares
    return Interval(
        found[1] / found.sum(), wilson(low[1] / low.sum() * effective, effective).low,
        wilson(high[1] / high.sum() * effective, effective).high, errors,
    )  # fmt: skip
