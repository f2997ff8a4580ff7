"""Which of the open cases the expert who asks should get first: those it pays most that just this expert decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from annotation.core.crowd.expert_skill import ExpertSkill

# How far being better or worse on a case than every other who is here counts: no more than by these factors, since a
# chance nobody is measured on may be far off.
LEAST_FACTOR, MOST_FACTOR = 0.5, 2.0
TINY, LEFT_OUT = 1e-9, -1.0


@dataclass(frozen=True, eq=False)
class OpenCases:
    """n open cases. score: float (n,) in [0, 1], the order of the queue, 1 first. given: int (n,), class code of the
    current label, −1 = none; suggested: int (n,), the class it would else be, −1 = not known; chance: float (n,) in
    [0, 1], that the given label is wrong. source: int (n,), −1 = none. answers: int (n,), independent answers so
    far."""

    score: np.ndarray
    given: np.ndarray
    suggested: np.ndarray
    chance: np.ndarray
    source: np.ndarray
    answers: np.ndarray

    def __len__(self) -> int:
        return len(self.score)


@dataclass(frozen=True, eq=False)
class Chances:
    """Predicted chance of a right answer to each of n cases, one expert at a time."""

    cases: OpenCases
    skill: ExpertSkill

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """Where each case's two classes stand in an expert's flat table."""
        n_classes, n_sources = self.skill.chance.shape[1:]
        source = _within(self.cases.source, n_sources - 1)
        given, suggested = (
            (_within(one, n_classes) * n_sources + source).astype(np.intp)
            for one in (self.cases.given, self.cases.suggested)
        )
        return given, suggested

    @cached_property
    def _tables(self) -> np.ndarray:
        """Float32 (E, (K + 1) · (S + 1)): a class not known is any class, as frequent as classes are."""
        skill = self.skill
        anything = np.einsum("eks,k->es", skill.chance, skill.class_shares)[:, np.newaxis]
        both = np.concatenate([skill.chance, anything], axis=1)
        return both.reshape(len(both), -1).astype(np.float32)

    @cached_property
    def _chance(self) -> np.ndarray:
        return self.cases.chance.astype(np.float32)

    def of(self, expert: int) -> np.ndarray:
        """Chance float32 (n,) in [0, 1] that this expert answers each case rightly: that on the given label's class
        and that on the suggested one's, as likely as each is the true one."""
        given, suggested = self._places
        table = self._tables[expert]
        right = table.take(given)
        found = table.take(suggested)
        found -= right
        found *= self._chance
        found += right
        return found

    def best_of(self, experts: Sequence[int]) -> np.ndarray:
        """The highest chance float32 (n,) among experts by their codes, 0 without any."""
        best = np.zeros(len(self.cases), dtype=np.float32)
        for expert in experts:
            np.maximum(best, self.of(expert), out=best)
        return best


def _within(codes: np.ndarray, n: int) -> np.ndarray:
    """Codes in [0, n); n in place of −1 and of what came after skill was measured."""
    return np.where((codes >= 0) & (codes < n), codes, n)


def rank(
    cases: OpenCases, own: np.ndarray, others: np.ndarray, least_skill: float = 0.0, first: int | None = None
) -> np.ndarray:
    """Positions int (≤ n,) of the cases for the expert who asks, best first; the `first` of them, None = all.

    own: float (n,), the chance that this expert answers each case rightly; others: float (n,), the highest chance among
    the other experts who are here, 0 = nobody is. A case is worth score · own · own / others, the last factor within
    LEAST_FACTOR and MOST_FACTOR: errors this expert would mend, and what is won or lost against handing it to the
    likeliest other, so that a specialist's cases wait for the specialist while they are here (comparative advantage).
    Equal worth goes by score, then by answers begun, then by position. Where `own` is below `least_skill` and somebody
    else reaches it, the case is left out.
    """
    value = worth_to(cases, own, others)
    n = len(cases)
    if least_skill > 0:
        left_out = (own < least_skill) & (others >= least_skill)
        value[left_out] = LEFT_OUT
        n -= int(np.count_nonzero(left_out))
    wanted = n if first is None else min(first, n)
    if wanted == 0:
        return np.zeros(0, dtype=np.int64)
    worst = np.partition(value, len(cases) - wanted)[len(cases) - wanted]
    found = np.flatnonzero(value >= worst)
    order = np.lexsort((-cases.answers[found], -cases.score[found], -value[found]))
    return found[order][:wanted]


def worth_to(cases: OpenCases, own: np.ndarray, others: np.ndarray) -> np.ndarray:
    """What it is worth float (n,) that the expert who asks decides each case; see `rank`."""
    factor = own / np.maximum(others, TINY)
    np.clip(factor, LEAST_FACTOR, MOST_FACTOR, out=factor)
    factor[others <= 0] = 1
    factor *= own
    factor *= cases.score
    return factor
