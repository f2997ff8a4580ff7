from dataclasses import replace

import numpy as np
import pytest

from annotation.core.intervals import Interval
from modeling.core.diagnosing.beyond_help import confused, even_errors
from modeling.core.diagnosing.diagnosis import diagnose
from modeling.core.diagnosing.doubted_labels import habit
from modeling.core.diagnosing.evidence import chosen
from modeling.core.diagnosing.naming import BARS, COVERAGE, DATA, FIT, LABELS, NOBODY, Cause, named
from tests.modeling.core.diagnosing.planted import K, rows, sides

PRODUCTION = rows(400, 2)


def with_labels(pool, labels):
    return replace(pool, labels=labels)


def drawn_at_random(pool, share=0.35):
    rng = np.random.default_rng(5)
    labels, hit = pool.labels.copy(), rng.random(len(pool)) < share
    labels[hit] = (labels[hit] + rng.integers(1, K, hit.sum())) % K
    return with_labels(pool, labels)


def test_labels_wrong_at_random_are_named_and_their_share_is_found():
    found = diagnose(sides(drawn_at_random(rows(400, 1)), PRODUCTION), 0)
    assert found.named[0] == LABELS and 0.25 < found.wrong.share < 0.45
    assert found.coverage.auc == pytest.approx(0.5, abs=0.06)


def test_a_habit_of_the_labels_is_named_with_its_pair_and_its_rows():
    pool = rows(400, 1)
    hit = (pool.labels == 0) & (np.random.default_rng(3).random(400) < 0.7)
    found = diagnose(sides(with_labels(pool, np.where(hit, 1, pool.labels)), PRODUCTION), 0)
    assert found.named[0] == LABELS and found.wrong.pairs == ((0, 1),)
    # Three in four of the labels it points to were planted; of all labels of that class they are two in five.
    assert hit[found.contradicted[:40]].mean() > 0.75
    assert found.gain(LABELS).value == pytest.approx(0.25, abs=0.08)


def test_a_penalty_far_too_strong_is_named():
    found = diagnose(sides(rows(400, 1), PRODUCTION, C=0.001), 0)
    assert found.named[0] == FIT and found.judged.C > 0.1 and found.gain(FIT).low > 0.05


def test_too_few_rows_are_named():
    found = diagnose(sides(rows(60, 1), PRODUCTION), 0)
    assert found.named[0] == DATA and found.parts[0.25] < found.parts[0.5] < found.parts[1.0]


@pytest.mark.parametrize("source", ["", "fax"])
def test_a_kind_of_rows_that_the_pool_lacks_is_named(source):
    found = diagnose(sides(rows(400, 1), rows(400, 2, dialects=0.4, source=source)), 0)
    assert found.named[0] == COVERAGE and found.coverage.far_accuracy < found.coverage.near_accuracy
    assert [one.source for one in found.coverage.lacking] == ([source] if source else [])


def test_of_unlabelled_rows_those_like_production_come_first():
    more = rows(100, 9, dialects=0.5)
    found = diagnose(sides(rows(400, 1), rows(400, 2, dialects=0.4)), 0, unlabelled=more.table)
    first = np.argsort(-found.unlabelled)[:30]
    assert more.table["text"].iloc[first].str.startswith("y").mean() > 0.9


def test_two_classes_that_a_coin_tells_apart_are_nobodys_to_mend():
    def tossed(of, seed):
        coin = np.random.default_rng(seed).integers(0, 2, len(of))
        return with_labels(of, np.where(of.labels < 2, coin, of.labels))

    found = diagnose(sides(tossed(rows(600, 1), 4), tossed(PRODUCTION, 6)), 0)
    assert found.named[0] == NOBODY and (found.confused[0].one, found.confused[0].other) == (0, 1)


def test_nothing_wrong_is_nothing_named_and_the_same_again():
    first, again = (diagnose(sides(rows(900, 1), PRODUCTION), 0) for _ in range(2))
    assert first.named == () and first.causes == again.causes


def cause(name, value, low):
    return Cause(name, Interval(value, low, value + 0.02, 300))


def test_the_largest_that_stands_comes_first_and_what_nobody_can_mend_last():
    both = (cause(LABELS, 0.05, 0.02), cause(NOBODY, 0.3, 0.2), cause(FIT, 0.09, 0.05))
    assert named(both) == (FIT, LABELS, NOBODY)


def test_what_was_hardly_learned_is_not_called_beyond_mending():
    causes = (cause(NOBODY, 0.3, 0.2),)
    assert named(causes) == (NOBODY,) and named(causes, learned=False) == ()


@pytest.mark.parametrize("value, low", [(0.2, -0.01), (BARS[LABELS] - 0.001, 0.01)])
def test_an_interval_that_holds_nothing_or_a_gain_not_worth_an_hour_is_not_named(value, low):
    assert named((cause(LABELS, value, low),)) == ()


def test_only_errors_with_a_mirror_are_even():
    truth = np.array([0] * 6 + [1] * 6 + [2] * 4)
    predicted = np.array([1] * 4 + [0] * 2 + [0] * 4 + [1] * 2 + [0] * 4)
    assert even_errors(truth, predicted, 3).tolist() == [1.0] * 4 + [0.0] * 2 + [1.0] * 4 + [0.0] * 6
    assert [(pair.one, pair.other, pair.n) for pair in confused(truth, predicted, 3)] == [(0, 1, 8)]


def test_a_habit_counts_less_what_goes_the_other_way():
    truth, predicted = np.array([0, 0, 1, 2]), np.array([1, 1, 0, 2])
    assert habit(truth, predicted, ((0, 1),), np.ones(4, bool)).tolist() == [1, 1, -1, 0]
    assert habit(truth, predicted, ((0, 1),), np.array([True, False, True, True])).tolist() == [1, 0, -1, 0]


def test_of_penalties_about_as_often_right_the_one_of_least_loss_is_chosen():
    labels = np.zeros(4, dtype=int)
    sure, unsure, wrong = (np.tile([[p, 1 - p]], (4, 1)) for p in (0.9, 0.6, 0.2))
    assert chosen(labels, np.stack([wrong, unsure, sure])) == 2
