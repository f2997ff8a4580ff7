"""Before and after on the same rows: how large the difference is, and whether it is distinguishable from chance."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

import numpy as np
from scipy import sparse
from scipy.special import ndtri
from scipy.stats import binomtest

from annotation.core.intervals import multinomial_bootstrap, percentile_interval, wilson
from annotation.core.refusal import Refusal
from modeling.core.proving.evaluation import METRICS, Counts, count
from modeling.core.proving.stored import Difference, ProofJson, SideScores

Verdict = Literal["better", "worse", "not distinguishable", "exploratory", "refused"]
EXPECTED_COST = "expected_cost"
DECIDING = (*METRICS, EXPECTED_COST)
# Costs are given for so many items.
ITEMS = 1_000
# Resampled cells held at once: 32 MB of counts.
BLOCK = 4_000_000


class UnableToCompare(Refusal):
    """The two sets of predictions and the truth do not make a comparison."""


@dataclass(frozen=True)
class Proof:
    """Two sets of predictions for the same n rows.

    before, after: accuracy, macro_f1, accuracy_low and accuracy_high (95 %, Wilson 1927). difference, after − before:
    metric, value, low and high (95 %), low_planned and high_planned (widened for the planned looks), accuracy and
    macro_f1. Where the metric is expected_cost, value and limits are before − after, what *after* saves per thousand
    items, and `unit` says of what: for every metric a value above 0 means that after is better. mcnemar_p: in [0, 1],
    of no difference in accuracy. reason: why the verdict is exploratory or refused, else None.
    """

    n: int
    before: SideScores
    after: SideScores
    difference: Difference
    wrong_to_right: int
    right_to_wrong: int
    mcnemar_p: float
    looks: int
    planned_looks: int
    verdict: Verdict
    reason: str | None

    def as_json(self) -> ProofJson:
        """Every figure under its name; `reason` only where there is one."""
        kept: ProofJson = {
            "n": self.n, "before": self.before, "after": self.after, "difference": self.difference,
            "wrong_to_right": self.wrong_to_right, "right_to_wrong": self.right_to_wrong, "mcnemar_p": self.mcnemar_p,
            "looks": self.looks, "planned_looks": self.planned_looks, "verdict": self.verdict,
        }  # fmt: skip
        if self.reason is not None:
            kept["reason"] = self.reason
        return kept


@dataclass(frozen=True)
class Cells:
    """The distinct (truth, before, after) of the rows; a number of rows in each is all a comparison needs."""

    truth: np.ndarray
    before: np.ndarray
    after: np.ndarray
    n_classes: int

    def difference(self, rows: np.ndarray, metric: str) -> np.ndarray:
        """after − before (resamples,) of a metric, for numbers of rows (resamples, cells)."""
        of = METRICS[metric]
        return of(self._counts(rows, self.after)) - of(self._counts(rows, self.before))

    def swapped(self) -> "Cells":
        """These cells, followed by the same with before and after exchanged."""
        before, after = np.concatenate([self.before, self.after]), np.concatenate([self.after, self.before])
        return Cells(np.tile(self.truth, 2), before, after, self.n_classes)

    def _counts(self, rows: np.ndarray, predicted: np.ndarray) -> Counts:
        hits = self._table(predicted, predicted == self.truth)
        return Counts(rows @ hits, rows @ self._table(predicted), rows @ self._table(self.truth))

    def _table(self, classes: np.ndarray, share: np.ndarray | float = 1.0) -> sparse.csr_matrix:
        """(cells, n_classes): `share` of each cell at its class."""
        cells = np.arange(len(classes))
        share = np.broadcast_to(share, len(classes)).astype(np.float64)
        return sparse.csr_matrix((share, (cells, classes)), shape=(len(classes), self.n_classes))


@dataclass(frozen=True)
class Losses:
    """What each row costs before and after, float (n,) or one value per cell, in `unit`; less is better."""

    before: np.ndarray
    after: np.ndarray
    unit: str

    def difference(self, rows: np.ndarray, metric: str) -> np.ndarray:
        """before − after (resamples,) per thousand items, for numbers of rows (resamples, cells)."""
        return ITEMS * (rows @ (self.before - self.after)) / rows.sum(axis=1)

    def swapped(self) -> "Losses":
        """These cells, followed by the same with before and after exchanged."""
        before, after = np.concatenate([self.before, self.after]), np.concatenate([self.after, self.before])
        return Losses(before, after, self.unit)

    def cells(self) -> tuple["Losses", np.ndarray]:
        """The distinct pairs of costs, and the number of rows of each."""
        pairs, rows = np.unique(np.column_stack([self.before, self.after]), axis=0, return_counts=True)
        return Losses(pairs[:, 0], pairs[:, 1], self.unit), rows


def compare(
    truth: np.ndarray, before: np.ndarray, after: np.ndarray, n_classes: int,
    metric: str, looks: int, planned_looks: int = 10, n_resamples: int = 10_000,
    seed: int = 0, steered: bool = False, refusal: str | None = None, losses: Losses | None = None,
) -> Proof:  # fmt: skip
    """Compare two predictions (n,) with the truth (n,), all int classes 0 … n_classes − 1.

    metric: one of DECIDING; expected_cost needs `losses`, the costs of each row. looks: how often this set has been
    read, this time included. steered: the decisions were steered by this very set.
    refusal: a sentence saying why there is to be no verdict. The 95 % interval is the percentile interval of the paired
    bootstrap (Efron & Tibshirani 1993), the planned one the same at 1 − 0.05 / planned_looks (Bonferroni), reaching to
    zero unless a paired test at that level excludes it: exact McNemar (1947) for accuracy, for the others the exchange
    of before and after (Fisher 1935; Edgington 1964). It alone gives the verdict. Raises UnableToCompare.
    """
    _check(truth, before, after, n_classes, metric, planned_looks, losses)
    n, was_right, is_right = len(truth), before == truth, after == truth
    up, down = int((is_right & ~was_right).sum()), int((was_right & ~is_right).sum())
    mcnemar_p = binomtest(up, up + down).pvalue if up + down else 1.0
    scored, rescored = _scores(truth, before, n_classes), _scores(truth, after, n_classes)
    values = {
        "accuracy": rescored["accuracy"] - scored["accuracy"], "macro_f1": rescored["macro_f1"] - scored["macro_f1"],
    }  # fmt: skip
    cells, rows = _cells_of(truth, before, after, n_classes, metric, losses)
    value = values[metric] if metric in values else float(cells.difference(rows[None], metric)[0])
    resampled = _bootstrap(cells, rows, metric, n_resamples, seed)
    plain = percentile_interval(value, resampled, n)
    planned = percentile_interval(value, resampled, n, 1 - 0.05 / planned_looks)
    low, high = planned.low, planned.high
    p = mcnemar_p if metric == "accuracy" else _exchange_p(cells, rows, metric, n_resamples, seed)
    if p >= 0.05 / planned_looks:
        low, high = min(low, 0.0), max(high, 0.0)
    verdict, reason = _verdict(low, high, looks, planned_looks, steered, refusal)
    difference: Difference = {
        "metric": metric, "value": value, "low": plain.low, "high": plain.high, "low_planned": low,
        "high_planned": high, "accuracy": values["accuracy"], "macro_f1": values["macro_f1"],
    }  # fmt: skip
    if metric == EXPECTED_COST and losses:
        difference["unit"] = losses.unit
    return Proof(
        n, scored, rescored, difference, up, down, float(mcnemar_p), looks, planned_looks, verdict, reason,
    )  # fmt: skip


def at_look(proof: Proof, looks: int, *, steered: bool = False, refusal: str | None = None) -> Proof:
    """The same figures read as look number `looks`: how often a set was read moves the verdict, not the resampling."""
    low, high = proof.difference["low_planned"], proof.difference["high_planned"]
    verdict, reason = _verdict(low, high, looks, proof.planned_looks, steered, refusal)
    return replace(proof, looks=looks, verdict=verdict, reason=reason)


def rows_to_distinguish(discordant_share: float, difference: float, planned_looks: int = 10, power: float = 0.8) -> int:
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


def _cells_of(
    truth: np.ndarray, before: np.ndarray, after: np.ndarray, n_classes: int, metric: str, losses: Losses | None
) -> tuple[Cells | Losses, np.ndarray]:
    """All that the metric asks of the rows, and the number of rows in each cell."""
    if metric == EXPECTED_COST and losses is not None:
        return losses.cells()
    if metric == "accuracy":
        # Right or wrong: four cells, whatever the number of classes.
        return _count_cells(np.zeros_like(truth), before != truth, after != truth, 2)
    return _count_cells(truth, before, after, n_classes)


def _count_cells(truth: np.ndarray, before: np.ndarray, after: np.ndarray, n_classes: int) -> tuple[Cells, np.ndarray]:
    columns, rows = np.unique(np.column_stack([truth, before, after]), axis=0, return_counts=True)
    return Cells(columns[:, 0], columns[:, 1], columns[:, 2], n_classes), rows


def _bootstrap(cells: Cells | Losses, rows: np.ndarray, metric: str, n_resamples: int, seed: int) -> np.ndarray:
    size = max(1, min(n_resamples, BLOCK // len(rows)))
    blocks = [min(size, n_resamples - start) for start in range(0, n_resamples, size)]
    drawn = (multinomial_bootstrap(rows, block, seed + number) for number, block in enumerate(blocks))
    return np.concatenate([cells.difference(block, metric) for block in drawn])


def _exchange_p(cells: Cells | Losses, rows: np.ndarray, metric: str, n_resamples: int, seed: int) -> float:
    """Two-sided p of no difference: each row's before and after change places with chance one half."""
    changed = cells.before != cells.after
    if not changed.any():
        return 1.0
    rng, both = np.random.default_rng(seed), cells.swapped()
    observed = abs(cells.difference(rows[None], metric)[0]) * (1 - 1e-12) - 1e-12
    size, reached = max(1, min(n_resamples, BLOCK // len(rows))), 0
    for start in range(0, n_resamples, size):
        kept = np.tile(rows, (min(size, n_resamples - start), 1))
        kept[:, changed] = rng.binomial(kept[:, changed], 0.5)
        reached += int((np.abs(both.difference(np.hstack([kept, rows - kept]), metric)) >= observed).sum())
    return (1 + reached) / (1 + n_resamples)


def _scores(truth: np.ndarray, predicted: np.ndarray, n_classes: int) -> SideScores:
    counts = count(truth, predicted, n_classes)
    share = wilson(int(counts.hits.sum()), len(truth))
    return {
        "accuracy": float(METRICS["accuracy"](counts)), "macro_f1": float(METRICS["macro_f1"](counts)),
        "accuracy_low": share.low, "accuracy_high": share.high,
    }  # fmt: skip


def _verdict(
    low: float, high: float, looks: int, planned_looks: int, steered: bool, refusal: str | None
) -> tuple[Verdict, str | None]:
    if refusal:
        return "refused", refusal
    if steered:
        return "exploratory", "The decisions were steered by this very production set."
    if looks > planned_looks:
        return "exploratory", f"This production set has been read {looks} times; {planned_looks} looks were planned."
    if low > 0:
        return "better", None
    return ("worse" if high < 0 else "not distinguishable"), None
