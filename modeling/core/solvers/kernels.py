"""Compiled sweeps of the block coordinate descent. Plain loops only: each numpy call in here would cost a second of
compiling.

X is (n, p) as compressed columns: data, indices, indptr. Classes k < K each have a row in weights (K, p) and in
exps (K, n), exp(score − the row's top); totals (n,) are their sums, and with two classes, K = 1, the other's exp too.
worth: what the loss of a row counts, by its class; `alike` = 1 for each.
"""

from math import exp, log

import numpy as np

from annotation.core.compiled import compiled

# p (1 − p) is not taken for less, so that rows long decided do not send a step to infinity.
LEAST_CURVATURE = 1e-5
# A step must bring this share of the fall its slope promises (Armijo).
ENOUGH = 0.01
HALVINGS = 30
# Passes over the chosen features of one class before its probabilities are looked at again.
PASSES = 4


@compiled()
def sweep(
    data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, codes: np.ndarray, weights: np.ndarray,
    intercepts: np.ndarray, exps: np.ndarray, totals: np.ndarray, chosen: np.ndarray, starts: np.ndarray,
    falls: np.ndarray, cost: float, l1: float, l2: float, work: np.ndarray, room: np.ndarray, worth: np.ndarray,
    alike: bool,
) -> None:  # fmt: skip
    """One proximal Newton step for every class in turn, on its `chosen` features and its intercept.

    chosen: features, class k's in starts[k] … starts[k + 1]. falls (K,): by how much each class brought the objective
    down. work (4, n) and room (3, p) are scratch. Changes weights, intercepts, exps, totals and falls.
    """
    n, n_classes, most = len(totals), len(exps), 0.0
    for k in range(n_classes):
        most = max(most, falls[k])
    slope, bend, moved, fresh = work[0], work[1], work[2], work[3]
    for k in range(n_classes):
        # A class that hardly moved last time waits for the others.
        if falls[k] < 1e-3 * most:
            continue
        first, last, own = starts[k], starts[k + 1], exps[k]
        target = k if n_classes > 1 else 1
        for i in range(n):
            share = own[i] / totals[i]
            price = cost * worth[codes[i]]
            slope[i] = price * share
            bend[i] = price * max(share * (1 - share), LEAST_CURVATURE)
            moved[i] = 0.0
        for i in range(n):
            if codes[i] == target:
                slope[i] -= cost * worth[target]
        shift, promised = _steps(
            data, indices, indptr, weights[k], chosen, first, last, slope, bend, l1, l2, room
        )  # fmt: skip
        for place in range(first, last):
            j = chosen[place]
            step = room[0, j] - weights[k, j]
            if step != 0:
                for cell in range(indptr[j], indptr[j + 1]):
                    moved[indices[cell]] += data[cell] * step
        for i in range(n):
            price = cost * worth[codes[i]]
            given = price if codes[i] == target else 0.0
            promised += (price * own[i] / totals[i] - given) * (moved[i] + shift)
        falls[k] = _line_search(
            weights[k], intercepts, k, own, totals, codes, target, chosen, first, last, room[0], moved, shift,
            promised, cost, l1, l2, fresh, worth, alike,
        )  # fmt: skip


@compiled()
def _steps(
    data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, old: np.ndarray, chosen: np.ndarray, first: int,
    last: int, slope: np.ndarray, bend: np.ndarray, l1: float, l2: float, room: np.ndarray,
) -> tuple[float, float]:  # fmt: skip
    """Minimises the quadratic model of one class coordinate by coordinate; the new weights go to room[0].

    Returns the step of the intercept, and by how much the penalty would change. Changes `slope` with every step.
    """
    n, shift, bends = len(slope), 0.0, 0.0
    new, steep = room[0], room[1]
    for i in range(n):
        bends += bend[i]
    before = 0.0
    for number in range(PASSES):
        worst = 0.0
        total = 0.0
        for i in range(n):
            total += slope[i]
        step = -total / bends
        shift += step
        worst = bends * step * step
        for i in range(n):
            slope[i] += bend[i] * step
        for place in range(first, last):
            j = chosen[place]
            if number == 0:
                new[j] = old[j]
                curve = l2
                for cell in range(indptr[j], indptr[j + 1]):
                    curve += data[cell] * data[cell] * bend[indices[cell]]
                steep[j] = curve
            curve = steep[j]
            if curve <= 0:
                continue
            falling = l2 * new[j]
            for cell in range(indptr[j], indptr[j + 1]):
                falling += data[cell] * slope[indices[cell]]
            goal = curve * new[j] - falling
            value = 0.0
            if goal > l1:
                value = (goal - l1) / curve
            elif goal < -l1:
                value = (goal + l1) / curve
            step = value - new[j]
            if step != 0:
                new[j] = value
                worst = max(worst, curve * step * step)
                for cell in range(indptr[j], indptr[j + 1]):
                    i = indices[cell]
                    slope[i] += bend[i] * data[cell] * step
        if number == 0:
            before = worst
        elif worst <= 0.05 * before:
            break
    dearer = 0.0
    for place in range(first, last):
        j = chosen[place]
        dearer += l1 * (abs(new[j]) - abs(old[j])) + l2 / 2 * (new[j] * new[j] - old[j] * old[j])
    return shift, dearer


@compiled()
def _line_search(
    weights: np.ndarray, intercepts: np.ndarray, k: int, own: np.ndarray, totals: np.ndarray, codes: np.ndarray,
    target: int, chosen: np.ndarray, first: int, last: int, new: np.ndarray, moved: np.ndarray, shift: float,
    promised: float, cost: float, l1: float, l2: float, fresh: np.ndarray, worth: np.ndarray, alike: bool,
) -> float:  # fmt: skip
    """Goes as far towards `new` as the objective falls, halving the step; returns the fall (0 where none is left)."""
    if promised >= 0:
        return 0.0
    n, length = len(own), 1.0
    for _ in range(HALVINGS):
        still = exp(length * shift)
        change, product = 0.0, 1.0
        for i in range(n):
            way = moved[i]
            factor = still if way == 0 else exp(length * (way + shift))
            fresh[i] = own[i] * factor
            grown = 1.0 + (fresh[i] - own[i]) / totals[i]
            if alike:
                # One logarithm for many rows: the logarithm of a product.
                product *= grown
                if product > 1e100 or product < 1e-100:
                    change += log(product) if product > 0 else 1e300
                    product = 1.0
            else:
                change += worth[codes[i]] * log(grown) if grown > 0 else 1e300
            if codes[i] == target:
                change -= worth[target] * length * (way + shift)
        change = cost * (change + log(product)) if product > 0 else 1e300
        for place in range(first, last):
            j = chosen[place]
            if new[j] != weights[j]:
                value = weights[j] + length * (new[j] - weights[j])
                change += l1 * (abs(value) - abs(weights[j])) + l2 / 2 * (value * value - weights[j] * weights[j])
        if change <= ENOUGH * length * promised:
            for place in range(first, last):
                j = chosen[place]
                weights[j] = new[j] if length == 1 else weights[j] + length * (new[j] - weights[j])
            intercepts[k] += length * shift
            for i in range(n):
                totals[i] += fresh[i] - own[i]
                own[i] = fresh[i]
            return -change
        length /= 2
    return 0.0


@compiled()
def look(
    data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, codes: np.ndarray, weights: np.ndarray,
    intercepts: np.ndarray, exps: np.ndarray, totals: np.ndarray, gradient: np.ndarray, level: np.ndarray,
    slope: np.ndarray, worth: np.ndarray,
) -> float:  # fmt: skip
    """The sum of log losses at a point; fills exps and totals, and its derivatives gradient (K, p) and level (K,)."""
    n_classes, n_features = weights.shape
    n, loss = len(codes), 0.0
    for k in range(n_classes):
        own = exps[k]
        for i in range(n):
            own[i] = intercepts[k]
        for j in range(n_features):
            weight = weights[k, j]
            if weight != 0:
                for cell in range(indptr[j], indptr[j + 1]):
                    own[indices[cell]] += data[cell] * weight
    for i in range(n):
        # slope holds the top of each row for a while; with one row of weights the other class's score is 0.
        slope[i] = 0.0 if n_classes == 1 else exps[0, i]
    for k in range(n_classes):
        own, target = exps[k], k if n_classes > 1 else 1
        for i in range(n):
            slope[i] = max(slope[i], own[i])
            if codes[i] == target:
                loss -= worth[target] * own[i]
    for i in range(n):
        loss += worth[codes[i]] * slope[i]
        totals[i] = exp(-slope[i]) if n_classes == 1 else 0.0
    for k in range(n_classes):
        own = exps[k]
        for i in range(n):
            own[i] = exp(own[i] - slope[i])
            totals[i] += own[i]
    for i in range(n):
        loss += worth[codes[i]] * log(totals[i])
    for k in range(n_classes):
        own, target, total = exps[k], k if n_classes > 1 else 1, 0.0
        for i in range(n):
            slope[i] = own[i] / totals[i]
            if codes[i] == target:
                slope[i] -= 1.0
            slope[i] *= worth[codes[i]]
            total += slope[i]
        level[k] = total
        for j in range(n_features):
            falling = 0.0
            for cell in range(indptr[j], indptr[j + 1]):
                falling += data[cell] * slope[indices[cell]]
            gradient[k, j] = falling
    return loss
