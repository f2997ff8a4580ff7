from dataclasses import replace

import numpy as np
import pytest

from annotation.core.order.learned_order import Teaching, error_rates, held_out, learn, predicted_chance
from annotation.core.order.prior_evidence import (
    Factor,
    PriorEvidence,
    from_arrays,
    join,
    placed_as_in,
    take,
    to_arrays,
)


def factor(levels, names):
    """One level per item; −1 = none."""
    levels = np.array(levels)
    items = np.flatnonzero(levels >= 0)
    return Factor(items, levels[items], tuple(names))


def prior(score, classes=None, start=0, **factors):
    score = np.array(score, dtype=float)
    made = {"class": factor(classes, ("ham", "spam"))} if classes is not None else {}
    return PriorEvidence(np.arange(start, start + len(score)), score, {"label_error": score}, made | factors)


def test_before_any_decision_the_chance_is_the_score():
    one = prior([0.1, 0.9, 0.5])
    assert predicted_chance(learn(take(one, np.array([], dtype=int)), np.zeros(0, dtype=bool)), one).tolist() == [
        0.1,
        0.9,
        0.5,
    ]
    assert Teaching().slope == 1.0


def test_a_class_that_proves_wrong_is_suspected_as_a_whole():
    """Two classes of equal scores; the labels of one prove wrong, those of the other right."""
    pool = prior([0.5] * 40 + [0.2] * 40, [0, 1] * 40)
    decided = np.arange(20)
    chance = predicted_chance(learn(take(pool, decided), decided % 2 == 0), pool)
    at_first = predicted_chance(Teaching(n=1), pool)
    assert chance[40:][::2].min() > chance[40:][1::2].max()
    assert chance[40] > at_first[40] == at_first[41] > chance[41]


def test_what_a_detector_clears_is_predicted_lower_than_what_it_is_silent_on():
    cleared = prior([0.2, 0.2])
    silent = replace(cleared, detectors={"label_error": np.zeros(2)})
    assert predicted_chance(Teaching(n=1), silent) == pytest.approx([0.2, 0.2])
    # half of the log odds of .2 on top: logit = 1.5 · ln(.2 / .8)
    assert predicted_chance(Teaching(n=1), cleared) == pytest.approx([1 / 9, 1 / 9])


def test_few_decisions_move_little_and_more_move_more():
    pool = prior([0.5] * 100, [0, 1] * 50)
    moved = []
    for n in (2, 10, 40):
        decided = np.arange(n)
        chance = predicted_chance(learn(take(pool, decided), decided % 2 == 0), pool)
        moved.append(chance[98] - chance[99])
    assert 0 < moved[0] < moved[1] < moved[2] and moved[0] < 0.35


def test_a_level_nobody_decided_on_moves_with_the_whole_only():
    pool = prior([0.5] * 9, [-1] * 9, source=factor([0] * 8 + [1], ("mail", "phone")))
    chance = predicted_chance(learn(take(pool, np.arange(6)), np.ones(6, dtype=bool)), pool)
    assert chance[7] > chance[8] > 0.5


def test_a_surer_detector_outweighs_a_factor_until_decisions_say_otherwise():
    pool = prior([0.6, 0.6, 0.6, 0.6, 0.999, 0.51], [0, 0, 0, 1, 1, 0])
    chance = predicted_chance(learn(take(pool, np.arange(3)), np.ones(3, dtype=bool)), pool)
    assert chance[4] > chance[5]


def test_the_same_decisions_teach_the_same_and_the_order_of_items_does_not_matter():
    rng = np.random.default_rng(0)
    pool = prior(rng.random(60), rng.integers(0, 2, 60))
    wrong, decided = rng.random(30) < 0.4, np.arange(30)
    first = predicted_chance(learn(take(pool, decided), wrong), pool)
    assert np.array_equal(first, predicted_chance(learn(take(pool, decided), wrong), pool))
    assert predicted_chance(learn(take(pool, decided[::-1]), wrong[::-1]), pool) == pytest.approx(first, abs=1e-4)


def test_labels_near_one_that_proves_wrong_are_suspected_where_they_are_the_same():
    """Items lie at two places; at the first ham proves wrong and nothing else is known."""
    pool = replace(prior([0.5] * 40, [0, 1] * 20), place=np.repeat(np.eye(2), 20, axis=0))
    decided = np.arange(0, 10, 2)
    chance = predicted_chance(learn(take(pool, decided), np.ones(5, dtype=bool)), pool)
    ham_near, spam_near, ham_far, spam_far = chance[[10, 11, 30, 31]]
    assert ham_near > ham_far and spam_near < spam_far


def test_where_items_lie_is_read_from_the_newest_detection():
    old = replace(prior([0.5, 0.5], [0, 1]), place=np.ones((2, 1)))
    newest = replace(prior([0.5], start=1), place=np.array([[0.0, 1.0]]), n_classes=3)
    moved = placed_as_in(old, newest)
    assert moved.place.tolist() == [[0, 0], [0, 1]] and moved.n_classes == 3
    assert moved.label_names.tolist() == ["ham", "spam"]
    assert join([old, newest]).place.shape == (3, 0)


def test_all_right_or_all_wrong_stays_finite():
    pool = prior([0.0, 0.5, 1.0], [0, 1, 0])
    for outcome in (True, False):
        chance = predicted_chance(learn(pool, np.full(3, outcome)), pool)
        assert np.isfinite(chance).all() and ((chance >= 0) & (chance <= 1)).all()


def test_held_out_chances_are_not_judged_by_their_own_decision():
    """A level of one item each: in the fit it says everything, held out it says nothing."""
    n = 40
    pool = prior([0.5] * n, own=factor(list(range(n)), [str(i) for i in range(n)]))
    wrong = np.arange(n) % 2 == 0
    fitted, fair = predicted_chance(learn(pool, wrong), pool), held_out(pool, wrong)
    assert fitted[wrong].mean() - fitted[~wrong].mean() > 0.02
    assert abs(fair[wrong].mean() - fair[~wrong].mean()) < 0.005


def test_rates_are_drawn_towards_all_decisions_the_more_the_fewer_there_are():
    levels = [0] * 20 + [1] * 2 + [2] * 20
    pool = prior([0.5] * 42, annotator=factor(levels, ("ann", "bob", "cat")))
    wrong = np.array([True] * 16 + [False] * 4 + [True] * 2 + [False] * 20)
    rates = error_rates(pool, wrong)["annotator"]
    assert [rates[name][:2] for name in ("ann", "bob", "cat")] == [[16, 20], [2, 2], [0, 20]]
    overall = 18.5 / 43
    assert overall < rates["ann"][2] < 0.8 and overall < rates["bob"][2] < 1 and 0 < rates["cat"][2] < overall
    assert 1 - rates["bob"][2] > 0.8 - rates["ann"][2]
    assert list(rates) == ["ann", "cat", "bob"]


def test_an_item_may_have_several_levels_of_a_factor():
    votes = Factor(np.array([0, 0, 1]), np.array([0, 1, 1]), ("a", "b"))
    rates = error_rates(PriorEvidence(np.arange(2), np.full(2, 0.5), {}, {"annotator": votes}), np.array([True, False]))
    assert rates["annotator"]["a"][:2] == [1, 1] and rates["annotator"]["b"][:2] == [1, 2]


def test_taking_some_items_keeps_their_levels():
    pool = prior([0.1, 0.2, 0.3, 0.4], [0, 1, -1, 1])
    some = take(pool, np.array([3, 0]))
    assert some.item.tolist() == [3, 0] and some.detectors["label_error"].tolist() == [0.4, 0.1]
    levels = dict(zip(some.factors["class"].items.tolist(), some.factors["class"].levels.tolist(), strict=True))
    assert {item: some.factors["class"].names[level] for item, level in levels.items()} == {0: "spam", 1: "ham"}


def test_joined_detections_agree_on_levels_by_name_and_lack_what_did_not_run():
    first = prior([0.1], [1])
    second = PriorEvidence(np.array([5]), np.array([0.9]), {"count_rule": np.array([0.7])},
                     {"class": factor([0], ("spam",)), "source": factor([0], ("mail",))})  # fmt: skip
    both = join([first, second])
    assert both.item.tolist() == [0, 5] and both.position == {0: 0, 5: 1}
    assert both.detectors["count_rule"].tolist() == [0.0, 0.7] and both.detectors["label_error"].tolist() == [0.1, 0.0]
    assert both.factors["class"].levels[0] == both.factors["class"].levels[1]
    assert both.factors["source"].items.tolist() == [1]


def test_prior_evidence_is_read_back_as_it_was_stored():
    pool = prior([0.25, 0.5], [0, 1], source=factor([1, -1], ("mail", "phone → “x”")))
    pool = replace(pool, place=np.array([[1.0, 0.0], [0.0, 1.0]]), n_classes=7)
    back = from_arrays(to_arrays(pool))
    assert back.place.tolist() == [[1, 0], [0, 1]] and back.n_classes == 7
    assert back.item.tolist() == [0, 1] and back.score.tolist() == [0.25, 0.5]
    assert back.detectors["label_error"].tolist() == [0.25, 0.5]
    assert back.factors["source"].names == ("mail", "phone → “x”") and back.factors["source"].items.tolist() == [0]
    assert from_arrays({"item": np.arange(2), "score": np.zeros(2)}).detectors == {}
