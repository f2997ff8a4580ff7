import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, f1_score

from modeling.core.proving.evaluation import (
    METRICS,
    Counts,
    accuracy,
    balanced_accuracy,
    confusion,
    count,
    log_loss,
    macro_f1,
    metrics,
    paired_interval,
    slice_table,
)
from modeling.core.proving.paired import paired_by_group

TRUTH = np.array([0, 0, 0, 0, 1, 1])
GUESS = np.array([0, 0, 0, 1, 1, 2])


def test_by_hand():
    # Class 0: 3 hits, 3 predicted, 4 actual: F1 = 6/7. Class 1: 1 hit, 2 predicted, 2 actual: 1/2. Class 2 has no row.
    counts = count(TRUTH, GUESS, 3)
    assert accuracy(counts) == 4 / 6
    assert np.isclose(macro_f1(counts), (6 / 7 + 1 / 2) / 2)
    assert np.isclose(balanced_accuracy(counts), (3 / 4 + 1 / 2) / 2)
    assert confusion(TRUTH, GUESS, 3).tolist() == [[3, 1, 0], [0, 1, 1], [0, 0, 0]]


def test_agrees_with_scikit_learn():
    rng = np.random.default_rng(0)
    truth, guess = rng.integers(5, size=300), rng.integers(5, size=300)
    counts = count(truth, guess, 5)
    assert np.isclose(macro_f1(counts), f1_score(truth, guess, average="macro"))
    assert np.isclose(balanced_accuracy(counts), balanced_accuracy_score(truth, guess))
    assert (confusion(truth, guess, 5) == confusion_matrix(truth, guess)).all()


def test_metrics_take_many_resamples_at_once():
    one, other = count(TRUTH, GUESS, 3), count(GUESS, TRUTH, 3)
    both = Counts(*(np.stack(pair) for pair in zip(vars(one).values(), vars(other).values(), strict=True)))
    for metric in METRICS.values():
        assert np.allclose(metric(both), [metric(one), metric(other)])


def test_metrics_of_probabilities():
    probabilities = np.array([[0.5, 0.5], [0.9, 0.1], [0.2, 0.8], [0.75, 0.25]])
    found = metrics(np.array([0, 0, 1, 1]), probabilities)
    assert (found["n"], found["accuracy"]) == (4, 0.75)
    assert np.isclose(found["log_loss"], -np.log([0.5, 0.9, 0.8, 0.25]).mean())
    # Wilson 95 % of 3 in 4.
    assert np.allclose([found["accuracy_low"], found["accuracy_high"]], [0.3006, 0.9544], atol=1e-4)


def test_an_impossible_row_costs_much_but_not_everything():
    assert 15 < log_loss(np.array([0]), np.array([[0.0, 1.0]])) < 17


def test_paired_interval_by_hand():
    # 8 up and 2 down of 98 rows: (9 − 3)/100 ± 1.96 · √((0.12 − 0.0036)/100).
    found = paired_interval(8, 2, 98)
    half = norm.ppf(0.975) * np.sqrt((0.12 - 0.0036) / 100)
    assert np.allclose([found.value, found.low, found.high], [6 / 98, 0.06 - half, 0.06 + half])


def test_paired_interval_has_width_where_nothing_changed_and_stays_in_range():
    still = paired_interval(0, 0, 50)
    assert still.low < 0 == still.value < still.high
    assert paired_interval(3, 0, 3).high == 1.0


def test_paired_interval_covers():
    rng, covered = np.random.default_rng(0), 0
    for up, down, _ in rng.multinomial(200, [0.04, 0.01, 0.95], size=2000):
        found = paired_interval(up, down, 200)
        covered += found.low <= 0.03 <= found.high
    assert 0.93 <= covered / 2000 <= 0.98


def test_slices_by_hand_and_wider_for_being_many():
    truth = np.zeros(30, dtype=int)
    before, after = np.zeros(30, dtype=int), np.zeros(30, dtype=int)
    before[:5] = 1
    after[10] = 1
    table = slice_table(truth, before, after, np.array(["call"] * 10 + ["report"] * 20))
    assert table["slice"].tolist() == ["report", "call"]
    assert table["n"].tolist() == [20, 10]
    assert table["before"].tolist() == [1.0, 0.5] and table["after"].tolist() == [0.95, 1.0]
    assert np.allclose(table["difference"], [-0.05, 0.5])
    alone, rows = np.arange(10), np.arange(10) < 5
    both = paired_by_group(~rows, np.ones(10), alone, level=0.975)
    alone = paired_by_group(~rows, np.ones(10), alone)
    assert np.allclose(table.loc[1, ["low", "high"]].astype(float), [both.low, both.high])
    assert table.loc[1, "low"] < alone.low


@pytest.mark.parametrize("n", [0, 1])
def test_few_rows_make_few_slices(n):
    none = np.zeros(n, dtype=int)
    assert len(slice_table(none, none, none, np.array(["only"] * n, dtype=object))) == n
