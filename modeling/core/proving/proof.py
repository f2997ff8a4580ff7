"""Before and after on the same rows: how large the difference is, and whether it is distinguishable from chance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal, cast

import numpy as np
from scipy.special import ndtri

from annotation.core.refusal import Refusal
from modeling.core.proving.evaluation import METRICS
from modeling.core.proving.paired import LEAST_UNITS, GroupedMean, exchange_p, share_by_group
from modeling.core.proving.per_row import EXPECTED_COST, ITEMS, Losses, Pair, ScoredRows, estimated, scored
from modeling.core.proving.stored import Difference, FlipCounts, MethodJson, ProofJson, RowsNeeded, SideScores

Verdict = Literal["better", "worse", "equivalent", "not distinguishable", "exploratory", "refused"]
DECIDING = (*METRICS, EXPECTED_COST)
POWER = 0.8
DRAWS = 10_000

__all__ = [
    "DECIDING", "EXPECTED_COST", "ITEMS", "Losses", "Pair", "Proof", "UnableToCompare", "Verdict", "at_look", "compare",
    "refused_json", "rows_to_distinguish", "too_few_units",
]  # fmt: skip


class UnableToCompare(Refusal):
    """The two sets of predictions and the truth do not make a comparison."""


@dataclass(frozen=True)
class Proof:
    """Two sets of predictions for the same n rows.

    before, after: accuracy, macro_f1, accuracy_low and accuracy_high (95 %), means over training seeds. difference,
    after − before: metric, value, low and high (95 %), low_planned and high_planned (widened for the planned looks),
    accuracy and macro_f1. Where the metric is expected_cost, value and limits are before − after, what *after* saves
    per thousand items, and `unit` says of what: for every metric a value above 0 means that after is better. mcnemar_p:
    in [0, 1], of no difference in accuracy. flips: of the first pair of predictions. worthwhile: as `compare`. needed:
    only where nothing was distinguished. reason: why the verdict is exploratory or refused, else None.
    """

    n: int
    before: SideScores
    after: SideScores
    difference: Difference
    flips: FlipCounts
    mcnemar_p: float
    method: MethodJson
    worthwhile: float | None
    needed: RowsNeeded | None
    looks: int
    planned_looks: int
    verdict: Verdict
    reason: str | None

    def as_json(self) -> ProofJson:
        """Every figure under its name; `reason` only where there is one."""
        kept: ProofJson = {
            "n": self.n, "before": self.before, "after": self.after, "difference": self.difference,
            "wrong_to_right": self.flips["mended"], "right_to_wrong": self.flips["broken"], "flips": self.flips,
            "mcnemar_p": self.mcnemar_p, "method": self.method, "worthwhile": self.worthwhile, "needed": self.needed,
            "looks": self.looks, "planned_looks": self.planned_looks, "verdict": self.verdict,
        }  # fmt: skip
        if self.reason is not None:
            kept["reason"] = self.reason
        return kept


def compare(
    truth: np.ndarray, before: np.ndarray, after: np.ndarray, n_classes: int, metric: str, looks: int,
    planned_looks: int = 10, *, groups: np.ndarray | None = None, weights: np.ndarray | None = None,
    worthwhile: float | None = None, losses: Losses | None = None, more: Sequence[Pair] = (),
    training_seeds: Sequence[int] = (), steered: bool = False, after_the_fact: bool = False,
    refusal: str | None = None, seed: int = 0,
) -> Proof:  # fmt: skip
    """Compare two predictions (n,) with the truth (n,), all int classes 0 … n_classes − 1.

    metric: one of DECIDING; expected_cost needs `losses`, the costs of each row. looks: how often these rows have been
    read, this time included. groups: int (n,), near-duplicates, the units; None = each row is one. weights: float (n,).
    worthwhile: the smallest difference in the metric worth having, declared beforehand; None = nobody did. more: what
    other training seeds (`training_seeds`, all of them) of the same two recipes predict; figures are means over seeds,
    and their spread is part of the limits. steered: decisions were steered by these very rows. after_the_fact: the same
    two sides were compared on them by other terms. refusal: a sentence saying why there is to be no verdict.

    The intervals are those of `paired.estimate`, for macro F1 of its linear approximation in rows; the planned one is
    at 1 − 0.05 / planned_looks (Bonferroni) and reaches to zero unless a paired test at that level excludes it: exact
    McNemar (1947) where every row is a unit, else the exchange of whole groups. It alone gives the verdict. Raises
    UnableToCompare.
    """
    _check(truth, before, after, n_classes, metric, planned_looks, losses)
    rows = ScoredRows(truth, n_classes, np.arange(len(truth)) if groups is None else groups, weights)
    pairs = [Pair(before, after, losses), *more]
    found, changes = estimated(rows, pairs, metric)
    level = 1 - 0.05 / planned_looks
    p = _mcnemar_p(rows, pairs, seed)
    test = lambda: p if metric == "accuracy" else exchange_p(changes, rows.groups, DRAWS, seed)  # noqa: E731
    difference = _difference(rows, pairs, metric, found, level, test)
    verdict, reason = _verdict(difference, looks, planned_looks, steered, after_the_fact, worthwhile, refusal)
    seeds = list(training_seeds) or [0] * len(pairs)
    return Proof(
        n=len(truth), before=_side(rows, [pair.before for pair in pairs]),
        after=_side(rows, [pair.after for pair in pairs]), difference=difference, flips=_flips(truth, before, after),
        mcnemar_p=p, method=_method(rows, found, metric, seeds, level, seed), worthwhile=worthwhile,
        needed=_needed(rows, found, worthwhile, level, verdict), looks=looks, planned_looks=planned_looks,
        verdict=verdict, reason=reason,
    )  # fmt: skip


def at_look(
    proof: Proof, looks: int, *, steered: bool = False, after_the_fact: bool = False, refusal: str | None = None
) -> Proof:
    """The same figures read as look number `looks`: how often rows were read moves the verdict, not the limits."""
    verdict, reason = _verdict(
        proof.difference, looks, proof.planned_looks, steered, after_the_fact, proof.worthwhile, refusal
    )
    return replace(proof, looks=looks, verdict=verdict, reason=reason)


def refused_json(n: int, metric: str, planned_looks: int, reason: str) -> ProofJson:
    """What a refused comparison says: no label was read, so that every figure is null."""
    side = dict.fromkeys(("accuracy", "macro_f1", "accuracy_low", "accuracy_high"))
    difference = dict.fromkeys(("value", "low", "high", "low_planned", "high_planned", "accuracy", "macro_f1"))
    return cast(ProofJson, {
        "n": n, "before": side, "after": side, "difference": {"metric": metric, **difference}, "wrong_to_right": None,
        "right_to_wrong": None, "mcnemar_p": None, "looks": None, "planned_looks": planned_looks, "verdict": "refused",
        "reason": reason,
    })  # fmt: skip


def too_few_units(groups: np.ndarray, weights: np.ndarray | None = None) -> str | None:
    """Why rows of these near-duplicate groups prove nothing, where they amount to fewer than LEAST_UNITS inputs."""
    sizes = np.bincount(np.unique(groups, return_inverse=True)[1], weights)
    effective = float(sizes.sum() ** 2 / (sizes**2).sum())
    if effective >= LEAST_UNITS:
        return None
    return (
        f"The {len(groups):,} production rows are copies of so few inputs that they count as {effective:.0f}; "
        f"{LEAST_UNITS} at least are needed. Import more that differ."
    )


def rows_to_distinguish(
    discordant_share: float, difference: float, planned_looks: int = 10, power: float = POWER
) -> int:
    """Production rows needed to tell a difference in accuracy from none, at 0.05 / planned_looks, with that power.

    discordant_share: share of rows, in (0, 1], that one of the two gets right and the other wrong; difference: of the
    accuracies, not 0 and at most discordant_share in size. The usual approximation for McNemar's test (Connor 1987).
    """
    if not 0 < abs(difference) <= discordant_share <= 1:
        raise UnableToCompare(
            f"A difference of {difference} cannot come from {discordant_share} of the rows: the difference must not be "
            "0, and its size at most the share of rows that changed, which is at most 1."
        )
    level, hit = float(ndtri(1 - 0.025 / planned_looks)), float(ndtri(power))
    spread = level * discordant_share**0.5 + hit * (discordant_share - difference**2) ** 0.5
    return ceil(spread**2 / difference**2)


def _check(
    truth: np.ndarray, before: np.ndarray, after: np.ndarray, n_classes: int, metric: str, planned_looks: int,
    losses: Losses | None,
) -> None:  # fmt: skip
    if metric not in DECIDING:
        raise UnableToCompare(f"{metric!r} is not a deciding metric; choose one of {', '.join(DECIDING)}.")
    if metric == EXPECTED_COST and losses is None:
        raise UnableToCompare("Nobody has said what errors cost; set costs before they decide a comparison.")
    if not len(truth) == len(before) == len(after):
        raise UnableToCompare(
            f"There are {len(truth)} true labels, {len(before)} predictions before and {len(after)} after; a "
            "comparison needs one of each per row."
        )
    if not len(truth):
        raise UnableToCompare("The production snapshot has no rows; import production items with trusted labels first.")
    if planned_looks < 1:
        raise UnableToCompare(f"At least one look has to be planned, not {planned_looks}.")
    for name, classes in (("true label", truth), ("prediction before", before), ("prediction after", after)):
        wrong = np.flatnonzero((classes < 0) | (classes >= n_classes))
        if len(wrong):
            raise UnableToCompare(f"Row {wrong[0] + 1}: the {name} is none of the {n_classes} classes.")


def _side(rows: ScoredRows, predictions: Sequence[np.ndarray]) -> SideScores:
    right = np.mean([predicted == rows.truth for predicted in predictions], axis=0)
    share = share_by_group(right, rows.groups, rows.weights)
    return {
        "accuracy": share.value, "macro_f1": float(np.mean([scored(rows, one, "macro_f1") for one in predictions])),
        "accuracy_low": share.low, "accuracy_high": share.high, "accuracy_ci": [share.low, share.high],
    }  # fmt: skip


def _difference(
    rows: ScoredRows, pairs: Sequence[Pair], metric: str, found: GroupedMean, level: float, test: Callable[[], float]
) -> Difference:
    """test: p of no difference, asked only where the interval alone would exclude it."""
    plain, planned = found.interval(0.95), found.interval(level)
    low, high = planned.low, planned.high
    if (low > 0 or high < 0) and test() >= 1 - level:
        low, high = min(low, 0.0), max(high, 0.0)
    gained = {
        name: float(np.mean([scored(rows, one.after, name) - scored(rows, one.before, name) for one in pairs]))
        for name in METRICS
    }
    difference: Difference = {
        "metric": metric, "value": found.value, "low": plain.low, "high": plain.high, "low_planned": low,
        "high_planned": high, "accuracy": gained["accuracy"], "macro_f1": gained["macro_f1"],
    }  # fmt: skip
    if metric == EXPECTED_COST and (losses := pairs[0].losses):
        difference["unit"] = losses.unit
    return difference


def _mcnemar_p(rows: ScoredRows, pairs: Sequence[Pair], seed: int) -> float:
    """Of no difference in accuracy; where every row is a unit that is the exact test of McNemar (1947)."""
    right = [(pair.after == rows.truth).astype(float) - (pair.before == rows.truth) for pair in pairs]
    weights = 1.0 if rows.weights is None else rows.weights
    return exchange_p(np.mean(right, axis=0) * weights, rows.groups, DRAWS, seed)


def _flips(truth: np.ndarray, before: np.ndarray, after: np.ndarray) -> FlipCounts:
    was, now = before == truth, after == truth
    return {
        "mended": int((now & ~was).sum()), "broken": int((was & ~now).sum()),
        "changed_wrong": int((~was & ~now & (before != after)).sum()),
    }  # fmt: skip


def _method(
    rows: ScoredRows, found: GroupedMean, metric: str, training_seeds: list[int], level: float, seed: int
) -> MethodJson:
    alone = found.n_units == len(rows.truth)
    whole = metric == "accuracy" and len(training_seeds) == 1 and rows.weights is None
    return {
        "unit": "row" if alone else "near-duplicate group", "n_units": found.n_units,
        "effective_units": found.effective,
        "interval": "Student's t over units, adjusted for few changes (Bonett & Price 2012; CR3)",
        "test": "exact McNemar" if alone and whole else "exchange of whole units", "draws": 0 if whole else DRAWS,
        "seed": seed,
        "training_seeds": training_seeds, "level": 0.95, "level_planned": level,
    }  # fmt: skip


def _needed(
    rows: ScoredRows, found: GroupedMean, worthwhile: float | None, level: float, verdict: Verdict
) -> RowsNeeded | None:
    if verdict != "not distinguishable" or not worthwhile:
        return None
    n = ceil(found.share_needed(worthwhile, level, POWER) * len(rows.truth))
    return {"rows": n, "more": max(0, n - len(rows.truth)), "difference": worthwhile, "power": POWER}


def _verdict(
    difference: Difference, looks: int, planned_looks: int, steered: bool, after_the_fact: bool,
    worthwhile: float | None, refusal: str | None,
) -> tuple[Verdict, str | None]:  # fmt: skip
    low, high = difference["low_planned"], difference["high_planned"]
    if refusal:
        return "refused", refusal
    if steered:
        return "exploratory", "Cases were opened from what these production rows showed: they no longer judge it."
    if after_the_fact:
        return "exploratory", "Asked after the fact: the same two were compared on these rows by other terms before."
    if looks > planned_looks:
        return "exploratory", f"These production rows have been read {looks} times; {planned_looks} looks were planned."
    if worthwhile and -worthwhile < low and high < worthwhile:
        return "equivalent", None
    if low > 0:
        return "better", None
    return ("worse" if high < 0 else "not distinguishable"), None
