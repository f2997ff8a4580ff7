"""How good each expert is, on which classes and on which sources, with what is known of the truth.

Where an item's class is not known, it is inferred from what the other experts answered; nobody's own answer is proof of
itself. Whoever has few answers is drawn towards everybody, and what an expert is on a class or a source towards what
that expert is elsewhere.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.special import betainc, expit, logit, ndtr

from annotation.core.crowd.skill_effects import SPREADS, START, CountedAnswers, Effects, fit_effects, start_effects
from annotation.core.crowd.stored import ExpertSkillJson, MeasuredJson
from annotation.core.intervals import Interval

TINY = 1e-10
MOST_ROUNDS, SETTLED = 40, 5e-3
# Items' worth of everybody's shares that each class, and each class and source together, starts from.
CLASS_START, MIX_START = 1.0, 0.1
# Wrong answers' worth by which mistakes are spread evenly over the other classes before any is known.
MISTAKES_START = 2.0
# Classes that an answer's item has with less than this chance are not counted.
LEAST_SHARE = 1e-3
# No expert's answers tell less than this part of what they would with the true classes known; rounds after which that
# part is found anew.
LEAST_TOLD, RETOLD = 0.02, (0, 5, 15)
# Chosen on made teams: with 1 their limits hold 89 to 91 times in 100, with this 94, and 94 on fresh ones.
UNSURE = 1.5
NORMAL = 1.96
# Log odds by which a declared field of expertise raises the prior: .80 becomes .89.
DECLARED = 0.7


@dataclass(frozen=True, eq=False)
class ExpertAnswers:
    """m answers, one row each. expert: int (m,) codes in [0, n_experts). item: int (m,) codes ≥ 0. label: int (m,), the
    class code the expert gave, in [0, n_classes). source: int (m,), code of the item's source, −1 = none. known: int
    (m,), the class code known to be right without this answer (gold, adjudication, an audit decided by somebody else),
    −1 = not known. An expert has one answer for an item; one without any is taken for anybody."""

    expert: np.ndarray
    item: np.ndarray
    label: np.ndarray
    source: np.ndarray
    known: np.ndarray
    n_experts: int
    n_classes: int
    n_sources: int

    def __len__(self) -> int:
        return len(self.expert)


@dataclass(frozen=True, eq=False)
class Measured:
    """Shares of right answers, in [0, 1], with their 95 % limits; arrays of one shape. n: int, the answers judged that
    each rests on, rounded; with n = 0 the value is only what is expected of anybody."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: np.ndarray

    def interval(self, *place: int) -> Interval:
        value, low, high = (float(one[place]) for one in (self.value, self.low, self.high))
        return Interval(value, low, high, int(self.n[place]))

    def as_json(self) -> MeasuredJson:
        value, low, high = (np.round(one, 4).tolist() for one in (self.value, self.low, self.high))
        return {"value": value, "low": low, "high": high, "n": self.n.tolist()}


def measured_from(stored: MeasuredJson) -> Measured:
    value, low, high = (np.array(stored[name], dtype=float) for name in ("value", "low", "high"))
    return Measured(value, low, high, np.array(stored["n"], dtype=np.int64))


@dataclass(frozen=True, eq=False)
class ExpertSkill:
    """E experts, K classes, S sources.

    overall (E,), by_class (E, K) by true class, by_source (E, S): over the mix of classes and sources of all answers
    judged, so that nobody looks worse for being handed the hard items. chance: float (E, K, S + 1), predicted chance of
    a right answer by true class and source, the last for no source. mistakes: float (K, K), which class [label, true] a
    wrong answer names, columns sum to 1, diagonal 0. class_shares: float (K,), of the items answered.
    """

    overall: Measured
    by_class: Measured
    by_source: Measured
    chance: np.ndarray
    mistakes: np.ndarray
    class_shares: np.ndarray

    def chance_right(self, class_shares: np.ndarray, source: np.ndarray) -> np.ndarray:
        """Predicted chance, float (E, n) in [0, 1], that each expert answers an item rightly. class_shares: float
        (n, K), how likely each class is the true one, rows sum to 1; source: int (n,), −1 = none."""
        found = np.empty((len(self.chance), len(source)))
        for one in np.unique(source):
            mine = np.flatnonzero(source == one)
            found[:, mine] = self.chance[:, :, one] @ class_shares[mine].T
        return found

    def chance_below(self, bar: float) -> np.ndarray:
        """P(an expert's overall skill is below `bar`), float (E,) in [0, 1], from gold and from agreement together; the
        skill's log odds are normal. Nobody should be judged by it on less than some checks: look at `overall.n`."""
        low, high = (logit(np.clip(one, TINY, 1 - TINY)) for one in (self.overall.low, self.overall.high))
        error = np.maximum((high - low) / (2 * NORMAL), TINY)
        return ndtr((logit(bar) - (low + high) / 2) / error)

    def likelihood(self, expert: int, label: int, source: int = -1) -> np.ndarray:
        """P(this expert says `label` | true class), float (K,): right as often as on that class, and else as all
        mistake it."""
        right = self.chance[expert, :, source]
        says = (1 - right) * self.mistakes[label]
        says[label] = right[label]
        return np.maximum(says, TINY)

    def as_json(self) -> ExpertSkillJson:
        return {
            "overall": self.overall.as_json(), "by_class": self.by_class.as_json(),
            "by_source": self.by_source.as_json(), "chance": np.round(self.chance, 3).tolist(),
            "mistakes": np.round(self.mistakes, 4).tolist(), "class_shares": np.round(self.class_shares, 5).tolist(),
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Belief:
    """truth: float (m, K), what is believed of each answer's item, rows sum to 1, the known class where one is; shares
    (K,) of the classes; mistakes (K, K) as in ExpertSkill."""

    truth: np.ndarray
    shares: np.ndarray
    mistakes: np.ndarray


def from_json(stored: ExpertSkillJson) -> ExpertSkill:
    overall, by_class, by_source = (
        measured_from(one) for one in (stored["overall"], stored["by_class"], stored["by_source"])
    )
    chance, mistakes, class_shares = (
        np.array(one, dtype=float) for one in (stored["chance"], stored["mistakes"], stored["class_shares"])
    )
    return ExpertSkill(overall, by_class, by_source, chance, mistakes, class_shares)


def below_bar(right: int, n: int, bar: float, sure: float = 0.95) -> bool:
    """Whether somebody with `right` of `n` checks right is below `bar` in [0, 1] with a chance of `sure` or more: a
    Beta posterior from Jeffreys' prior (½, ½). Nobody is who reached it, be it 1."""
    return right < bar * n and bool(betainc(right + 0.5, n - right + 0.5, bar) >= sure)


def measure(
    answers: ExpertAnswers, declared_classes: np.ndarray | None = None, declared_sources: np.ndarray | None = None
) -> ExpertSkill:
    """Skill from m answers.

    declared_classes float (E, K), declared_sources float (E, S): log odds by which the prior of an expert is raised on
    a declared field, nothing else. P(right) is a logistic regression with Gaussian effects (`skill_effects`); classes
    not known come from the other answers on the item (Dawid and Skene 1979), anchored by the known ones, in turn until
    neither moves. An answer that only other uncertain answers judge tells less: its share of the information is that of
    the mixture (Louis 1982). Limits by the delta method on the log odds (Laplace approximation).
    """
    declared = _declared(answers, declared_classes, declared_sources)
    judged = _judged(answers)
    belief = _first_guess(judged)
    right = np.full((len(judged), judged.n_classes), expit(START))
    told = _told(judged, belief, right)
    effects = start_effects(judged.n_experts, declared)
    for number in range(MOST_ROUNDS):
        last = effects.mean
        effects = fit_effects(_counted(judged, belief, told), declared, effects)
        right = expit(_log_odds(effects.mean, judged.n_classes))[judged.expert, :, judged.source]
        belief = _inferred(judged, right, belief)
        done = np.abs(effects.mean - last).max(initial=0) < SETTLED
        if done or number in RETOLD:
            told = _told(judged, belief, right)
        if done:
            break
    cells = _counted(judged, belief, told)
    return _figures(judged, cells, fit_effects(cells, declared, effects), belief)


def _declared(answers: ExpertAnswers, classes: np.ndarray | None, sources: np.ndarray | None) -> np.ndarray:
    found = np.zeros((answers.n_experts, 2 + answers.n_classes + answers.n_sources))
    if classes is not None:
        found[:, 1 : 1 + answers.n_classes] = classes
    if sources is not None:
        found[:, 1 + answers.n_classes : -1] = sources
    return found


def _judged(answers: ExpertAnswers) -> ExpertAnswers:
    """The answers that something else bears on: a known class, or another answer. Items are numbered anew."""
    _, item, count = np.unique(answers.item, return_inverse=True, return_counts=True)
    kept = (answers.known >= 0) | (count[item] > 1) if len(answers) else np.zeros(0, dtype=bool)
    _, item = np.unique(item[kept], return_inverse=True)
    expert, label, source, known = (one[kept] for one in (answers.expert, answers.label, answers.source, answers.known))
    return replace(answers, expert=expert, item=item, label=label, source=source, known=known)


def _first_guess(answers: ExpertAnswers) -> Belief:
    """Before any skill is known: the shares of the other answers on an item, and even mistakes."""
    k, m = answers.n_classes, len(answers)
    said = np.eye(k)[answers.label] if m else np.zeros((0, k))
    n_items = int(answers.item.max(initial=-1)) + 1
    truth = _grouped(answers.item, said, n_items)[answers.item] - said + 1 / max(k, 1)
    truth /= np.maximum(truth.sum(axis=1, keepdims=True), TINY)
    even = (1 - np.eye(k)) / max(k - 1, 1)
    shares = (said.sum(axis=0) + CLASS_START) / (m + k * CLASS_START)
    return Belief(_with_known(answers, truth), shares, even)


def _with_known(answers: ExpertAnswers, truth: np.ndarray) -> np.ndarray:
    known = answers.known >= 0
    truth[known] = np.eye(answers.n_classes)[answers.known[known]]
    return truth


def _grouped(group: np.ndarray, rows: np.ndarray, n_groups: int) -> np.ndarray:
    """Rows float (m, K) added up by group, float (n_groups, K)."""
    m = len(group)
    return sparse.csr_matrix((np.ones(m), (group, np.arange(m))), (n_groups, m)) @ rows


def _says(answers: ExpertAnswers, right: np.ndarray, mistakes: np.ndarray) -> np.ndarray:
    """P(the answer | true class), float (m, K), where `right` (m, K) is the chance that it is right."""
    says = (1 - right) * mistakes[answers.label]
    rows = np.arange(len(answers))
    says[rows, answers.label] = right[rows, answers.label]
    return np.maximum(says, TINY)


def _inferred(answers: ExpertAnswers, right: np.ndarray, last: Belief) -> Belief:
    """The next belief, where `right` float (m, K) is the chance of each answer to be right by true class."""
    logs = np.log(_says(answers, right, last.mistakes))
    n_items = int(answers.item.max(initial=-1)) + 1
    total = _normalised(_grouped(answers.item, logs, n_items) + np.log(last.shares))
    truth = _with_known(answers, total[answers.item])
    total[answers.item] = np.where((answers.known >= 0)[:, np.newaxis], truth, total[answers.item])
    shares = total.sum(axis=0) + CLASS_START
    apart = 1 - np.eye(answers.n_classes)
    wrong = _grouped(answers.label, truth, answers.n_classes) * apart
    wrong += MISTAKES_START * apart / max(answers.n_classes - 1, 1)
    return Belief(truth, shares / shares.sum(), wrong / np.maximum(wrong.sum(axis=0), TINY))


def _normalised(logs: np.ndarray) -> np.ndarray:
    found = np.exp(logs - logs.max(axis=1, keepdims=True, initial=-np.inf))
    return found / np.maximum(found.sum(axis=1, keepdims=True), TINY)


def _counted(answers: ExpertAnswers, belief: Belief, told: np.ndarray) -> CountedAnswers:
    """The answers by expert, true class and source. told: float (E,), see `_told`."""
    row, true = np.nonzero(belief.truth > LEAST_SHARE)
    share = belief.truth[row, true]
    n_sources = answers.n_sources + 1
    source = np.where(answers.source >= 0, answers.source, answers.n_sources)
    code = (answers.expert[row] * answers.n_classes + true) * n_sources + source[row]
    cell, place = np.unique(code, return_inverse=True)
    n = np.bincount(place, share, minlength=len(cell))
    right = np.bincount(place, share * (answers.label[row] == true), minlength=len(cell))
    expert, rest = np.divmod(cell, max(answers.n_classes * n_sources, 1))
    of_class, of_source = np.divmod(rest, n_sources)
    return CountedAnswers(
        expert, of_class, of_source, n, right, n * told[expert],
        answers.n_experts, answers.n_classes, answers.n_sources,
    )  # fmt: skip


def _told(answers: ExpertAnswers, belief: Belief, right: np.ndarray) -> np.ndarray:
    """How much each expert's answers tell of what they would if the true classes were known, float (E,) in
    [LEAST_TOLD, 1].

    Not knowing the classes takes the variance of the experts' scores over the classes each item may have, those of all
    who answered it together (Louis 1982): where two differ and nothing else is known, either may be the one who errs.
    To the power UNSURE, since the classes' shares and the mistakes are not known either.
    """
    pull = (np.eye(answers.n_classes)[answers.label] if len(answers) else right) - right
    whole = _sum((belief.truth * right * (1 - right)).sum(axis=1), answers.expert, answers.n_experts)
    n_items = int(answers.item.max(initial=-1)) + 1
    weight = np.sqrt(belief.truth) * (answers.known < 0)[:, np.newaxis]

    def squares(of: np.ndarray) -> np.ndarray:
        scores = sparse.csr_matrix((of, (answers.item, answers.expert)), (n_items, answers.n_experts))
        return (scores.T @ scores).toarray()

    lost = -squares((weight**2 * pull).sum(axis=1))
    for column in (weight * pull).T:
        lost += squares(column)
    before = SPREADS["expert"] ** -2
    left = np.linalg.inv(_positive(np.diag(whole) - lost) + before * np.eye(len(whole)))
    share = np.clip((1 / np.diag(left) - before) / np.maximum(whole, TINY), 0, 1)
    return np.maximum(share**UNSURE, LEAST_TOLD)


def _sum(of: np.ndarray, group: np.ndarray, n_groups: int) -> np.ndarray:
    return np.bincount(group, of, minlength=n_groups)


def _positive(matrix: np.ndarray) -> np.ndarray:
    """The nearest matrix without negative eigenvalues: a sample may seem to tell less than nothing."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, 0)) @ vectors.T


def _log_odds(mean: np.ndarray, n_classes: int) -> np.ndarray:
    """Float (E, K, S + 1) of effects (E, b)."""
    return mean[:, :1, np.newaxis] + mean[:, 1 : 1 + n_classes, np.newaxis] + mean[:, np.newaxis, 1 + n_classes :]


def _figures(answers: ExpertAnswers, cells: CountedAnswers, effects: Effects, belief: Belief) -> ExpertSkill:
    e, k, s = answers.n_experts, answers.n_classes, answers.n_sources
    place = (cells.expert * k + cells.true) * (s + 1) + cells.source
    n = np.bincount(place, cells.n, minlength=e * k * (s + 1)).reshape(e, k, s + 1)
    mix = _mix(n.sum(axis=0))
    every, all_sources = slice(0, k), slice(0, s + 1)
    overall = [_standardised(effects, mix, every, all_sources)]
    by_class = [_standardised(effects, mix, slice(one, one + 1), all_sources) for one in range(k)]
    by_source = [_standardised(effects, mix, every, slice(one, one + 1)) for one in range(s)]
    return ExpertSkill(
        _measured(overall, n.sum(axis=(1, 2)), (e,)), _measured(by_class, n.sum(axis=2), (e, k)),
        _measured(by_source, n.sum(axis=1)[:, :s], (e, s)), _expected(effects, k), belief.mistakes, belief.shares,
    )  # fmt: skip


def _mix(n: np.ndarray) -> np.ndarray:
    """Shares of class and source (K, S + 1) among all answers, with a little of what there would be if the two were
    independent, so that no class and no source is without items."""
    of_class, of_source = n.sum(axis=1) + 1, n.sum(axis=0)
    of_source = of_source + 1
    if n.shape[1] > 1 and not n[:, -1].any():
        of_source[-1] = 0
    mix = n + MIX_START * np.outer(of_class, of_source) / of_class.sum()
    return mix / mix.sum()


def _expected(effects: Effects, n_classes: int) -> np.ndarray:
    """Mean chance of a right answer (E, K, S + 1): the log odds drawn towards even by how uncertain they are (MacKay
    1992)."""
    c = effects.covariance
    of_class, of_source = slice(1, 1 + n_classes), slice(1 + n_classes, c.shape[1])
    own = np.diagonal(c, axis1=1, axis2=2)
    variance = own[:, :1, np.newaxis] + (own[:, of_class] + 2 * c[:, 0, of_class])[:, :, np.newaxis]
    variance = variance + (own[:, of_source] + 2 * c[:, 0, of_source])[:, np.newaxis, :]
    variance = variance + 2 * c[:, of_class, of_source]
    return expit(_log_odds(effects.mean, n_classes) / np.sqrt(1 + np.pi * np.maximum(variance, 0) / 8))


def _standardised(effects: Effects, mix: np.ndarray, classes: slice, sources: slice) -> tuple[np.ndarray, np.ndarray]:
    """The share right and its standard error in log odds, float (E,) each, over some classes and sources of the mix."""
    k = mix.shape[0]
    share = mix[classes, sources] / max(mix[classes, sources].sum(), TINY)
    eta = _log_odds(effects.mean, k)[:, classes, sources]
    right = expit(eta)
    value = (share * right).sum(axis=(1, 2))
    slope = share * right * (1 - right)
    gradient = np.zeros_like(effects.mean)
    gradient[:, 0] = slope.sum(axis=(1, 2))
    gradient[:, 1 : 1 + k][:, classes] = slope.sum(axis=2)
    gradient[:, 1 + k :][:, sources] = slope.sum(axis=1)
    variance = np.einsum("ei,eij,ej->e", gradient, effects.covariance, gradient)
    return value, np.sqrt(np.maximum(variance, 0)) / np.maximum(value * (1 - value), TINY)


def _measured(found: list[tuple[np.ndarray, np.ndarray]], n: np.ndarray, shape: tuple[int, ...]) -> Measured:
    if not found:
        empty = np.zeros(shape)
        return Measured(empty, empty, empty, empty.astype(np.int64))
    value = np.stack([one for one, _ in found], axis=-1)
    error = np.stack([one for _, one in found], axis=-1)
    middle = logit(np.clip(value, TINY, 1 - TINY))
    drawn = expit(middle / np.sqrt(1 + np.pi * error**2 / 8))
    low, high = expit(middle - NORMAL * error), expit(middle + NORMAL * error)
    rounded = np.rint(n).astype(np.int64)
    return Measured(drawn.reshape(shape), low.reshape(shape), high.reshape(shape), rounded.reshape(shape))
