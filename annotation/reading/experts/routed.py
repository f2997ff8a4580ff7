"""Which open cases to offer an expert, in order: those that gain most from just this expert."""

from collections.abc import Iterator, Sequence
from time import monotonic

import numpy as np
from scipy.special import expit, logit

from annotation.core.order.routing import Chances, rank
from annotation.models import Dataset, Decision, RoutingRules, User
from annotation.reading.experts.measured_skill import DECLARED
from annotation.reading.experts.open_arrays import OpenArrays, open_arrays
from annotation.reading.experts.readiness import Readiness

# Cases offered to the database at once: the first few are nearly always free, the next after many colleagues took some.
OFFERED = (16, 128, 512, 2048)
# Decisions of the site among which somebody's shows that they are here.
RECENT = 500
# Seconds for which who is here is taken to be the same.
HERE = 10.0


def ranked_cases(dataset: Dataset, user: User, rules: RoutingRules, ready: Readiness) -> Iterator[Sequence[int]]:
    """Ids of open cases in ever larger batches, the best for `user` first; none where there is nothing to rank by.

    Who may really have a case the caller still has to ask: the arrays may be a minute old.
    """
    arrays = open_arrays(dataset, may_read=False)
    if arrays is None or user.pk not in arrays.skill.place or not len(arrays.case):
        return
    order = ranked(arrays, user.pk, _here(dataset, arrays), rules, ready)
    ids = [pk for pk in arrays.case[order].tolist() if pk not in arrays.taken]
    start = 0
    for many in OFFERED:
        if start < len(ids):
            yield ids[start : start + many]
        start += many


def _here(dataset: Dataset, arrays: OpenArrays) -> Sequence[int]:
    at, here = arrays.here.get("at", (0.0, ()))
    if monotonic() - at > HERE:
        arrays.here["at"] = at, here = monotonic(), tuple(present_experts(dataset))
    return here


def ranked(arrays: OpenArrays, user: int, present: Sequence[int], rules: RoutingRules, ready: Readiness) -> np.ndarray:
    """Positions of the first sum(OFFERED) cases for `user`, best first; `present`: ids of who else may get them."""
    chances = Chances(arrays.cases, arrays.skill.skill)
    own = _chance_of(arrays, chances, user)
    others = _best_of_others(arrays, chances, user, present)
    order = rank(arrays.cases, own, others, rules.least_skill, first=sum(OFFERED))
    return order[~_closed(arrays, order, ready)]


def _best_of_others(arrays: OpenArrays, chances: Chances, user: int, present: Sequence[int]) -> np.ndarray:
    """The highest chance among the others, 0 without any. Of all who are here the best and the next are kept, so that
    one who asks costs no look at every colleague."""
    here = tuple(sorted(one for one in present if one in arrays.skill.place))
    if here not in arrays.best_two:
        arrays.best_two.clear()
        arrays.best_two[here] = _best_two(arrays, chances, here)
    best, who, second = arrays.best_two[here]
    return np.where(who == user, second, best)


def _best_two(arrays: OpenArrays, chances: Chances, here: Sequence[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By case the highest chance, whose it is, and the next highest."""
    best, second = (np.zeros(len(arrays.case), dtype=np.float32) for _ in range(2))
    who = np.zeros(len(arrays.case), dtype=np.int64)
    for user in here:
        own = _chance_of(arrays, chances, user)
        ahead = own > best
        second = np.where(ahead, best, np.maximum(second, own))
        best, who = np.where(ahead, own, best), np.where(ahead, user, who)
    return best, who, second


def _chance_of(arrays: OpenArrays, chances: Chances, user: int) -> np.ndarray:
    chance = chances.of(arrays.skill.place[user])
    theirs = arrays.declared.get(user)
    return (
        chance if theirs is None else np.where(theirs, expit(logit(np.clip(chance, 1e-6, 1 - 1e-6)) + DECLARED), chance)
    )


def _closed(arrays: OpenArrays, order: np.ndarray, ready: Readiness) -> np.ndarray:
    """Bool: cases about a class whose test the expert has not passed."""
    closed = [arrays.skill.classes[one] for one in ready.closed_classes if one in arrays.skill.classes]
    given, suggested = arrays.cases.given[order], arrays.cases.suggested[order]
    return np.isin(given, closed) | np.isin(suggested, closed)


def present_experts(dataset: Dataset) -> list[int]:
    """Ids of the users who decided on cases of the dataset lately."""
    last = Decision.objects.order_by("-id").values_list("id", flat=True).first() or 0
    recent = Decision.objects.filter(pk__gt=last - RECENT, case__dataset=dataset).order_by()
    return list(recent.values_list("expert_id", flat=True).distinct())
