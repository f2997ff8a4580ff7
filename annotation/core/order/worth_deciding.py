"""How much of the queue is worth an expert's time: how many cases likely hold a wrong label, where it stops paying."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression, minimize
from scipy.special import expit, logit

from annotation.core.intervals import Interval
from annotation.core.order.stored import WorthJson
from annotation.core.stored import IntervalJson
from annotation.core.wording import counted

# A decision pays while one in so many changes a label. Of a careful expert's answers about one in ten to twenty is a
# slip; where fewer labels than that are wrong, answers do as much harm as good.
ONE_IN = 10
# Decisions before anything is said.
ENOUGH = 25
# Prior of the line over log odds, start and slope and how far each may be off: what is left lies further down the queue
# than what was decided, and from a few decisions at its top a line goes anywhere.
START, SPREAD_START, SLOPE, SPREAD_SLOPE = -1.0, 1.0, 0.5, 0.3
# At either end of the interval all odds are so many times lower or higher: what is left differs from what was decided
# in more than its chance.
GAMMA = 2.0
# Chances are brought so far inside 0 and 1: at the top of the queue they differ by what lies far beyond .99.
SUREST = 1e-9
Z = 1.96


@dataclass(frozen=True)
class Worth:
    """Of `open` cases: how many likely hold a wrong label, and how many, from the first on, are worth deciding. The n
    of both is how many decisions they rest on."""

    open: int
    wrong: Interval
    cases: Interval

    def as_json(self) -> WorthJson:
        return {"open": self.open, "wrong": self.wrong.as_json(), "cases": self.cases.as_json()}


@dataclass(frozen=True, eq=False)
class _Line:
    """Log odds that a decision changes a label = start + slope · log odds of the case's chance; `spread` (2, 2) is the
    covariance of the two."""

    start: float
    slope: float
    spread: np.ndarray

    def read(self, chance: np.ndarray, shift: float = 0.0, deviations: float = 0.0) -> np.ndarray:
        """Float (m,) in [0, 1], so many standard deviations off, the odds times exp(shift)."""
        x = _log_odds(chance)
        deviation = np.sqrt(self.spread[0, 0] + 2 * self.spread[0, 1] * x + self.spread[1, 1] * x**2)
        return expit(self.start + self.slope * x + shift + deviations * deviation)


def worth_deciding(decided: np.ndarray, changed: np.ndarray, waiting: np.ndarray) -> Worth | None:
    """What the open cases are worth; None with fewer than ENOUGH decisions.

    decided: float (k,) in [0, 1], the chance of each case decided on, as the order has learned it, its likeliest
    member's; changed: bool (k,), the decision changed a label. waiting: float (u,), the same of the open cases in the
    order of the queue; nan = it holds an item without a label, so that any answer is worth one.

    A line over log odds (Platt 1999) with a Gaussian prior says how the chances fared, its Laplace approximation how
    surely (MacKay 1992). The limits are of its 95 % interval, the odds GAMMA times beyond. The queue stops paying where
    the falling sequence closest to the chances so read (Barlow et al. 1972) comes under 1 / ONE_IN.
    """
    if len(changed) < ENOUGH:
        return None
    line, k = _fitted(decided, changed), len(changed)
    read = [line.read(waiting, side * np.log(GAMMA), side * Z) for side in (-1, 0, 1)]
    luck = [side * Z * float(np.sqrt(np.nansum(one * (1 - one)))) for side, one in zip((-1, 0, 1), read, strict=True)]
    most = float((~np.isnan(waiting)).sum())
    wrong = [min(max(float(np.nansum(one)) + by, 0.0), most) for one, by in zip(read, luck, strict=True)]
    cases = [float(_paying(np.where(np.isnan(one), 1.0, one))) for one in read]
    return Worth(
        len(waiting), Interval(wrong[1], wrong[0], wrong[2], k),
        Interval(cases[1], min(cases[:2]), max(cases[1:]), k),
    )  # fmt: skip


def in_words(kept: WorthJson) -> str:
    """What a learned order keeps of a Worth, as a lead reads it; "" where no case is open."""
    if not kept["open"]:
        return ""
    wrong, cases = kept["wrong"], kept["cases"]
    n, hold = round(wrong["value"]), "holds" if kept["open"] == 1 else "hold"
    about = f"About {n:,} of {counted(kept['open'], 'open case')} likely {hold} a wrong label"
    between = f"95 % interval {_span(wrong)}; n = {counted(wrong['n'], 'decision')}"
    return f"{about} ({between}). {_pays(kept['open'], round(cases['value']), _span(cases))}"


def _pays(open_cases: int, paying: int, between: str) -> str:
    rest = f"fewer than one decision in {ONE_IN} is expected to change a label"
    if not paying:
        return f"None of the {counted(open_cases, 'case')} is worth an expert's time any more ({between}): {rest}."
    if paying < open_cases:
        first = f"The first {paying:,} of the {counted(open_cases, 'case')}" if paying > 1 else "Only the first case"
        is_worth = "are" if paying > 1 else "is"
        return f"{first} {is_worth} worth an expert's time ({between}): after that {rest}."
    if open_cases == 1:
        return f"The one open case is worth an expert's time ({between})."
    return (
        f"All {open_cases:,} open cases are worth an expert's time ({between}): to the last at least one decision in "
        f"{ONE_IN} is expected to change a label."
    )


def _span(of: IntervalJson) -> str:
    return f"{math.floor(of['low']):,} to {math.ceil(of['high']):,}"


def _fitted(decided: np.ndarray, changed: np.ndarray) -> _Line:
    x, y = np.column_stack([np.ones(len(decided)), _log_odds(decided)]), np.asarray(changed, dtype=float)
    start, strength = np.array([START, SLOPE]), 1 / np.array([SPREAD_START, SPREAD_SLOPE]) ** 2

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        eta, away = x @ beta, beta - start
        value = float((np.logaddexp(0, eta) - y * eta).sum() + (strength * away**2).sum() / 2)
        return value, x.T @ (expit(eta) - y) + strength * away

    beta = minimize(loss, start, jac=True, method="L-BFGS-B").x
    share = expit(x @ beta)
    precision = (x * (share * (1 - share))[:, np.newaxis]).T @ x + np.diag(strength)
    return _Line(float(beta[0]), float(beta[1]), np.linalg.inv(precision))


def _log_odds(chance: np.ndarray) -> np.ndarray:
    return logit(np.clip(np.asarray(chance, dtype=float), SUREST, 1 - SUREST))


def _paying(chance: np.ndarray) -> int:
    """How many cases come before the first from which on fewer than one decision in ONE_IN pays."""
    if not len(chance):
        return 0
    return int((isotonic_regression(chance, increasing=False).x >= 1 / ONE_IN).sum())
