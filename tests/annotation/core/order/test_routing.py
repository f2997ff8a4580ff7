import time

import numpy as np
import pytest

from annotation.core.crowd.expert_skill import ExpertSkill, Measured
from annotation.core.order.routing import Chances, OpenCases, rank, worth_to

NOTHING = Measured(*(np.zeros(0),) * 3, np.zeros(0, dtype=int))


def cases(score, given=None, suggested=None, chance=0.0, source=-1, answers=0):
    n = len(score)
    return OpenCases(
        np.array(score, dtype=float),
        *(np.broadcast_to(np.array(-1 if one is None else one), n) for one in (given, suggested)),
        np.broadcast_to(np.array(chance, dtype=float), n),
        *(np.broadcast_to(np.array(one), n) for one in (source, answers)),
    )


def skill_of(chance, class_shares=None):
    chance = np.array(chance, dtype=float)
    k = chance.shape[1]
    shares = np.full(k, 1 / k) if class_shares is None else np.array(class_shares)
    return ExpertSkill(NOTHING, NOTHING, NOTHING, chance, (1 - np.eye(k)) / max(k - 1, 1), shares)


def test_alone_the_order_is_that_of_score_times_own_chance():
    # .45, .56, .18
    found = rank(cases([0.5, 0.8, 0.9]), np.array([0.9, 0.7, 0.2]), np.zeros(3))
    assert found.tolist() == [1, 0, 2]


def test_a_specialists_cases_come_first_for_the_specialist_and_last_for_another():
    queue = cases([0.5, 0.5])
    specialist, another = np.array([0.95, 0.7]), np.array([0.7, 0.7])
    assert rank(queue, specialist, another).tolist() == [0, 1]
    assert rank(queue, another, specialist).tolist() == [1, 0]


def test_without_the_specialist_their_cases_are_anybodys():
    queue = cases([0.6, 0.5])
    another = np.array([0.7, 0.7])
    assert rank(queue, another, np.array([0.99, 0.7])).tolist() == [1, 0]
    assert rank(queue, another, np.array([0.7, 0.7])).tolist() == [0, 1]


def test_equal_worth_goes_by_score_then_by_answers_begun_then_by_position():
    # worth nothing: nobody here can
    assert rank(cases([0.2, 0.9, 0.5]), np.zeros(3), np.zeros(3)).tolist() == [1, 2, 0]
    queue = cases([0.5, 0.5, 0.5], answers=[0, 1, 0])
    assert rank(queue, np.full(3, 0.8), np.full(3, 0.8)).tolist() == [1, 0, 2]


def test_who_falls_short_is_left_out_only_while_somebody_else_reaches_the_bar():
    queue = cases([0.5, 0.4, 0.3])
    own, others = np.array([0.6, 0.6, 0.8]), np.array([0.9, 0.65, 0.5])
    assert sorted(rank(queue, own, others, least_skill=0.7).tolist()) == [1, 2]


def test_only_the_first_are_those_of_all():
    rng = np.random.default_rng(0)
    queue = cases(rng.random(500).round(2))
    own, others = rng.random(500).round(1), rng.random(500).round(1)
    everything = rank(queue, own, others)
    for first in (0, 1, 7, 500, 900):
        assert rank(queue, own, others, first=first).tolist() == everything[:first].tolist()


def test_chances_weigh_the_given_and_the_suggested_class():
    skill = skill_of([[[0.9, 0.5], [0.6, 0.4]]])
    queue = cases([1, 1, 1], given=[0, 0, 1], suggested=[1, 1, 0], chance=[0.25, 0.25, 1.0], source=[0, -1, 0])
    # .75 · .9 + .25 · .6; without a source .75 · .5 + .25 · .4; surely the suggested
    assert Chances(queue, skill).of(0) == pytest.approx([0.825, 0.475, 0.9])


def test_a_class_not_known_is_any_class_as_frequent_as_they_are():
    skill = skill_of([[[0.9], [0.5]]], class_shares=[0.25, 0.75])
    assert Chances(cases([1], given=-1, suggested=-1), skill).of(0) == pytest.approx([0.6])


def test_a_class_and_a_source_that_came_after_the_skill_are_any_class_and_none():
    skill = skill_of([[[0.9, 0.7], [0.5, 0.3]]])
    assert Chances(cases([1], given=2, suggested=0, source=1), skill).of(0) == pytest.approx([0.5])


def test_the_best_of_nobody_is_no_chance():
    skill = skill_of([[[0.9], [0.5]], [[0.4], [0.8]]])
    found = Chances(cases([1, 1], given=[0, 1], suggested=[0, 1]), skill)
    assert found.best_of([0, 1]) == pytest.approx([0.9, 0.8])
    assert found.best_of([]).tolist() == [0, 0]


def test_no_cases_have_no_order():
    assert rank(cases([]), np.zeros(0), np.zeros(0), first=3).tolist() == []
    assert worth_to(cases([]), np.zeros(0), np.zeros(0)).shape == (0,)


def test_the_first_of_100_000_cases_in_77_classes_are_found_soon():
    rng, n = np.random.default_rng(0), 100_000
    given, suggested = rng.integers(0, 77, (2, n))
    queue = cases(rng.random(n), given, suggested, rng.random(n), rng.integers(-1, 6, n))
    chances = Chances(queue, skill_of(rng.uniform(0.4, 1, (5, 77, 7))))
    chances.of(0)
    seconds = []
    for _ in range(20):
        start = time.perf_counter()
        rank(queue, chances.of(0), chances.best_of([1, 2, 3, 4]), first=50)
        seconds.append(time.perf_counter() - start)
    assert np.median(seconds) < 0.1


def test_worth_is_the_score_times_own_chance_times_how_much_better_one_is():
    found = worth_to(cases([0.5, 0.5, 0.5, 0.5]), np.array([0.9, 0.6, 0.1, 0.8]), np.array([0.6, 0.9, 0.9, 0.0]))
    # .5 · .9 · 1.5; .5 · .6 · ⅔; a ninth counts as a half; nobody else is here
    assert found == pytest.approx([0.675, 0.2, 0.025, 0.4])
