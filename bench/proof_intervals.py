"""Whether intervals hold what is true and how often *better* and *equivalent* are said falsely: comparisons drawn from
a made production whose truth is known, with rows alone and in near-duplicate groups.

The rival is the percentile bootstrap of rows, by which comparisons were judged before groups were the unit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from annotation.core.intervals import multinomial_bootstrap
from bench.table import Row, row
from modeling.core.proving.per_row import EXPECTED_COST, Losses
from modeling.core.proving.proof import Proof, compare, too_few_units

REPEATS, SEQUENCES, LOOKS = 4_000, 1_000, 10
SIZES = (300, 1_500, 5_000)
GROUPS = {"alone": 1, "groups of 1-5": 5, "groups of 1-20": 20}
BALANCES = {"balanced": 0.5, "95:5": 0.05}
# Share of errors that *after* puts right.
EFFECTS = {"no effect": 0.0, "an effect": 0.25}
# Missing the rare class costs twenty times a false alarm.
COSTS = np.array([[0.0, 1.0], [20.0, 0.0]])
METRICS = ("accuracy", "macro_f1", EXPECTED_COST)
LEAST_HELD, MOST_FALSE, MARGIN = 0.93, 0.025, 0.01


@dataclass(frozen=True)
class World:
    """Rows of two classes, the second with chance `rare`, in groups of 1 to `most` whose rows are mostly predicted
    alike; *before* is right with chance .9 (.7 on the second class where it is rare)."""

    most: int
    rare: float
    effect: float

    def drawn(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """truth, before, after, group; n rows."""
        sizes = np.minimum(rng.integers(1, self.most + 1, size=n), n)
        sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), n)) + 1]
        sizes[-1] -= sizes.sum() - n
        group = np.repeat(np.arange(len(sizes)), sizes)
        truth = (rng.random(len(sizes)) < self.rare).astype(int)
        before, after = self._predicted(truth, rng)
        truth, before, after = truth[group], before[group], after[group]
        if self.most > 1:
            own = rng.random(n) < 0.2
            other, later = self._predicted(truth, rng)
            before, after = np.where(own, other, before), np.where(own, later, after)
        return truth, before, after, group

    def _predicted(self, truth: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        right = np.where((truth == 1) & (self.rare < 0.1), 0.7, 0.9)
        draw = lambda: np.where(rng.random(len(truth)) < right, truth, 1 - truth)  # noqa: E731
        before = draw()
        after = np.where(rng.random(len(truth)) < 0.1, draw(), before)
        return before, np.where(rng.random(len(truth)) < self.effect, truth, after)

    def true_differences(self) -> dict[str, float]:
        truth, before, after, _ = World(1, self.rare, self.effect).drawn(4_000_000, np.random.default_rng(99))
        found = {"accuracy": (after == truth).mean() - (before == truth).mean()}
        found["macro_f1"] = _macro_f1(truth, after) - _macro_f1(truth, before)
        found[EXPECTED_COST] = 1_000 * (COSTS[truth, before] - COSTS[truth, after]).mean()
        return {name: 0.0 if not self.effect else float(value) for name, value in found.items()}


def _macro_f1(truth: np.ndarray, predicted: np.ndarray) -> float:
    table = np.bincount(2 * truth + predicted, minlength=4).reshape(2, 2)
    return float((2 * table.diagonal() / (table.sum(0) + table.sum(1))).mean())


@dataclass
class Counted:
    """Over repeated draws: how often the plain interval held the truth, the rival's did, and what was said."""

    n: int = 0
    held: int = 0
    rival: int = 0
    better: int = 0
    wrong: int = 0
    equivalent: int = 0
    refused: int = 0

    def add(self, proof: Proof | None, truth: float, rival: bool) -> None:
        self.n += 1
        if proof is None:
            self.refused += 1
            return
        found = proof.difference
        self.held += found["low"] <= truth <= found["high"]
        self.rival += rival
        self.better += proof.verdict == "better"
        self.wrong += (proof.verdict == "better" and truth <= 0) or (proof.verdict == "worse" and truth >= 0)
        self.equivalent += proof.verdict == "equivalent"

    @property
    def judged(self) -> int:
        return max(1, self.n - self.refused)


def run() -> list[Row]:
    rows = [one for cell in cells() for one in of_cell(*cell, REPEATS)]
    return [*rows, *ten_looks(SEQUENCES), *never_equivalent(REPEATS)]


def cells() -> Iterator[tuple[int, str, str, str]]:
    return product(SIZES, BALANCES, GROUPS, EFFECTS)


def of_cell(n: int, balance: str, grouped: str, effect: str, repeats: int) -> list[Row]:
    world = World(GROUPS[grouped], BALANCES[balance], EFFECTS[effect])
    truth, rng = world.true_differences(), np.random.default_rng(n)
    counted = {metric: Counted() for metric in METRICS}
    for number in range(repeats):
        drawn = world.drawn(n, rng)
        for metric in METRICS:
            proof = _compared(drawn, metric)
            rival = metric == "accuracy" and _by_rows(drawn, truth["accuracy"], number)
            counted[metric].add(proof, truth[metric], rival)
    found = []
    for metric, one in counted.items():
        name, data = f"proof.intervals.{metric}", f"n = {n}, {balance}, {grouped}, {effect}"
        held = one.held / one.judged
        peer = one.rival / one.judged if metric == "accuracy" else LEAST_HELD
        named = "bootstrap of rows" if metric == "accuracy" else "asked"
        found.append(
            row(f"{name}.held", data, one.n, "share of 95 % intervals", held, peer, named, "", LEAST_HELD / peer)
        )
        if not world.effect:
            said = max(one.better / one.judged, 1e-9)
            found.append(
                row(f"{name}.false_better", data, one.n, "share of looks", said, MOST_FALSE, "asked", "", 1.0, False)
            )
    print(f"{n:5} {balance:9} {grouped:15} {effect:10}", {
        metric: f"{one.held / one.judged:.3f} rival {one.rival / one.judged:.3f} better {one.better / one.judged:.4f} "
        f"wrong {one.wrong / one.judged:.4f} refused {one.refused}" for metric, one in counted.items()
    }, flush=True)  # fmt: skip
    return found


def _compared(drawn: tuple[np.ndarray, ...], metric: str, worthwhile: float | None = None) -> Proof | None:
    truth, before, after, groups = drawn
    if too_few_units(groups):
        return None
    losses = (
        Losses(COSTS[truth, before], COSTS[truth, after], "", float(COSTS.max())) if metric == EXPECTED_COST else None
    )
    return compare(truth, before, after, 2, metric, 1, LOOKS, groups=groups, losses=losses, worthwhile=worthwhile)


def _by_rows(drawn: tuple[np.ndarray, ...], true: float, seed: int) -> bool:
    """Whether the percentile bootstrap of rows holds what is true of accuracy."""
    truth, before, after, _ = drawn
    change = (after == truth).astype(int) - (before == truth)
    counts = np.array([(change == value).sum() for value in (-1, 0, 1)])
    resampled = multinomial_bootstrap(counts, 1_000, seed)
    low, high = np.quantile((resampled[:, 2] - resampled[:, 0]) / len(truth), [0.025, 0.975])
    return bool(low <= true <= high)


def ten_looks(sequences: int) -> list[Row]:
    """Ten planned looks at sets that share all rows but a tenth: *better* said of no effect at any of them."""
    found = []
    for grouped, most in GROUPS.items():
        rng, false = np.random.default_rng(7), 0
        for _ in range(sequences):
            drawn = World(most, 0.5, 0.0).drawn(1_500, rng)
            false += any(_look(drawn, rng) for _ in range(LOOKS))
        share = max(false / sequences, 1e-9)
        data = f"n = 1500, {grouped}, {LOOKS} looks"
        found.append(
            row(
                "proof.looks.false_better",
                data,
                sequences,
                "share of sequences",
                share,
                MOST_FALSE,
                "asked",
                "",
                1.0,
                False,
            )
        )
        print("ten looks", grouped, share, flush=True)
    return found


def _look(drawn: tuple[np.ndarray, ...], rng: np.random.Generator) -> bool:
    """A set with nine in ten of the groups, and another *after* that is no better."""
    truth, before, _, groups = drawn
    kept = np.isin(groups, np.flatnonzero(rng.random(groups.max() + 1) < 0.9))
    turned = np.flatnonzero(rng.random(groups.max() + 1) < 0.1)
    # of the groups that change, as many become right as wrong on average: each is drawn anew with the same chance
    fresh = np.where(rng.random(groups.max() + 1) < 0.9, 1, 0)[groups]
    after = np.where(np.isin(groups, turned), np.where(fresh == 1, truth, 1 - truth), before)
    part = (truth[kept], before[kept], after[kept], groups[kept])
    proof = _compared(part, "accuracy")
    return proof is not None and proof.verdict == "better"


def never_equivalent(repeats: int) -> list[Row]:
    """*Equivalent* said where the difference is just the one declared worthwhile."""
    found = []
    for n, (grouped, most) in product(SIZES, GROUPS.items()):
        rng, said = np.random.default_rng(n), 0
        for _ in range(repeats):
            truth, before, _, groups = World(most, 0.5, 0.0).drawn(n, rng)
            n_groups = groups.max() + 1
            mended = rng.choice([1, -1, 0], p=[0.02, 0.01, 0.97], size=n_groups)[groups]
            before = np.where(mended == 1, 1 - truth, np.where(mended == -1, truth, before))
            after = np.where(mended == 0, before, 1 - before)
            proof = _compared((truth, before, after, groups), "accuracy", worthwhile=MARGIN)
            said += proof is not None and proof.verdict == "equivalent"
        share = max(said / repeats, 1e-9)
        found.append(
            row("proof.equivalent.false", f"n = {n}, {grouped}", repeats, "share", share, 0.05, "asked", "", 1.0, False)
        )
        print("equivalent falsely", n, grouped, share, flush=True)
    return found
