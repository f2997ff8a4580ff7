"""What decisions teach about where the errors are: chances that start at the detectors' scores and move with each
decision, by class, class pair, annotator, source, detector, finding and likeness to decided items, shrunk towards the
start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import betaln, expit, logit

from annotation.core.order.nearby import Nearby, landmarks
from annotation.core.order.prior_evidence import PriorEvidence, take
from annotation.core.order.stored import Rates

# Standard deviations of the prior, in log odds: how far decisions may move each part from where it starts.
SPREAD_START, SPREAD_SLOPE, SPREAD_DETECTOR, SPREAD_FACTOR, SPREAD_PLACE = 2.0, 0.5, 0.3, 0.5, 0.7
# What the log odds of a detector's own score add at the start, above .5 and below, where the score is a model's
# probability: the joint score hardly tells .97 from 1, nor what a detector clears from what it is silent on. Of other
# detectors nothing is added before decisions say so.
SURENESS: Mapping[str, float] = {"label_error": 0.5, "count_rule": 1.0, "annotator_shortcut": 1.0}
CLEARNESS: Mapping[str, float] = {"label_error": 0.5, "count_rule": 0.5, "annotator_shortcut": 0.5}
# A detector's own score is brought inside these before its log odds are taken.
CLEAREST, SUREST_ONE = 0.03, 1 - 1e-4
# Scores are brought inside before their log odds are taken: no detector is surer than this.
SUREST = 0.995
STRENGTHS = np.geomspace(1, 200, 30)
FOLDS = 5


@dataclass(frozen=True)
class Teaching:
    """What k decisions taught. Effects are in log odds; 0 = none.

    start, slope: of the log odds of the score, 0 and 1 before any decision. detectors, clearances: name → slope of the
    log odds of its own score above and below .5. factors: factor → level → effect. nearby: of decided items on those
    that lie near them.
    """

    n: int = 0
    start: float = 0.0
    slope: float = 1.0
    detectors: Mapping[str, float] = field(default_factory=dict)
    clearances: Mapping[str, float] = field(default_factory=dict)
    factors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    nearby: Nearby = field(default_factory=Nearby)


def learn(decided: PriorEvidence, wrong: np.ndarray, weight: np.ndarray | None = None) -> Teaching:
    """Fit what the decided items teach. wrong: bool (k,), the decision named another class; weight: float (k,) > 0.

    A logistic model of `wrong` on the log odds of the score, the detectors' scores, the levels of the factors and where
    the items lie, whose Gaussian prior is centred on the score as it stands, so that few decisions move little (ridge
    towards a start, Hoerl & Kennard 1970; le Cessie & van Houwelingen 1992; of places a Gaussian process, Rasmussen &
    Williams 2006). The same decisions give the same effects. Without decisions it is the start.
    """
    if not len(wrong):
        return Teaching()
    near = landmarks(decided.place, decided.label_names, decided.n_classes)
    design, columns = _design(decided, near.columns)
    y, w = np.asarray(wrong, dtype=float), np.ones(len(wrong)) if weight is None else np.asarray(weight, dtype=float)
    beta = _fitted(design, *_prior(columns), y, w)
    factors: dict[str, dict[str, float]] = {name: {} for name in decided.factors}
    detectors: dict[str, float] = {}
    clearances: dict[str, float] = {}
    of_kind = {"detector": detectors, "clearance": clearances, **factors}
    own = len(columns) - near.columns.shape[1]
    for (kind, name), value in zip(columns[2:own], beta[2:own].tolist(), strict=True):
        of_kind[kind][name] = value
    return Teaching(len(wrong), float(beta[0]), float(beta[1]), detectors, clearances, factors, near.nearby(beta[own:]))


def _fitted(
    design: sparse.csr_matrix, start: np.ndarray, spread: np.ndarray, wrong: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    """The likeliest effects, float (p,), under a Gaussian prior around `start`."""

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        eta, away = design @ beta, (beta - start) / spread
        value = weight @ (np.logaddexp(0, eta) - wrong * eta) + away @ away / 2
        return value, design.T @ (weight * (expit(eta) - wrong)) + away / spread

    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500, "gtol": 1e-6}).x


def _design(decided: PriorEvidence, near: np.ndarray) -> tuple[sparse.csr_matrix, list[tuple[str, str]]]:
    """The design matrix (k, p) and the kind and name of each column; those of places, `near`, come last."""
    k = len(decided.item)
    columns = [("start", ""), ("slope", "")]
    columns += [(kind, name) for kind in ("detector", "clearance") for name in decided.detectors]
    own = [own_log_odds(score) for score in decided.detectors.values()]
    sides = [np.maximum(one, 0) for one in own] + [np.minimum(one, 0) for one in own]
    dense = np.column_stack([np.ones(k), log_odds(decided.score), *sides])
    blocks = [sparse.csr_matrix(dense)]
    for name, factor in decided.factors.items():
        ones = np.ones(len(factor.items))
        blocks.append(sparse.csr_matrix((ones, (factor.items, factor.levels)), shape=(k, len(factor.names))))
        columns += [(name, level) for level in factor.names]
    blocks.append(sparse.csr_matrix(near))
    columns += [("place", "")] * near.shape[1]
    return sparse.hstack(blocks).tocsr(), columns


def _prior(columns: Sequence[tuple[str, str]]) -> tuple[np.ndarray, np.ndarray]:
    spreads = {
        "start": SPREAD_START, "slope": SPREAD_SLOPE, "detector": SPREAD_DETECTOR, "clearance": SPREAD_DETECTOR,
        "place": SPREAD_PLACE,
    }  # fmt: skip
    starts: dict[str, Mapping[str, float]] = {"slope": {"": 1.0}, "detector": SURENESS, "clearance": CLEARNESS}
    start = np.array([starts.get(kind, {}).get(name, 0.0) for kind, name in columns])
    return start, np.array([spreads.get(kind, SPREAD_FACTOR) for kind, _ in columns])


def log_odds(score: np.ndarray) -> np.ndarray:
    """Log odds float (n,) of scores in [0, 1]; none is surer than SUREST."""
    return logit(np.clip(np.asarray(score, dtype=float), 1 - SUREST, SUREST))


def own_log_odds(score: np.ndarray) -> np.ndarray:
    """Log odds float (n,) of a detector's score in [0, 1]: above 0 it suspects a label, below it clears one. A score of
    0 is silence and adds nothing."""
    found = np.asarray(score, dtype=float)
    return np.where(found > 0, logit(np.clip(found, CLEAREST, SUREST_ONE)), 0.0)


def predicted_chance(teaching: Teaching, prior: PriorEvidence) -> np.ndarray:
    """Chance float (n,) in [0, 1] that each label is wrong, 1 = surely; the score itself before any decision.

    It orders. Only `calibration` makes it a probability.
    """
    if teaching.n == 0:
        return np.asarray(prior.score, dtype=float)
    eta = teaching.start + teaching.slope * log_odds(prior.score)
    for name, score in prior.detectors.items():
        own = own_log_odds(score)
        eta += teaching.detectors.get(name, SURENESS.get(name, 0.0)) * np.maximum(own, 0)
        eta += teaching.clearances.get(name, CLEARNESS.get(name, 0.0)) * np.minimum(own, 0)
    for name, factor in prior.factors.items():
        effect = teaching.factors.get(name, {})
        by_level = np.array([effect.get(level, 0.0) for level in factor.names])
        if len(factor.items):
            eta += np.bincount(factor.items, weights=by_level[factor.levels], minlength=len(eta))
    return expit(eta + teaching.nearby.effect(prior.place, prior.label_names, prior.n_classes))


def held_out(decided: PriorEvidence, wrong: np.ndarray) -> np.ndarray:
    """Chance float (k,) of each decided item as the other decisions predict it: what may be calibrated without
    judging a decision by itself. Folds go round by position."""
    k, wrong = len(wrong), np.asarray(wrong, dtype=bool)
    chance = np.asarray(decided.score, dtype=float).copy()
    fold = np.arange(k) % FOLDS
    for one in range(min(FOLDS, k)):
        others, own = np.flatnonzero(fold != one), np.flatnonzero(fold == one)
        chance[own] = predicted_chance(learn(take(decided, others), wrong[others]), take(decided, own))
    return chance


def error_rates(decided: PriorEvidence, wrong: np.ndarray) -> Rates:
    """Factor → level → [errors, decisions, shrunk rate in [0, 1]], most decisions first.

    Each rate is the mean of a beta posterior whose prior is the rate of all decisions, as strong as makes the counts
    likeliest (beta-binomial, empirical Bayes; Efron & Morris 1975). Rates are of decided items, not of all.
    """
    wrong = np.asarray(wrong, dtype=float)
    overall = (wrong.sum() + 0.5) / (len(wrong) + 1)
    rates: Rates = {}
    for name, factor in decided.factors.items():
        n = np.bincount(factor.levels, minlength=len(factor.names))
        errors = np.bincount(factor.levels, weights=wrong[factor.items], minlength=len(factor.names))
        strength = _strength(errors, n, overall)
        shrunk = (errors + strength * overall) / (n + strength)
        order = sorted(range(len(n)), key=lambda level: (-n[level], factor.names[level]))
        rates[name] = {factor.names[i]: [int(errors[i]), int(n[i]), round(float(shrunk[i]), 4)] for i in order}
    return rates


def _strength(errors: np.ndarray, n: np.ndarray, overall: float) -> float:
    """Decisions the prior is worth: the likeliest of STRENGTHS under a beta-binomial with mean `overall`."""
    a, b = STRENGTHS[:, np.newaxis] * overall, STRENGTHS[:, np.newaxis] * (1 - overall)
    likelihood = (betaln(errors + a, n - errors + b) - betaln(a, b)).sum(axis=1)
    return float(STRENGTHS[int(likelihood.argmax())])
