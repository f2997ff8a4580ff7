"""Whether what comes in, how it is labelled and how sure the model is differ from the first weeks, corrected."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy.stats import chi2_contingency, ks_2samp, mannwhitneyu, t

from annotation.core.intervals import Interval, newcombe
from modeling.core.watching.stored import ShiftJson

LEVEL = 0.05
# Rows on either side before they are compared; a category with fewer on both sides together is one of the rest.
LEAST, RARE = 30, 10
REST = "all others"
Kind: TypeAlias = Literal["number", "category", "text"]


@dataclass(frozen=True, eq=False)
class Watched:
    """What is watched of each row. values: float (n,), nan = missing; or str (n,); or vectors float (n, d)."""

    name: str
    kind: Kind
    values: np.ndarray


@dataclass(frozen=True)
class TwoSides:
    """p that both sides are alike; what: the category that changed most, "" of others; then, now, change: means, shares
    or, of texts, the chance that a late text looks later than an early one (.5 where they are alike)."""

    p: float
    what: str
    then: float
    now: float
    change: Interval


def shifts(
    watched: Sequence[Watched], week: np.ndarray, first: np.ndarray, groups: np.ndarray
) -> tuple[list[ShiftJson], int]:
    """What differs in which week from the first weeks, and how many tests were made; all p corrected for all tests
    (Holm 1979), those up to LEVEL kept, the surest first.

    week: datetime64[D] (n,); first: bool (n,), rows of the first weeks; groups: int (n,): of near-copies in a week, and
    in the first weeks, one is looked at.
    """
    early = _one_each(first, groups)
    found = []
    for monday in np.unique(week[~first]):
        late = _one_each(~first & (week == monday), groups)
        for one in watched:
            compared = compare_sides(one, early, late)
            if compared:
                found.append((monday, one, compared, int(late.sum()), int(early.sum())))
    found.sort(key=lambda each: each[2].p)
    kept: list[ShiftJson] = []
    for at, (monday, one, compared, n, n_then) in enumerate(found):
        p = compared.p * (len(found) - at)
        if p > LEVEL:
            break
        kept.append({
            "week": str(monday), "name": one.name, "kind": one.kind, "what": compared.what, "then": compared.then,
            "now": compared.now, "change": compared.change.as_json(), "n": n, "n_then": n_then,
            "p": max(p, kept[-1]["p"] if kept else 0.0),
        })  # fmt: skip
    return kept, len(found)


def _one_each(rows: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Bool (n,): of the rows the first of each group."""
    chosen = np.zeros(len(rows), dtype=bool)
    at = np.flatnonzero(rows)
    chosen[at[np.unique(groups[at], return_index=True)[1]]] = True
    return chosen


def compare_sides(one: Watched, early: np.ndarray, late: np.ndarray) -> TwoSides | None:
    """None where a side has fewer than LEAST rows that say something, or nothing differs among all of them."""
    if one.kind == "number":
        known = ~np.isnan(one.values)
    elif one.kind == "category":
        known = one.values != ""
    else:
        known = np.abs(one.values).sum(axis=1) > 0
    then, now = one.values[early & known], one.values[late & known]
    if min(len(then), len(now)) < LEAST:
        return None
    return {"number": _numbers, "category": _categories, "text": _texts}[one.kind](then, now)


def _numbers(then: np.ndarray, now: np.ndarray) -> TwoSides | None:
    """Kolmogorov-Smirnov; the change of the mean with Welch's interval (1947)."""
    if np.ptp(np.concatenate([then, now])) == 0:
        return None
    parts = [side.var(ddof=1) / len(side) for side in (then, now)]
    spread = sum(parts)
    df = spread**2 / sum(part**2 / (len(side) - 1) for part, side in zip(parts, (then, now), strict=True))
    change, half = float(now.mean() - then.mean()), float(t.ppf(0.975, df) * spread**0.5)
    p = float(ks_2samp(then, now, method="asymp").pvalue)
    return TwoSides(
        p, "", float(then.mean()), float(now.mean()), Interval(change, change - half, change + half, len(now))
    )


def _categories(then: np.ndarray, now: np.ndarray) -> TwoSides | None:
    """Pearson's χ²; the category whose share changed most, with Newcombe's interval (1998)."""
    names, counts = np.unique(np.concatenate([then, now]), return_counts=True)
    rare = names[counts < RARE]
    then, now = (np.where(np.isin(side, rare), REST, side) for side in (then, now))
    names = np.unique(np.concatenate([then, now]))
    if len(names) < 2:
        return None
    table = np.array([[int((side == name).sum()) for name in names] for side in (then, now)])
    p = float(chi2_contingency(table, correction=False).pvalue)
    share = table / table.sum(axis=1, keepdims=True)
    at = int(np.abs(share[1] - share[0]).argmax())
    change = newcombe(int(table[1, at]), len(now), int(table[0, at]), len(then))
    change = Interval(change.value, change.low, change.high, len(now))
    return TwoSides(p, str(names[at]), float(share[0, at]), float(share[1, at]), change)


def _texts(then: np.ndarray, now: np.ndarray) -> TwoSides | None:
    """A classifier of early against late texts, learned on every other text and judged on the rest (Lopez-Paz & Oquab
    2017): along the line between the two means; Mann & Whitney's p that it tells nothing; the limits of the chance that
    it orders two texts rightly are Hanley & McNeil's (1982)."""
    line = now[::2].mean(axis=0) - then[::2].mean(axis=0)
    early, late = then[1::2] @ line, now[1::2] @ line
    if np.ptp(np.concatenate([early, late])) == 0:
        return None
    told = mannwhitneyu(late, early, alternative="greater")
    chance, n, m = float(told.statistic) / (len(early) * len(late)), len(late), len(early)
    above, under = chance / (2 - chance), 2 * chance**2 / (1 + chance)
    variance = chance * (1 - chance) + (n - 1) * (above - chance**2) + (m - 1) * (under - chance**2)
    half = 1.959964 * (max(variance, 0.25 / n) / (n * m)) ** 0.5
    change = chance - 0.5
    limits = Interval(change, max(-0.5, change - half), min(0.5, change + half), n)
    return TwoSides(float(told.pvalue), "", 0.5, chance, limits)
