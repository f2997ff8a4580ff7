"""What decisions bring: accuracy per 100 of them, the next 100 projected against found, and where a stop rule stops.

On each of five sets of real label errors an oracle answers a thousand decisions in our order. The same recipe is
trained on the labels as they stood after every hundred, and scored on rows whose labels are true: `SEEN` of them are
the production set that the tool reads, the others say what is so. Projections are judged by what the next hundred
gained on those others, over several draws of the set that is read.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri
from threadpoolctl import threadpool_limits

from annotation.core.fields import Field
from annotation.core.intervals import Interval
from annotation.core.order.learned_order import learn, predicted_chance
from annotation.core.order.prior_evidence import PriorEvidence, take
from annotation.core.order.worth_deciding import worth_deciding
from bench.learning import prior_of
from bench.suite import SUITE, read
from bench.table import Row, row
from modeling.core.fitting.training import fit_resolved, predict
from modeling.core.watching.returns import AlongDecisions, cut_points, project, stop_word

SETS = ("arsarcasm", "defects", "hatebr", "hausa_news", "noisy_agnews")
POOL, SEEN, BATCH, STEP, DECISIONS, DRAWS = 2500, 500, 25, 100, 1000, 10
# The rule whose stops are judged: 100 decisions must gain half a point.
LEAST = 0.005
NAIVE = "the next 100 gain what 100 gained so far"


@dataclass(frozen=True)
class Told:
    """What was projected after `decisions`, and what the next STEP gained; own: 1.96 standard errors of `found`; naive:
    what NAIVE says."""

    decisions: int
    gain: Interval
    reach: Interval
    found: float
    own: float
    naive: float

    @property
    def holds(self) -> bool:
        """The reach of the projection, together with the interval of what was found."""
        limit = self.reach.low if self.found < self.reach.value else self.reach.high
        return (self.found - self.reach.value) ** 2 <= (limit - self.reach.value) ** 2 + self.own**2


@dataclass(frozen=True, eq=False)
class Reviewed:
    """A pool reviewed to the end. right: bool (points, m), test rows that the model of each point predicts rightly, one
    point per STEP decisions from 0 on; changed: bool (DECISIONS,); expected: per point from the second on errors among
    the next STEP cases, (points, 3) of value, low, high."""

    name: str
    right: np.ndarray
    changed: np.ndarray
    expected: np.ndarray


def run() -> list[Row]:
    """How far projections are off on each set, how many of them hold, and whether stops were right."""
    if not SUITE.is_dir():
        print(f"proof.returns is skipped: no data in {SUITE}; SECONDLOOK_SHARED can point at it.", file=sys.stderr)
        return []
    with threadpool_limits(1):
        told = {one: [list(projected(one, draw)) for draw in range(DRAWS)] for one in map(reviewed, SETS)}
    for one, draws in told.items():
        print_set(one, draws[0])
    return [*(off_row(one.name, draws) for one, draws in told.items()), held_row(told), stops_row(told)]


def off_row(name: str, draws: list[list["Told"]]) -> Row:
    every = [each for draw in draws for each in draw]
    off = 100 * float(np.mean([abs(each.gain.value - each.found) for each in every]))
    naive = 100 * float(np.mean([abs(each.naive - each.found) for each in every]))
    unit = f"points that projections are off, mean; {np.mean([each.holds for each in every]):.0%} of intervals hold"
    return row(f"proof.returns.{name}", name, len(every), unit, off, naive, NAIVE, "", 1.0, more_is_better=False)


def held_row(told: dict["Reviewed", list[list["Told"]]]) -> Row:
    every = [each.holds for draws in told.values() for draw in draws for each in draw]
    unit, held = "share of intervals that hold what was found", float(np.mean(every))
    return row("proof.returns.held", f"{len(told)} sets", len(every), unit, held, 0.93, "asked for", "", 1.0)


def stops_row(told: dict["Reviewed", list[list["Told"]]]) -> Row:
    after = [stopped(one, draw) for one, draws in told.items() for draw in draws]
    right = [left < LEAST for left in after if left is not None]
    unit = (
        f"share of {len(right)} stops after which 100 more gained under {100 * LEAST:g} points; {len(after)} reviewed"
    )
    share = float(np.mean(right))
    return row("proof.returns.stops", f"{len(told)} sets", len(right), unit, share, 0.9, "asked for", "", 1.0)


def projected(one: Reviewed, draw: int) -> Iterator[Told]:
    """After every STEP decisions from the second on, on SEEN rows drawn; trained at six moments, as in the product."""
    order = np.random.default_rng(draw).permutation(one.right.shape[1])
    seen, others = order[:SEEN], order[SEEN:]
    fixed = np.concatenate([[0], one.changed.reshape(-1, STEP).sum(axis=1).cumsum()])
    for point in range(2, len(one.right) - 1):
        at = np.array(cut_points(point))
        curve = AlongDecisions(one.right[np.ix_(at, seen)], at * STEP, fixed[at], np.arange(SEEN))
        value, low, high = one.expected[point - 1].tolist()
        ahead = project(curve, Interval(value, low, high, point * STEP))
        now, then = (one.right[number, others].astype(int) for number in (point, point + 1))
        own = float(ndtri(0.975) * (then - now).std() / len(others) ** 0.5)
        if ahead:
            yield Told(
                point * STEP, ahead.gain, ahead.reach, float((then - now).mean()), own, curve.per_hundred().value
            )


def stopped(one: Reviewed, told: list[Told]) -> float | None:
    """What 100 more decisions gained on all rows after the rule said stop, up to the last; None where it never did."""
    first = first_stop(told)
    if first is None:
        return None
    share = one.right.mean(axis=1)
    return float(share[-1] - share[first // STEP]) * STEP / (DECISIONS - first)


def first_stop(told: list[Told]) -> int | None:
    """After how many decisions the rule first says stop."""
    return next((each.decisions for each in told if stop_word(each.gain, LEAST) == "stop"), None)


def print_set(one: Reviewed, told: list[Told]) -> None:
    share, fixed = one.right.mean(axis=1), one.changed.reshape(-1, STEP).sum(axis=1)
    print(f"\n{one.name}: accuracy {100 * share[0]:.1f} to {100 * share[-1]:.1f} %, {fixed.sum()} labels fixed")
    print(f"{'decisions':>10} {'accuracy':>9} {'fixed':>6} {'projected':>10} {'interval':>16} {'found':>7}  says")
    by = {each.decisions: each for each in told}
    for point in range(len(share) - 1):
        line = f"{point * STEP:10} {100 * share[point]:9.1f} {fixed[point]:6}"
        if each := by.get(point * STEP):
            limits = f"{100 * each.gain.low:.1f} to {100 * each.gain.high:.1f}"
            line += (
                f" {100 * each.gain.value:10.1f} {limits:>16} {100 * each.found:7.1f}  {stop_word(each.gain, LEAST)}"
            )
        print(line)
    if first := first_stop(told):
        left, gained = fixed[first // STEP :].sum(), 100 * (share[-1] - share[first // STEP])
        print(f"stopped after {first}: the next {DECISIONS - first} fix {left} labels and gain {gained:.1f} points")


def reviewed(name: str, seed: int = 0) -> Reviewed:
    table, fields, classes, given, known, _ = read(name)
    rows = pd.read_csv(SUITE / name / "items.csv", dtype=str, keep_default_na=False)
    code = {one: number for number, one in enumerate(classes)}
    truth = rows["true_label"].map(lambda one: code.get(one, -1)).to_numpy(int)
    chosen = np.random.default_rng(seed).permutation(np.flatnonzero(known))
    pool, test = chosen[: min(POOL, len(chosen) * 3 // 4)], chosen[min(POOL, len(chosen) * 3 // 4) :][:4000]
    more, answers = further(name, fields, code)
    asked = pd.concat([table.iloc[test], more], ignore_index=True)
    asked_truth = np.concatenate([truth[test], answers])
    own, labels, right_labels = table.iloc[pool].reset_index(drop=True), given[pool], truth[pool]
    prior = prior_of(own, fields, classes, labels, rows.iloc[pool].reset_index(drop=True))
    order, expected = decided_in_order(prior, labels != right_labels)
    right = []
    for k in range(0, DECISIONS + 1, STEP):
        now = labels.copy()
        now[order[:k]] = right_labels[order[:k]]
        right.append(predicted(own, fields, now, classes, asked) == asked_truth)
    return Reviewed(name, np.array(right), (labels != right_labels)[order], expected)


def further(name: str, fields: list[Field], code: dict[str, int]) -> tuple[pd.DataFrame, np.ndarray]:
    """The set's own production rows and their labels, none where it has no such file."""
    path = SUITE / name / "production.csv"
    if not path.is_file():
        return pd.DataFrame(columns=[field.name for field in fields]), np.zeros(0, int)
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    rows = rows[rows["true_label"].isin(code)]
    return rows[[field.name for field in fields]], rows["true_label"].map(code.get).to_numpy(int)


def decided_in_order(prior: PriorEvidence, wrong: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Items in the order in which they are decided, learned anew after every BATCH; errors expected among the next."""
    decided, expected = np.zeros(0, dtype=np.int64), []
    while len(decided) < DECISIONS:
        chance = predicted_chance(learn(take(prior, decided), wrong[decided]), prior)
        left = chance.copy()
        left[decided] = -1.0
        order = np.argsort(-left, kind="stable")
        if len(decided) % STEP == 0 and len(decided):
            worth = worth_deciding(chance[decided], wrong[decided], chance[order[:STEP]])
            expected.append((worth.wrong.value, worth.wrong.low, worth.wrong.high))
        decided = np.concatenate([decided, order[:BATCH]])
    return decided, np.array(expected)


def predicted(
    table: pd.DataFrame, fields: list[Field], labels: np.ndarray, classes: list[str], asked: pd.DataFrame
) -> np.ndarray:
    resolved = {"learner": "logistic", "C": 1.0, "l1_ratio": 0.0, "seed": 0}
    model = fit_resolved(typed(table, fields), fields, np.array(classes)[labels], np.arange(len(labels)), resolved)
    return predict(model, typed(asked, fields), classes).argmax(axis=1)


def typed(table: pd.DataFrame, fields: list[Field]) -> pd.DataFrame:
    numbers = {field.name for field in fields if field.type == "number"}
    return pd.DataFrame({
        name: pd.to_numeric(table[name], errors="coerce") if name in numbers else table[name] for name in table
    })  # fmt: skip
