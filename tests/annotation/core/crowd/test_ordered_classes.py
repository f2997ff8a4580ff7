import numpy as np
import pandas as pd
import pytest

from annotation.core.crowd.agreement import cohen_kappa, krippendorff_alpha
from annotation.core.crowd.ordered_classes import LINEAR, NOMINAL, QUADRATIC, ordinal_alpha, weighted_kappas
from tests.annotation.core.crowd.test_agreement import answers, reliability_data

# Rows a, columns b: 50 items of three classes in order.
TABLE = np.array([[10, 4, 1], [6, 8, 4], [0, 2, 15]])


def labels_of(table):
    a, b = np.indices(table.shape).reshape(2, -1)
    return np.repeat(a, table.ravel()), np.repeat(b, table.ravel())


def weighted_kappa(a, b, n_classes, power=LINEAR):
    return weighted_kappas(a, b, n_classes, [power])[0]


@pytest.mark.parametrize("power", [NOMINAL, LINEAR, QUADRATIC])
def test_weighted_kappa_by_hand(power):
    a, b = labels_of(TABLE)
    gap = np.abs(np.subtract.outer(np.arange(3), np.arange(3))).astype(float)
    apart = (gap > 0) if power == NOMINAL else gap**power
    expected = np.outer(TABLE.sum(axis=1), TABLE.sum(axis=0)) / 50
    found = weighted_kappa(a, b, 3, power)
    assert found.value == pytest.approx(1 - (apart * TABLE).sum() / (apart * expected).sum())
    assert found.low < found.value < found.high and found.n == 50


def test_without_weights_it_is_cohens_kappa_and_near_misses_count_less_with_them():
    a, b = labels_of(TABLE)
    ours, cohen = weighted_kappa(a, b, 3, NOMINAL), cohen_kappa(a, b)
    assert ours.value == pytest.approx(cohen.value) and ours.low == pytest.approx(cohen.low, abs=0.02)
    assert cohen_kappa(a, b).value < weighted_kappa(a, b, 3, LINEAR).value < weighted_kappa(a, b, 3, QUADRATIC).value
    assert weighted_kappa(a, b, 9, LINEAR) == weighted_kappa(a, b, 3, LINEAR)


def test_perfect_agreement_of_few_items_is_no_proof_of_perfect_agreement():
    few, many = (weighted_kappa(a, a, 3) for a in (np.arange(12) % 3, np.arange(1200) % 3))
    assert few.value == many.value == 1.0 and few.low < 0.7 < 0.99 < many.low < 1.0
    same = weighted_kappa(np.zeros(9, dtype=int), np.zeros(9, dtype=int), 3)
    assert same.value != same.value and same.n == 9
    assert weighted_kappa(np.zeros(0, dtype=int), np.zeros(0, dtype=int), 3).n == 0


def test_ordinal_alpha_of_the_published_example():
    # Krippendorff 2011, section D: the paper prints .815 for ordinal data
    found = ordinal_alpha(reliability_data(), list("12345"))
    assert found.value == pytest.approx(0.815, abs=0.0005)
    assert found.low < found.value < found.high <= 1 and found.n == 11
    assert found.value > krippendorff_alpha(reliability_data()).value


def test_ordinal_alpha_goes_by_the_order_given_and_equals_the_nominal_one_of_two_classes():
    frame = reliability_data()
    assert ordinal_alpha(frame, list("13524")).value < ordinal_alpha(frame, list("12345")).value
    random = np.random.default_rng(0)
    two = pd.DataFrame(
        {
            "item": np.tile(np.arange(60), 3),
            "annotator": np.repeat([0, 1, 2], 60),
            "label": random.integers(2, size=180),
        }
    )
    two["label"] = two["label"].map({0: "no", 1: "yes"})
    assert ordinal_alpha(two, ["no", "yes"]).value == pytest.approx(krippendorff_alpha(two).value)


def test_ordinal_alpha_of_one_label_and_of_nothing_is_none():
    for frame in (answers([(1, "a", "x"), (1, "b", "x")]), answers([(1, "a", "x")]), answers([])):
        found = ordinal_alpha(frame, ["x", "y"])
        assert found.value != found.value
