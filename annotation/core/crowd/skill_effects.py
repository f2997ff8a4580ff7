"""What makes a right answer likely: who answers, the true class and the source of the item, each as an effect in log
odds that is drawn towards what is true of everybody."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

# Log odds of a right answer before any is known, and how far they may be off: .8, hardly below .4 or above .95.
START, START_SPREAD = 1.4, 1.0
# Where the spreads of the effects start, and as how many effects that start counts: of a class and a source for
# everybody, of an expert, of an expert on a class and on a source.
SPREADS = {"class": 0.5, "source": 0.4, "expert": 0.7, "expert_class": 0.5, "expert_source": 0.5}
START_COUNTS = 4.0
NEWTON, LONGEST_STEP = 2, 1.5
# The effect of having no source is none.
NO_EFFECT = 1e9


@dataclass(frozen=True, eq=False)
class CountedAnswers:
    """Answers counted by expert, true class and source, c cells.

    expert, true, source: int (c,), a source of n_sources is none. n, right: float (c,), answers and those that are
    right, expected. known: float (c,) ≤ n, how many answers to items of surely known class would tell as much.
    """

    expert: np.ndarray
    true: np.ndarray
    source: np.ndarray
    n: np.ndarray
    right: np.ndarray
    known: np.ndarray
    n_experts: int
    n_classes: int
    n_sources: int

    @property
    def width(self) -> int:
        """Effects of one expert: one of their own, one a class, one a source and that of no source."""
        return 2 + self.n_classes + self.n_sources

    @property
    def columns(self) -> np.ndarray:
        """Which three of an expert's effects bear on each cell, int (c, 3)."""
        return np.stack([np.zeros_like(self.true), 1 + self.true, 1 + self.n_classes + self.source], axis=1)


@dataclass(frozen=True, eq=False)
class Effects:
    """mean: float (E, b), everybody's effects and the expert's own together, in log odds of a right answer: the
    expert's, by class, by source, none. covariance: float (E, b, b). shared (b,) and own (E, b) are the two parts;
    spreads: standard deviation of each kind of effect."""

    mean: np.ndarray
    covariance: np.ndarray
    shared: np.ndarray
    own: np.ndarray
    spreads: dict[str, float]


def start_effects(n_experts: int, declared: np.ndarray) -> Effects:
    """The effects before any answer. declared: float (E, b), where each expert's own effects are expected."""
    b = declared.shape[1]
    shared = np.zeros(b)
    shared[0] = START
    return Effects(shared + declared, np.zeros((n_experts, b, b)), shared, declared.copy(), dict(SPREADS))


def fit_effects(cells: CountedAnswers, declared: np.ndarray, start: Effects) -> Effects:
    """Newton's steps from `start` to the likeliest effects under Gaussian priors, their covariance there, and the
    spreads that this makes likelier.

    A logistic regression with crossed effects. Experts meet only in the effects shared by all, so that one block an
    expert is solved at a time. Spreads by evidence (MacKay 1992), each held near its start as if START_COUNTS effects
    had been seen there: three experts do not tell how unlike experts are.
    """
    shared, own = start.shared.copy(), start.own.copy()
    of_all, of_one = _precisions(cells, start.spreads)
    middle = np.zeros(cells.width)
    middle[0] = START
    for _ in range(NEWTON):
        chance = _chance(cells, shared + own)
        gradient = _sums(cells, cells.right - cells.n * chance)
        blocks = _blocks(cells, cells.n * chance * (1 - chance))
        of_shared = gradient.sum(axis=0) - of_all * (shared - middle)
        step_shared, step_own = _solved(blocks, of_all, of_one, of_shared, gradient - of_one * (own - declared))
        shared, own = shared + step_shared, own + step_own
        if max(np.abs(step_shared).max(initial=0), np.abs(step_own).max(initial=0)) < 1e-4:
            break
    chance = _chance(cells, shared + own)
    blocks = _blocks(cells, cells.known * chance * (1 - chance))
    inner = np.linalg.inv(blocks + np.diag(of_one))
    outer = np.linalg.inv(np.diag(of_all) + (blocks - blocks @ inner @ blocks).sum(axis=0))
    drawn = inner * of_one
    covariance = inner + drawn @ outer @ drawn.transpose(0, 2, 1)
    known = inner @ blocks
    of_own = np.diagonal(inner, axis1=1, axis2=2) + (known @ outer * known).sum(axis=2)
    spreads = _spreads(cells, shared - middle, np.diagonal(outer), own - declared, of_own)
    return Effects(shared + own, covariance, shared, own, spreads)


def _chance(cells: CountedAnswers, mean: np.ndarray) -> np.ndarray:
    return expit(mean[cells.expert[:, np.newaxis], cells.columns].sum(axis=1))


def _sums(cells: CountedAnswers, weight: np.ndarray) -> np.ndarray:
    """Σ weight over the cells each effect bears on, float (E, b)."""
    place = cells.expert[:, np.newaxis] * cells.width + cells.columns
    total = np.bincount(place.ravel(), np.repeat(weight, 3), minlength=cells.n_experts * cells.width)
    return total.reshape(cells.n_experts, cells.width)


def _blocks(cells: CountedAnswers, weight: np.ndarray) -> np.ndarray:
    """Σ weight over the cells each pair of effects bears on, float (E, b, b)."""
    columns, b = cells.columns, cells.width
    pair = columns[:, :, np.newaxis] * b + columns[:, np.newaxis, :]
    place = cells.expert[:, np.newaxis, np.newaxis] * b * b + pair
    total = np.bincount(place.ravel(), np.repeat(weight, 9), minlength=cells.n_experts * b * b)
    return total.reshape(cells.n_experts, b, b)


def _solved(
    blocks: np.ndarray, of_all: np.ndarray, of_one: np.ndarray, shared: np.ndarray, own: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The Newton step of the shared and of the own effects, the own ones eliminated first (Schur complement)."""
    both = np.concatenate([blocks, own[:, :, np.newaxis]], axis=2)
    inner = np.linalg.solve(blocks + np.diag(of_one), both)
    reduced = np.diag(of_all) + (blocks - blocks @ inner[:, :, :-1]).sum(axis=0)
    step_shared = np.linalg.solve(reduced, shared - (blocks @ inner[:, :, -1:]).sum(axis=0)[:, 0])
    step_own = inner[:, :, -1] - inner[:, :, :-1] @ step_shared
    limit = LONGEST_STEP / max(LONGEST_STEP, np.abs(step_shared).max(initial=0), np.abs(step_own).max(initial=0))
    return step_shared * limit, step_own * limit


def _precisions(cells: CountedAnswers, spreads: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """1 / variance of the shared effects and of an expert's own, float (b,) each."""
    of_all = np.full(cells.width, NO_EFFECT)
    of_one = np.full(cells.width, NO_EFFECT)
    classes, sources = _places(cells)
    of_all[0], of_one[0] = START_SPREAD**-2, spreads["expert"] ** -2
    of_all[classes], of_one[classes] = spreads["class"] ** -2, spreads["expert_class"] ** -2
    of_all[sources], of_one[sources] = spreads["source"] ** -2, spreads["expert_source"] ** -2
    return of_all, of_one


def _places(cells: CountedAnswers) -> tuple[slice, slice]:
    return slice(1, 1 + cells.n_classes), slice(1 + cells.n_classes, cells.width - 1)


def _spreads(
    cells: CountedAnswers, shared: np.ndarray, of_shared: np.ndarray, own: np.ndarray, of_own: np.ndarray
) -> dict[str, float]:
    """Standard deviations that make the effects with answers likeliest. Arrays as in Effects, their variances `of_`."""
    seen: np.ndarray = _sums(cells, cells.n) > 0
    classes, sources = _places(cells)
    square, squares = shared**2 + of_shared, own**2 + of_own
    anybody: np.ndarray = np.any(seen, axis=0)
    kinds = {
        "class": square[classes][anybody[classes]], "source": square[sources][anybody[sources]],
        "expert": squares[:, 0][seen[:, 0]], "expert_class": squares[:, classes][seen[:, classes]],
        "expert_source": squares[:, sources][seen[:, sources]],
    }  # fmt: skip
    return {
        kind: float(np.sqrt((found.sum() + START_COUNTS * SPREADS[kind] ** 2) / (len(found) + START_COUNTS)))
        for kind, found in kinds.items()
    }
