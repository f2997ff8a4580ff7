import numpy as np
import pytest
from scipy.stats import t as student

from modeling.core.fitting.choosing_recipes import Entrant, accuracy_pull, choose, macro_f1_pull
from modeling.core.fitting.complexity import plainness, size_of
from modeling.core.proving.evaluation import count, macro_f1

TRUTH = np.arange(100) % 2
APART = np.arange(100)


def wrong_on(*rows):
    """Predictions of one seed that are right but for these rows."""
    predicted = TRUTH.copy()
    predicted[list(rows)] = 1 - predicted[list(rows)]
    return predicted[None]


def choice(*wrong, groups=APART, plain=None, **more):
    plain = plain or [(float(at),) for at in range(len(wrong))]
    entrants = [Entrant(wrong_on(*rows), key) for rows, key in zip(wrong, plain, strict=True)]
    return choose(TRUTH, entrants, groups, 2, **more)


def test_the_difference_and_its_interval_are_those_by_hand():
    found = choice(range(20), range(10))
    assert (found.best, found.level) == (1, 0.95)
    behind = found.places[0].behind
    pulls = np.zeros(100)
    pulls[10:20] = 1
    error = pulls.std(ddof=1) / 10
    half = student.ppf(0.975, 99) * error
    assert (behind.value, behind.n) == (pytest.approx(0.1), 100)
    assert (behind.low, behind.high) == (pytest.approx(0.1 - half), pytest.approx(0.1 + half))
    assert not found.places[0].close and found.simplest == 1


def test_the_simplest_of_those_that_cannot_be_told_from_the_best():
    found = choice(range(30), range(12), range(11), range(10))
    assert found.best == 3 and [place.close for place in found.places] == [False, True, True, True]
    assert found.simplest == 1
    assert choice(range(30), range(12), range(11), range(10), plain=[(3,), (2,), (0,), (1,)]).simplest == 2


def test_more_recipes_tried_make_it_harder_to_tell_them_apart():
    few = choice(range(5), ())
    many = choice(range(5), *[() for _ in range(40)])
    assert not few.places[0].close and many.places[0].close
    assert many.level == pytest.approx(1 - 0.05 / 40)


def test_near_copies_count_as_one():
    copies = np.maximum(APART - 20, 0)
    assert not choice(range(10), ()).places[0].close
    assert choice(range(10), (), groups=copies).places[0].close


def test_seeds_are_averaged_row_by_row():
    both = Entrant(np.vstack([wrong_on(*range(10)), wrong_on(*range(20))]), (1.0,))
    found = choose(TRUTH, [both, Entrant(np.vstack([wrong_on(), wrong_on()]), (0.0,))], APART, 2)
    assert found.places[0].by_seed == (0.9, 0.8) and found.places[0].score.value == pytest.approx(0.85)
    pulls = np.concatenate([np.ones(10), np.full(10, 0.5), np.zeros(80)])
    half = student.ppf(0.975, 99) * pulls.std(ddof=1) / 10
    assert found.places[0].behind.low == pytest.approx(0.15 - half)


def test_a_tie_goes_to_the_plainer_one_and_one_recipe_is_its_own_best():
    found = choice((1,), (1,), plain=[(2,), (1,)])
    assert (found.best, found.simplest, found.places[0].behind.value) == (1, 1, 0)
    alone = choice((1, 2))
    assert (alone.best, alone.simplest) == (0, 0) and alone.places[0].close


def test_everything_one_group_tells_nothing_apart():
    found = choice(range(50), (), groups=np.zeros(100, int))
    assert all(place.close for place in found.places) and found.places[0].behind.low == -1


@pytest.mark.parametrize("pull", [accuracy_pull, macro_f1_pull])
def test_pulls_sum_to_zero(pull):
    rng = np.random.default_rng(0)
    truth, predicted = rng.integers(0, 4, 200), rng.integers(0, 5, 200)
    value, pulls = pull(truth, predicted, 6)
    assert abs(pulls.sum()) < 1e-12 and 0 < value < 1


def test_the_pull_on_macro_f1_is_what_a_little_more_of_a_row_changes():
    rng = np.random.default_rng(1)
    truth, predicted = rng.integers(0, 3, 400), rng.integers(0, 3, 400)
    value, pulls = macro_f1_pull(truth, predicted, 3)
    assert value == pytest.approx(float(macro_f1(count(truth, predicted, 3))))
    times = 1000
    for row in (0, 1, 2, 3):
        more = np.append(np.repeat(truth, times), truth[row]), np.append(np.repeat(predicted, times), predicted[row])
        change = (float(macro_f1(count(*more, 3))) - value) * times
        assert change == pytest.approx(pulls[row], rel=1e-3, abs=1e-9)


def test_the_interval_holds_its_level_for_macro_f1():
    truth = np.random.default_rng(5).integers(0, 3, 300)
    missed = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        sides = [np.where(rng.random(300) < 0.7, truth, (truth + 1) % 3)[None] for _ in range(2)]
        found = choose(truth, [Entrant(one, (0.0,)) for one in sides], np.arange(300), 3, "macro_f1")
        missed += not all(place.close for place in found.places)
    assert 1 <= missed <= 20


def test_the_truly_best_is_kept_among_many_that_are_equal():
    lost = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        equal = [Entrant(np.where(rng.random(100) < 0.8, TRUTH, 1 - TRUTH)[None], (0.0,)) for _ in range(10)]
        lost += not choose(TRUTH, equal, APART, 2).places[0].close
    assert lost <= 20


def test_size_counts_what_is_not_zero():
    class Linear:
        coef_, intercept_ = np.array([[0.0, 1.0, 0.0], [0.0, 2.0, 3.0]]), np.zeros(2)

    class Network:
        def arrays(self):
            return {"weight_0": np.array([[1.0, 1.0], [0.0, 0.0]]), "bias_0": np.array([1.0, 0.0])}

    assert size_of(Linear()) == {"features": 2, "parameters": 5}
    assert size_of(Network()) == {"features": 1, "parameters": 3}
    assert size_of(object()) == {"features": None, "parameters": None}


def test_plainer_is_linear_then_fewer_features_then_a_stronger_penalty_then_faster():
    def key(learner="logistic", features=10, C=1.0, seconds=1.0, **resolved):
        size = {"features": features, "parameters": features}
        return plainness(learner, {"C": C, **resolved}, size, seconds)

    network = key("mlp", features=1, dropout=0.5, weight_decay=0.0)
    ordered = [key(features=9, C=9.0), key(C=0.1), key(seconds=0.5), key(), key(features=None), network]
    assert sorted(ordered) == ordered
    assert key("mlp", dropout=0.5, weight_decay=0.0) < key("mlp", dropout=0.3, weight_decay=1.0)
    assert key("a learner that is gone") > network
