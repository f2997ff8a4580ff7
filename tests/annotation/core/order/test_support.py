import numpy as np
import pytest

from annotation.core.intervals import wilson
from annotation.core.order.prior_evidence import PriorEvidence
from annotation.core.order.support import Check, check, supported, where_shown


def world(n, bend=lambda score: score, seed=0):
    """Items by score, and labels wrong as often as `bend` of it."""
    random = np.random.default_rng(seed)
    score = random.uniform(0.02, 0.98, n)
    return PriorEvidence(np.arange(n), score), random.random(n) < bend(score)


def checked(prior, wrong, weight=None):
    weight = np.ones(len(wrong)) if weight is None else weight
    return check(prior, wrong, weight)


def made(low=0.35, high=0.5, reached=0.3, said=0.42, wrong=21, n=50):
    return Check(low, high, reached, said, wilson(wrong, n))


def test_predictions_that_come_true_in_every_range_are_believed():
    prior, wrong = world(900)
    checks = checked(prior, wrong)
    assert len(checks) > 6 and sum(one.proved.n for one in checks) == 450
    enough = [one for one in checks if one.proved.n >= 25]
    assert len(enough) > 4 and all(one.holds for one in enough)
    assert [one.high for one in checks] == sorted(one.high for one in checks)


def test_what_changes_while_decisions_come_in_is_not_believed():
    """The first half is as the scores say; in the second nothing is wrong any more."""
    prior, wrong = world(400)
    wrong[200:] = False
    assert not any(one.holds for one in checked(prior, wrong) if one.said > 0.35)


def test_nothing_is_checked_before_fifty_decisions():
    prior, wrong = world(50)
    assert checked(prior, wrong) == ()


def test_what_is_decided_last_does_not_change_what_was_said_before():
    prior, wrong = world(200)
    turned = wrong.copy()
    turned[175:] = ~turned[175:]
    said = [sum(one.said * one.proved.n for one in checked(prior, outcome)) for outcome in (wrong, turned)]
    assert said[0] == pytest.approx(said[1], rel=1e-9)


def test_a_small_bias_is_as_good_as_none_and_a_large_one_is_not():
    assert made(said=0.3, wrong=400, n=1200).holds and not made(said=0.2, wrong=400, n=1200).holds


def test_an_audited_label_counts_for_those_it_stands_for():
    """Half of what is checked in the lowest range was audited and stands for 20 each, all right."""
    prior, _ = world(400)
    score = np.where(np.arange(400) % 2, 0.03, 0.9)
    prior = PriorEvidence(np.arange(400), score)
    wrong = (score > 0.5) & (np.arange(400) % 20 > 0)
    weight = np.where(score < 0.5, 20.0, 1.0)
    lowest = checked(prior, wrong, weight)[0]
    assert lowest.high <= 0.1 and lowest.proved.value == 0 and 90 <= lowest.proved.n <= 100 and lowest.holds


def test_only_within_the_range_and_not_beneath_what_was_reached():
    chance, said = np.array([0.4, 0.2, 0.4, 0.4]), np.array([0.4, 0.4, 0.34, 0.6])
    assert supported(said, chance, [made()]).tolist() == [0, -1, -1, -1]
    assert supported(said, chance, [made(said=0.7)]).tolist() == [-1] * 4
    assert supported(said, chance, [made(n=24, wrong=10)]).tolist() == [-1] * 4
    assert supported(np.full(4, np.nan), chance, [made()]).tolist() == [-1] * 4


def test_it_says_where_and_why():
    assert made().in_words() == (
        "Of 50 labels predicted to be wrong with 35 % to 50 % before they were decided, 42 % were "
        "(95 % interval 29 % to 56 %)."
    )
    held = [made().as_json(), made(low=0.8, high=0.9, said=0.85, wrong=42).as_json()]
    assert where_shown({"checks": held}).startswith(
        "A chance is shown from 35 % to 50 % and 80 % to 90 %, where as many"
    )
    assert "An audit draws some" in where_shown({"checks": held})
    low = made(low=0.0, high=0.05, said=0.02, wrong=1).as_json()
    assert "audit" not in where_shown({"checks": [low]})
    assert where_shown({"checks": [made(n=3, wrong=1).as_json()]}).startswith("No chance is shown")
    assert where_shown({}) == where_shown({"checks": []})


@pytest.mark.parametrize("n", [100, 301])
def test_the_same_decisions_give_the_same_checks(n):
    assert checked(*world(n)) == checked(*world(n))
