"""Few weights and many rows: proximal Newton steps on all classes at once, by matrix products alone.

The curvature of a whole table of n rows and p columns costs one product of it with itself; after that a step does not
depend on n, and nothing has to be compiled (Lee, Sun & Saunders 2014 for the steps; Andrew & Gao 2007 for keeping to
one orthant).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve

from modeling.core.solvers.ridge import ROUNDING, Ridge

# Rows looked at for the curvature, for each weight: it steers the steps and does not say where they end.
ENOUGH_ROWS = 6
# Rows whose outer products are summed at once: bounds the memory.
CHUNK = 2048
# A curvature, corrected by what each step meets, is used again while every step makes the steepest slope so many times
# smaller.
FRESH = 2.0
# What is left to fall, as a share of the last fall: steps that halve the slope quarter the fall.
LEFT = 1 / 3
# No step makes the curvature along it less than this share of what it was.
KEPT = 0.2
# A step must bring this share of the fall its slope promises (Armijo).
ENOUGH = 0.01
HALVINGS = 30
# Solves within one quadratic model, and the share of its first slope at which it counts as solved: it is a model.
ROUNDS, SOLVED = 12, 0.1
# Gradient steps towards a quadratic model's minimum, and the share of the longest at which they end.
STEPS, SHORT = 60, 2e-2
# Matrix products that find the greatest curvature, and what is added for what they miss.
PRODUCTS, MARGIN = 5, 1.05
# Added to the curvature, as a share of its mean: intercepts that all grow alike change nothing and curve nothing.
DAMPING = 1e-8
# Curvature put, as a share of a feature's mean, where its weights all move alike and the loss is flat: enough to find
# the signs of a model's minimum soon, and little enough not to hold the steps back.
STIFF = 0.02


@dataclass
class Penalty:
    """l1 · ‖W‖₁ + l2/2 · ‖W‖², and no penalty on the last row of a point (p + 1, k), the intercepts."""

    l1: float
    l2: float

    def of(self, point: np.ndarray) -> float:
        weights = point[:-1]
        return self.l1 * float(np.abs(weights).sum()) + self.l2 / 2 * float(np.vdot(weights, weights))

    def factors(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """l1 and l2 of every number of the point, 0 for intercepts."""
        penalised = np.ones_like(point)
        penalised[-1] = 0
        return self.l1 * penalised, self.l2 * penalised


@dataclass
class Newton:
    """A path of minima, each from the one before. loss: mean log loss alone (its l2 is 0). point: (p + 1, k), where the
    path has come to. scale: as `Ridge.scale`."""

    loss: Ridge

    def __post_init__(self) -> None:
        self.point = self.loss.null_point()
        self._here = self.loss.value_and_gradient(self.point)
        self.scale = max(float(np.abs(self._here[1]).max()), ROUNDING)
        self._curvature = np.empty((0, 0))

    def minimise(self, penalty: Penalty, tol: float, max_iter: int) -> tuple[int, float, float]:
        """Moves `point` to the minimum of loss + penalty; returns steps, objective and the steepest subgradient.

        Stops where that is at most `tol` · scale and the objective has about tol² of itself still to fall, after
        `max_iter` steps, or where no step goes down any more.
        """
        l1, l2 = penalty.factors(self.point)
        fell, before = np.inf, np.inf
        for n_iter in range(max_iter + 1):
            slope = self._here[1]
            value = self._here[0] + penalty.of(self.point)
            steepest = float(np.abs(subgradient(self.point, slope + l2 * self.point, l1)).max())
            settled = LEFT * fell <= tol**2 * value or steepest <= ROUNDING * self.scale
            if (steepest <= tol * self.scale and settled) or n_iter == max_iter:
                break
            stale = steepest > before / FRESH
            found = self._step(penalty, slope, value, l1, l2, stale)
            if found is None and not stale:
                found = self._step(penalty, slope, value, l1, l2, True)
            if found is None:
                break
            self._meet(*found)
            self._centre(penalty)
            before, fell = steepest, value - self._here[0] - penalty.of(self.point)
        return n_iter, value, steepest

    def _meet(self, point: np.ndarray, here: tuple[float, np.ndarray]) -> None:
        """Goes to `point`; makes the curvature say of that step how the slope changed (damped BFGS, Powell 1978)."""
        step, change = (point - self.point).T.ravel(), (here[1] - self._here[1]).T.ravel()
        predicted = self._curvature @ step
        bend = float(step @ predicted)
        if bend > 0:
            flatter = (1 - KEPT) * bend / max(bend - float(step @ change), (1 - KEPT) * bend)
            change = flatter * change + (1 - flatter) * predicted
            self._curvature += np.outer(change, change / (step @ change))
            self._curvature -= np.outer(predicted, predicted / bend)
        self.point, self._here = point, here

    def _centre(self, penalty: Penalty) -> None:
        if self.point.shape[1] > 1:
            weights = self.point[:-1].T.copy()
            centre(weights, penalty.l1, penalty.l2)
            self.point = np.vstack([weights.T, self.point[-1]])

    def _step(
        self, penalty: Penalty, slope: np.ndarray, value: float, l1: np.ndarray, l2: np.ndarray, stale: bool
    ) -> tuple[np.ndarray, tuple[float, np.ndarray]] | None:
        """The next point, its loss and that loss's slope; None where nothing lower is found."""
        if stale or not self._curvature.size:
            self._curvature = curvature(self.loss, self.point)
        goal = lowest(
            self._curvature + np.diag(l2.T.ravel()), (slope + l2 * self.point).T.ravel(), self.point.T.ravel(),
            l1.T.ravel(),
        )  # fmt: skip
        way = goal.reshape(self.point.T.shape).T - self.point
        promised = float(np.vdot(slope, way)) + penalty.of(self.point + way) - penalty.of(self.point)
        length = 1.0
        while promised < 0 and length > 0.5**HALVINGS:
            point = self.point + length * way
            loss, ahead = self.loss.value_and_gradient(point)
            if loss + penalty.of(point) <= value + ENOUGH * length * promised:
                return point, (loss, ahead)
            length /= 2
        return None


def centre(weights: np.ndarray, l1: float, l2: float) -> None:
    """Adds to each feature's weights the one number, the same for every class, that makes their penalty smallest.

    It changes no probability, and steps that move one class at a time are slow to find it. weights: (K, p), K ≥ 2.
    """
    k = len(weights)
    pull = np.abs(l2 * weights.sum(axis=0) + l1 * np.sign(weights).sum(axis=0))
    moving = np.flatnonzero(pull > l1 * (weights == 0).sum(axis=0))
    values, each = np.sort(weights[:, moving], axis=0), np.arange(len(moving))
    # Slope of the penalty just left of each value; the best number is the first it rises behind, or just below that.
    left = l2 * (k * values - values.sum(axis=0)) + l1 * (2 * np.arange(k)[:, None] - k)
    place = (left + 2 * l1 >= 0).argmax(axis=0)
    best, over = values[place, each], left[place, each]
    if l2 > 0:
        best -= np.maximum(over, 0) / (l2 * k)
    weights[:, moving] -= best


def subgradient(point: np.ndarray, smooth: np.ndarray, l1: np.ndarray) -> np.ndarray:
    """The smallest subgradient, `smooth` being the slope of all but the L1 penalty; arrays of one shape."""
    at_zero = np.sign(smooth) * np.maximum(np.abs(smooth) - l1, 0)
    return np.where(point == 0, at_zero, smooth + l1 * np.sign(point))


def curvature(loss: Ridge, point: np.ndarray) -> np.ndarray:
    """The second derivative of the mean log loss (m, m), m = (p + 1) · k, class by class, from evenly spaced rows."""
    p, k = point.shape
    every = max(1, loss.X.shape[0] // (ENOUGH_ROWS * p * k))
    X = loss.X[::every]
    n = X.shape[0]
    worth = None if loss.worth is None else loss.worth[loss.y[::every]]
    # scores that all move alike change nothing: the block of the last of several classes is what the others leave
    m = p * max(k - 1, 1)
    total = np.zeros((p * k, p * k))
    inner, own = total[:m, :m], np.zeros((p, m))
    for at in range(0, n, CHUNK):
        rows = _dense(X[at : at + CHUNK])
        shares = loss.shares(rows @ point[:-1] + point[-1])[:, : m // p]
        wide = np.hstack([rows, np.ones((len(rows), 1))])
        spread = (shares[:, :, None] * wide[:, None, :]).reshape(len(rows), m)
        weighed = spread if worth is None else spread * worth[at : at + CHUNK, None]
        inner -= spread.T @ weighed
        own += wide.T @ weighed
    for at in range(0, m, p):
        inner[at : at + p, at : at + p] += own[:, at : at + p]
    inner /= n
    if k > 1:
        total[m:, :m] = -inner.reshape(k - 1, p, m).sum(axis=0)
        total[:m, m:] = total[m:, :m].T
        total[m:, m:] = -total[m:, :m].reshape(p, k - 1, p).sum(axis=1)
        # The loss is flat where a feature's weights all move alike; `centre` finds the best place on that line.
        each, mean = np.arange(p), total.diagonal().reshape(k, p).mean(axis=0)
        total.reshape(k, p, k, p)[:, each, :, each] += (STIFF * mean / k)[:, None, None]
    total[np.diag_indices_from(total)] += max(DAMPING * float(np.trace(total)) / len(total), ROUNDING)
    return total


def _dense(rows: Any) -> np.ndarray:
    return rows.toarray() if sparse.issparse(rows) else rows


def lowest(Q: np.ndarray, slope: np.ndarray, start: np.ndarray, l1: np.ndarray) -> np.ndarray:
    """Lowers slope·d + dᵀQd/2 + Σ l1·|v|, d = v − start, from v = start until hardly any slope is left.

    Q: (m, m), positive definite. Newton steps on the numbers in use that stop at 0 where they would change sign.
    """
    v = _near_lowest(Q, slope, start, l1)
    q = slope + Q @ (v - start)
    first = np.abs(subgradient(start, slope, l1)).max()
    for _ in range(ROUNDS):
        steep = subgradient(v, q, l1)
        used = np.flatnonzero((v != 0) | (steep != 0))
        if np.abs(steep).max() <= SOLVED * first:
            break
        sign = np.where(v != 0, np.sign(v), -np.sign(steep))[used]
        among = Q[np.ix_(used, used)]
        way = cho_solve(cho_factor(among, check_finite=False), -steep[used], check_finite=False)
        step = _shorter(v[used], way, sign, q[used], among, l1[used])
        if step is None:
            break
        v[used] += step
        q += Q[:, used] @ step
    return v


def _near_lowest(Q: np.ndarray, slope: np.ndarray, start: np.ndarray, l1: np.ndarray) -> np.ndarray:
    """Close to the minimum of `lowest`, by accelerated proximal gradient steps (Beck & Teboulle 2009), begun anew where
    they turn back (O'Donoghue & Candès 2015): each costs a product with Q, and they find which numbers are 0."""
    scale = 1 / Q.diagonal()
    way = np.cos(np.arange(len(Q)))
    for _ in range(PRODUCTS):
        way = scale * (Q @ way)
        way /= np.linalg.norm(way)
    length = scale / (MARGIN * np.linalg.norm(scale * (Q @ way)))
    fixed, v, ahead, speed, longest = slope - Q @ start, start, start, 1.0, 0.0
    for _ in range(STEPS):
        goal = ahead - length * (Q @ ahead + fixed)
        reached = np.sign(goal) * np.maximum(np.abs(goal) - length * l1, 0)
        move = reached - v
        longest = max(longest, float(np.abs(move).max()))
        if (ahead - reached) @ move > 0:
            speed = 1.0
        faster = (1 + (1 + 4 * speed**2) ** 0.5) / 2
        v, ahead, speed = reached, reached + (speed - 1) / faster * move, faster
        if np.abs(move).max() <= SHORT * longest:
            break
    change = (2 * slope + Q @ (v - start)) @ (v - start) / 2 + l1 @ (np.abs(v) - np.abs(start))
    return v if change < 0 else start.copy()


def _shorter(
    v: np.ndarray, way: np.ndarray, sign: np.ndarray, q: np.ndarray, Q: np.ndarray, l1: np.ndarray
) -> np.ndarray | None:
    """`way`, halved until the model is lower there with every sign kept; None where it never is."""
    for _ in range(HALVINGS):
        there = v + way
        there[(l1 > 0) & (there * sign < 0)] = 0
        step = there - v
        if q @ step + step @ Q @ step / 2 + l1 @ (np.abs(there) - np.abs(v)) < 0:
            return step
        way = way / 2
    return None
