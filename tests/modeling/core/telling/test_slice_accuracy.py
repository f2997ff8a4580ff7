import numpy as np
import pytest
from scipy.stats import fisher_exact

from annotation.core.intervals import wilson
from modeling.core.telling.slice_accuracy import by_flag, by_length, by_time, by_value, slice_accuracy


def test_it_works_by_hand():
    # 40 of 100 in a, 90 of 100 in b
    values = np.repeat(np.array(["a", "b"], dtype=object), 100)
    right = np.concatenate([np.arange(100) < 40, np.arange(100) < 90])
    low, high = slice_accuracy([by_value("source", values, "no source")], right)
    assert (low.level, low.right.value, low.rest.value) == ("a", 0.4, 0.9)
    assert (high.level, high.right.n, high.rest.n) == ("b", 100, 100)
    # two slices: limits at 97.5 %
    assert low.right == wilson(40, 100, 0.975) and low.apart and high.apart
    one_sided = fisher_exact([[40, 60], [90, 10]], alternative="less").pvalue
    assert low.p == pytest.approx(2 * 2 * one_sided)


def test_small_slices_are_pooled_and_come_last():
    values = np.array(["a"] * 50 + ["b"] * 40 + ["c"] * 10 + ["d"] * 5 + [""], dtype=object)
    found = slice_accuracy([by_value("source", values, "no source")], np.ones(106, dtype=bool))
    assert [(one.level, one.pooled, one.right.n) for one in found] == [
        ("a", 0, 50), ("b", 0, 40), ("3 smaller ones together", 3, 16),
    ]  # fmt: skip


def test_one_level_is_no_slice():
    alike = by_value("source", np.full(60, "", dtype=object), "no source")
    assert slice_accuracy([alike], np.ones(60, dtype=bool)) == []
    nobody = by_flag("contested", np.zeros(60, dtype=bool), "contested", "not contested")
    assert slice_accuracy([nobody], np.ones(60, dtype=bool)) == []


def test_chance_alone_sets_hardly_a_slice_apart():
    random, apart = np.random.default_rng(0), 0
    for _ in range(40):
        values = random.integers(0, 20, 2000).astype(str).astype(object)
        apart += any(one.apart for one in slice_accuracy([by_value("source", values, "")], random.random(2000) < 0.8))
    assert apart <= 5


def test_lengths_by_fifths():
    cut = by_length(np.arange(1, 1001))
    assert np.bincount(cut.of).tolist() == [200] * 5
    assert cut.levels[0] == "1 to 200 characters" and cut.levels[-1] == "801 to 1,000 characters"
    assert len(by_length(np.full(50, 7)).levels) == 1


def test_time_by_the_finest_period_that_is_few():
    days = np.datetime64("2024-01-30") + np.arange(5)
    assert by_time(days.astype("datetime64[ns]")).levels[:2] == ("2024-01-30", "2024-01-31")
    months = (np.datetime64("2024-01") + np.arange(12)).astype("datetime64[ns]")
    assert by_time(months).levels[0] == "2024-01"
    years = (np.datetime64("2010") + np.arange(14)).astype("datetime64[ns]")
    assert len(by_time(years).levels) == 14
    unknown = np.array(["NaT", "2024-01-30"], dtype="datetime64[ns]")
    assert by_time(unknown).of.tolist() == [-1, 0]
    assert by_time(unknown[:1]).levels == ()
