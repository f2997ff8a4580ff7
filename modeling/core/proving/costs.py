"""What errors cost: the matrix, the prediction that costs least, and money with its interval. Lower is better."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from annotation.core.intervals import Interval, bootstrap_interval, wilson
from annotation.core.refusal import Refusal
from modeling.core.proving.per_row import ITEMS
from modeling.core.proving.stored import MoneyJson
from modeling.core.proving.thresholds import Threshold, choose_threshold, more_costly_to_miss

RESAMPLES = 2_000
# Sums over more rows than anybody has stay numbers.
MOST_COST = 1e12
# The rules that are priced: the likeliest class, the class of least expected cost, the threshold chosen on rows held
# out (two classes only), and the one class that is cheapest for all rows.
LIKELIEST, CHEAPEST, CHOSEN, CONSTANT = "likeliest", "cheapest", "threshold", "constant"


@dataclass(frozen=True)
class Money:
    """What a rule costs on n rows: `per_thousand` items and in `total`, in the matrix's unit; `accuracy` in [0, 1].

    Where no row costs anything the upper limit is Wilson's for a share of none (1927) times the dearest error."""

    n: int
    per_thousand: Interval
    total: Interval
    accuracy: Interval

    def as_json(self) -> MoneyJson:
        return {
            "n": self.n, "per_thousand": self.per_thousand.as_json(), "total": self.total.as_json(),
            "accuracy": self.accuracy.as_json(),
        }  # fmt: skip


@dataclass(frozen=True)
class Priced:
    """A rule on the rows learned from and on the same rows out of fold. `saved`: what it saves per thousand items out
    of fold beside predicting the likeliest class, above 0 = it costs less."""

    rule: str
    train: Money
    validation: Money
    saved: Interval


@dataclass(frozen=True)
class CostReport:
    """`rules` in the order of this file's names; `constant`: the class of the last. `threshold`: two classes only."""

    n: int
    n_groups: int
    rules: tuple[Priced, ...]
    constant: int
    threshold: Threshold | None


def cheapest(probabilities: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Int (n,): the class of least expected cost, argmin_k Σ_t p_t · cost[t][k] (Elkan 2001).

    probabilities: (n, K). costs: (K, K), rows the true class, columns the predicted one. Of classes that cost the same
    to within rounding the likeliest."""
    expected = probabilities @ costs
    least = expected.min(axis=1, keepdims=True)
    tied = expected <= least + 1e-12 * max(1.0, float(costs.max()))
    return np.where(tied, probabilities, -1.0).argmax(axis=1)


def losses(truth: np.ndarray, predicted: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Float (n,): what each row costs, in the matrix's unit."""
    return costs[truth, predicted]


def per_thousand(
    loss: np.ndarray, groups: np.ndarray, *, n_resamples: int = RESAMPLES, level: float = 0.95, seed: int = 0
) -> Interval:
    """Mean of `loss` (n,), n ≥ 1, times a thousand, with its percentile interval over resampled groups (n,).

    Rows of a group err together, so whole groups are drawn (Davison & Hinkley 1997, section 3.8). Of zero width where
    all rows cost the same. `n` counts groups.
    """
    _, group = np.unique(groups, return_inverse=True)
    sums = np.column_stack([np.bincount(group, loss), np.bincount(group)])
    cells, counts = np.unique(sums, axis=0, return_counts=True)

    def mean(drawn: np.ndarray) -> np.ndarray:
        return ITEMS * (drawn @ cells[:, 0]) / (drawn @ cells[:, 1])

    return bootstrap_interval(mean, counts, n_resamples=n_resamples, level=level, seed=seed)


def price(
    truth: np.ndarray, held_out: np.ndarray, learned: np.ndarray, costs: np.ndarray, groups: np.ndarray, seed: int = 0
) -> CostReport:
    """What every rule costs on the rows of a run.

    truth: int (n,). held_out, learned: probabilities (n, K) of the same rows, out of fold and by the whole model.
    costs: (K, K). groups: int (n,), near-duplicates that belong together. A threshold is chosen on `held_out` alone.
    Its cost out of fold is that of thresholds chosen on other groups; on the rows learned from, of that chosen on all.
    """
    likeliest = held_out.argmax(axis=1)
    base = losses(truth, likeliest, costs)
    constant = int(costs[truth].sum(axis=0).argmin())
    always = np.full(len(truth), constant)
    sides: list[tuple[str, np.ndarray, np.ndarray]] = [
        (LIKELIEST, learned.argmax(axis=1), likeliest),
        (CHEAPEST, cheapest(learned, costs), cheapest(held_out, costs)),
    ]
    threshold = None
    if len(costs) == 2:
        positive = more_costly_to_miss(costs)
        threshold, crossed = choose_threshold(held_out[:, positive], truth == positive, costs, positive, groups, seed)
        sides.append((CHOSEN, threshold.applied(learned[:, positive]), crossed))
    sides.append((CONSTANT, always, always))
    rules = tuple(
        Priced(
            rule, _money(truth, on_learned, costs, groups, seed), _money(truth, on_held_out, costs, groups, seed),
            per_thousand(base - losses(truth, on_held_out, costs), groups, seed=seed),
        )
        for rule, on_learned, on_held_out in sides
    )  # fmt: skip
    return CostReport(len(truth), len(np.unique(groups)), rules, constant, threshold)


def money_on(truth: np.ndarray, predicted: np.ndarray, costs: np.ndarray) -> Money:
    """What predictions (n,) cost on n ≥ 1 rows, each row a unit of its own."""
    return _money(truth, predicted, costs, np.arange(len(truth)), 0)


def _money(truth: np.ndarray, predicted: np.ndarray, costs: np.ndarray, groups: np.ndarray, seed: int) -> Money:
    n = len(truth)
    found = per_thousand(losses(truth, predicted, costs), groups, seed=seed)
    if found.high == 0:
        # Nothing to resample: as many errors as a share of none allows, each the dearest there is.
        found = replace(found, high=ITEMS * float(costs.max()) * wilson(0, found.n).high)
    share = n / ITEMS
    total = Interval(found.value * share, found.low * share, found.high * share, found.n)
    return Money(n, found, total, wilson(int((truth == predicted).sum()), n))


class UnableToPrice(Refusal):
    """The costs make no matrix, or say nothing."""


def cost_matrix(classes: Sequence[str], default: float, pairs: Sequence[tuple[str, str, float]] = ()) -> np.ndarray:
    """Float (K, K), rows the true class, columns the predicted one, in the order of `classes`.

    `default`: of any error; 0 where the prediction is right; then the pairs (true class, predicted class, cost). Raises
    UnableToPrice naming the pair and what to do.
    """
    if len(classes) < 2:
        raise UnableToPrice("Costs need at least two classes; import labelled items first.")
    _refuse_number(default, "any error")
    matrix = np.full((len(classes), len(classes)), float(default))
    np.fill_diagonal(matrix, 0.0)
    seen: set[tuple[str, str]] = set()
    for truth, predicted, cost in pairs:
        for name in (truth, predicted):
            if name not in classes:
                raise UnableToPrice(f"{name!r} is none of the classes: {_listed(classes)}.")
        if (truth, predicted) in seen:
            raise UnableToPrice(f"The cost of {truth!r} predicted as {predicted!r} is given twice; keep one.")
        seen.add((truth, predicted))
        _refuse_number(cost, f"{truth!r} predicted as {predicted!r}")
        matrix[list(classes).index(truth), list(classes).index(predicted)] = cost
    _refuse_nonsense(matrix, classes)
    return matrix


def _refuse_number(cost: float, what: str) -> None:
    if not 0 <= cost <= MOST_COST:
        raise UnableToPrice(f"{what[0].upper()}{what[1:]} cannot cost {cost:g}; give a number from 0 to {MOST_COST:g}.")


def _refuse_nonsense(matrix: np.ndarray, classes: Sequence[str]) -> None:
    """Being right must not cost more than being wrong, and something must depend on the prediction (Elkan 2001)."""
    wrong = np.argwhere(matrix < matrix.diagonal()[:, None])
    if len(wrong):
        truth, predicted = (classes[code] for code in wrong[0])
        raise UnableToPrice(
            f"{truth!r} predicted correctly would cost more than {truth!r} predicted as {predicted!r}; "
            "give the error the higher cost."
        )
    if not (matrix != matrix.diagonal()[:, None]).any():
        raise UnableToPrice("Every prediction would cost the same; give at least one error a cost above 0.")


def _listed(classes: Sequence[str]) -> str:
    more = f" and {len(classes) - 10} more" if len(classes) > 10 else ""
    return ", ".join(classes[:10]) + more
